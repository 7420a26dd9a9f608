/** The options `parley client` and `parley listen` share, and how they become a conversation. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { AppError } from '../core/error.ts'
import { languageOfTag } from '../core/language-tag.ts'
import { nearest } from '../core/nearest.ts'
import { DIALECTS, type Dialect, dialectOf, type Heard } from './dialects.ts'
import { roomAddress } from './native-room.ts'
import { talkNatively } from './native-talk.ts'
import { type TalkOptions, talk } from './talk.ts'
import { type Output, TalkPrinter } from './talk-printer.ts'

const DEFAULT_SERVER = 'ws://127.0.0.1:8123'
/** Parley's own protocol: not a dialect of requests and answers, but a client that holds what is not acknowledged. */
const NATIVE = 'native'
const NAMES = [NATIVE, ...Object.keys(DIALECTS)]

export interface TalkFlags {
  uri?: string
  protocol?: string
  chunkSize: number
  language?: string
  translate?: boolean
  room?: string
  token?: string
  insecure?: boolean
  json?: boolean
  partials?: boolean
  patience: number
}

export function addTalkOptions(command: Command): Command {
  return command
    .option(
      '--uri <address>',
      `server, e.g. ws://host:8123/ws (default ${DEFAULT_SERVER} and the protocol's path)`,
    )
    .addOption(
      new Option(
        '--protocol <name>',
        `${NAMES.join(', ')} (default: by the address, else asr-stream); native keeps what is not acknowledged and survives cuts`,
      ).argParser(protocolName),
    )
    .option('--chunk-size <bytes>', 'bytes of sound per message', size, 4096)
    .option('-l, --language <code>', 'spoken language (default: detect)')
    .option('--translate', 'translate to English, where the protocol can ask for it')
    .option('--room <id>', 'speak in this room instead of one of its own')
    .option('--token <token>', 'owner key or speaking link token')
    .option('--insecure', 'accept a self-made certificate (wss)')
    .option('--json', 'print every message as it comes, one JSON line each')
    .option('--partials', 'print words that may still change, also into a pipe')
    .option(
      '--patience <seconds>',
      'leave a server that never says it is done when it was quiet so long',
      seconds,
      15,
    )
    .exitOverride()
}

export interface Target {
  uri: URL
  name: string
  dialect: Dialect
}

type TargetFlags = Pick<TalkFlags, 'uri' | 'protocol' | 'language' | 'translate' | 'room' | 'token'>

/** Mistakes in the flags, before any file is opened. */
export function checkFlags(flags: TargetFlags & { raw?: boolean }): void {
  if (protocolOf(flags) !== NATIVE) targetOf(flags)
  else if (flags.raw) throw new AppError('invalid', 'The native protocol takes sound; leave --raw out.')
  else roomAddress({ ...flags, uri: address(flags.uri ?? DEFAULT_SERVER) })
  languageIn(flags)
}

function protocolOf({ uri, protocol }: TargetFlags): string {
  const given = uri === undefined ? null : address(uri)
  const room = given && /^\/(r|ws\/room)\//.test(given.pathname)
  const name = protocol ?? (room ? NATIVE : given && dialectOf(given)) ?? 'asr-stream'
  if (NAMES.includes(name)) return name
  throw new AppError('invalid', unknownProtocol(name))
}

function languageIn(flags: TargetFlags): string | null {
  const language = flags.language === undefined ? null : languageOfTag(flags.language)
  if (language === undefined) throw new AppError('invalid', `Unknown language '${flags.language}'.`)
  return language
}

/** Where to and in which dialect: what the flags say, completed by each other. */
export function targetOf(flags: TargetFlags): Target {
  const given = flags.uri === undefined ? null : address(flags.uri)
  const name = protocolOf(flags)
  const make = DIALECTS[name]
  if (!make) throw new AppError('invalid', `${name} is no dialect.`)
  const language = languageIn(flags)
  const dialect = make({ language, translate: flags.translate ?? false })
  const usual = new URL(dialect.path, given?.origin === 'null' || !given ? DEFAULT_SERVER : given)
  // An address with a path of its own is taken as it is: other people's servers have other paths.
  const uri = given && given.pathname !== '/' ? withMissing(given, usual) : usual
  if (flags.room) uri.searchParams.set('room', flags.room)
  if (flags.token) uri.searchParams.set('token', flags.token)
  return { uri, name, dialect }
}

function unknownProtocol(name: string): string {
  const guess = nearest(name, NAMES)
  return `Unknown protocol '${name}'.${guess ? ` Did you mean '${guess}'?` : ''} There are ${NAMES.join(', ')}.`
}

function protocolName(name: string): string {
  if (!NAMES.includes(name)) throw new InvalidArgumentError(unknownProtocol(name))
  return name
}

function address(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `ws://${text}`)
  if (!url || !/^(wss?|https?):$/.test(url.protocol))
    throw new AppError('invalid', `'${text}' is no address; write e.g. ws://localhost:8123/ws.`)
  return url
}

function withMissing(given: URL, usual: URL): URL {
  const uri = new URL(given)
  if (uri.pathname !== usual.pathname) return uri
  for (const [key, value] of usual.searchParams)
    if (!uri.searchParams.has(key)) uri.searchParams.set(key, value)
  return uri
}

/** Talks, prints, and returns what was understood. */
export async function converse(
  flags: TalkFlags,
  source: Pick<TalkOptions, 'sound' | 'realTime' | 'raw'>,
  out: { stdout: Output; stderr: Output } = process,
): Promise<string[]> {
  const printer = new TalkPrinter({
    ...pick(out),
    json: flags.json ?? false,
    partials: flags.partials ?? false,
  })
  const { token, insecure } = flags
  const said = {
    ...source,
    token,
    insecure,
    onMessage: (message: string | Uint8Array) => printer.message(message),
    onHeard: (heard: Heard) => printer.heard(heard),
  }
  try {
    if (protocolOf(flags) === NATIVE) {
      const language = languageIn(flags)
      await talkNatively({
        ...said,
        uri: address(flags.uri ?? DEFAULT_SERVER),
        room: flags.room,
        chunkSize: flags.chunkSize,
        settings: { ...(language && { language }), ...(flags.translate && { task: 'translate' as const }) },
        onNote: (note) => printer.note(note),
      })
    } else {
      const { uri, dialect } = targetOf(flags)
      await talk({ ...said, uri, dialect, chunkSize: flags.chunkSize, patience: flags.patience * 1000 })
    }
  } finally {
    printer.end()
  }
  return printer.finals
}

function pick({ stdout, stderr }: { stdout: Output; stderr: Output }) {
  return { stdout, stderr }
}

function size(text: string): number {
  const bytes = Number(text)
  if (!Number.isInteger(bytes) || bytes < 2 || bytes > 512 * 1024)
    throw new InvalidArgumentError('between 2 and 524288 bytes.')
  return bytes + (bytes % 2) // whole samples
}

export function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number of seconds above 0.')
  return value
}
