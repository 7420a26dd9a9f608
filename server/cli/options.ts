/** The settings of server/settings.ts as command-line options, with every spelling people know from the systems Parley replaces. */
import { type Command, type CommanderError, Option } from 'commander'
import { type ResolvedConfig, resolveConfig } from '../config.ts'
import { type Config, type NamedSetting, OPTIONS } from '../settings.ts'

const VERBS_WITH_FORMAT = ['transcribe', 'export']
/** Verbs that list when nothing else is said. */
const LISTING_VERBS = ['models', 'sessions', 'keys']

type Flags = Parameters<typeof resolveConfig>[0]

/** Seeds' spellings such as `-nm 4` or `-ng`, as the long options they mean; everything else is left alone. */
export function normaliseArguments(argv: readonly string[]): string[] {
  const spellings = new Map<string, string>([
    ['-ng', '--gpu=off'],
    ['--no-gpu', '--gpu=off'],
  ])
  for (const option of OPTIONS) {
    for (const spelling of option.also ?? []) spellings.set(spelling, `--${option.flag}`)
  }
  // `-f` means --format where files are written.
  if (argv[0] !== undefined && VERBS_WITH_FORMAT.includes(argv[0])) spellings.delete('-f')
  const [verb = '', ...rest] = argv
  const [next] = rest
  if (LISTING_VERBS.includes(verb) && (!next || (next.startsWith('-') && !['-h', '--help'].includes(next))))
    return [verb, 'list', ...rest]
  const result: string[] = []
  for (const [index, argument] of argv.entries()) {
    if (argument === '--') return [...result, ...argv.slice(index)]
    const equals = argument.indexOf('=')
    const name = equals > 0 ? argument.slice(0, equals) : argument
    const long = spellings.get(name)
    result.push(long ? long + (equals > 0 ? argument.slice(equals) : '') : argument)
  }
  return result
}

/** Adds every setting to a command. */
export function addConfigOptions(command: Command): Command {
  for (const spec of OPTIONS) {
    const help = helpOf(spec)
    if (spec.kind === 'boolean') {
      command.addOption(
        new Option(`--${spec.flag} [yes]`, spec.default ? '' : help).hideHelp(spec.default === true),
      )
      command.addOption(
        new Option(`--no-${spec.flag}`, spec.default ? `do not ${help}` : '').hideHelp(spec.default !== true),
      )
      continue
    }
    command.addOption(new Option(`--${spec.flag} <value>`, help))
  }
  return command.option('--config <file>', 'settings file (JSON with the long option names)')
}

/** What it does, what may stand there, what it is when nothing is said, and its other spellings. */
function helpOf({ help, choices = [], default: usual, also = [], kind }: NamedSetting): string {
  const named = choices.every((choice) => help.includes(String(choice)))
  const notes = [
    named ? '' : choices.join(' | '),
    // 0 and nothing say in the help what they mean.
    kind === 'boolean' || usual === '' || usual === 0 ? '' : `default: ${usual}`,
  ].filter(Boolean)
  const short = also.length > 0 ? ` [${also.join(', ')}]` : ''
  return `${help}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}${short}`
}

/** The settings as this command was called: flags over environment over file over defaults. */
export function configOf(command: Command): ResolvedConfig {
  const flags: Flags = {}
  for (const spec of OPTIONS) {
    const attribute = spec.flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    if (command.getOptionValueSource(attribute) !== 'cli') continue
    const value = command.getOptionValue(attribute) as string | boolean
    flags[spec.key as keyof Config] = { value, as: `--${value === false ? 'no-' : ''}${spec.flag}` }
  }
  return resolveConfig(flags, process.env, command.opts().config as string | undefined)
}

/** Exit code for a command line that commander refused: 2 for what the caller typed wrong, 0 after help or version. */
export function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2
}
