/** Config: every setting once, with its default, flag and environment names; the only reader of the environment. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError } from './core/error.ts'
import { nearest } from './core/nearest.ts'

export interface Config {
  host: string
  port: number
  dataDir: string
  model: string
  /** A second, larger model for the careful pass; empty = the same model. */
  refineModel: string
  backend: string
  backendUrl: string
  backendKey: string
  backendModel: string
  threads: number
  workers: number
  gpu: boolean
  language: string
  languages: string
  translate: boolean
  vocabulary: string
  vadThreshold: number
  beamSize: number
  finalWait: number
  open: boolean
  logLevel: string
  auth: string
  tls: boolean
  tlsPort: number
  tlsCert: string
  tlsKey: string
  publicUrl: string
  keep: string
  keepDays: number
  maxSpeakers: number
  maxClients: number
  maxConnectionTime: number
  whisperlivePort: number
  maxUploadBytes: number
  forwardUrl: string
  maxMessages: number
  allowPrivateTargets: boolean
  asrStreamLanguage: string
  asrStreamRate: number
  asrStreamInterim: boolean
  asrStreamPunctuation: boolean
  s3Bucket: string
  s3Endpoint: string
  s3Region: string
  s3AccessKey: string
  s3SecretKey: string
  llmUrl: string
  llmModel: string
  llmKey: string
  translateUrl: string
  translateKey: string
}

type Kind = 'text' | 'integer' | 'number' | 'boolean'

export interface OptionSpec {
  key: keyof Config
  kind: Kind
  default: string | number | boolean
  /** Long flag without dashes; booleans also understand `no-…`. */
  flag: string
  /** Other spellings: short flags and those of the systems Parley replaces, with their dashes. */
  also?: string[]
  /** Environment names besides PARLEY_…; the first that is set wins. */
  env?: string[]
  help: string
  /** Shown as *** by `config show` and never logged. */
  secret?: boolean
  choices?: string[]
  min?: number
  max?: number
}

const LANGUAGE_HELP = "spoken language, ISO 639-1 ('auto' = detect for every speaker)"

/** One row per setting. Names of the seeds' systems are kept as further spellings (issue 5). */
export const OPTIONS: OptionSpec[] = [
  {
    key: 'host',
    kind: 'text',
    default: '0.0.0.0',
    flag: 'host',
    also: ['-H'],
    env: ['HOST'],
    help: 'address to listen on (127.0.0.1 = this machine only)',
  },
  {
    key: 'port',
    kind: 'integer',
    default: 8123,
    min: 0,
    max: 65535,
    flag: 'port',
    also: ['-p'],
    env: ['PORT'],
    help: 'HTTP and WebSocket port; the next free one if taken, 0 = any',
  },
  {
    key: 'dataDir',
    kind: 'text',
    default: '',
    flag: 'data-dir',
    help: 'where meetings, audio and models are kept',
  },
  {
    key: 'model',
    kind: 'text',
    default: 'base-q8_0',
    flag: 'model',
    also: ['-m'],
    help: 'speech model: a catalogue name or a file',
  },
  {
    key: 'refineModel',
    kind: 'text',
    default: '',
    flag: 'refine-model',
    help: 'a larger model for the careful second pass',
  },
  {
    key: 'backend',
    kind: 'text',
    default: 'whisper',
    choices: ['whisper', 'openai', 'fake'],
    flag: 'backend',
    help: 'recogniser',
  },
  {
    key: 'backendUrl',
    kind: 'text',
    default: 'https://api.openai.com/v1',
    flag: 'backend-url',
    env: ['OPENAI_BASE_URL'],
    help: 'base URL of the openai backend',
  },
  {
    key: 'backendKey',
    kind: 'text',
    default: '',
    flag: 'backend-key',
    env: ['OPENAI_API_KEY'],
    secret: true,
    help: 'API key of the openai backend',
  },
  {
    key: 'backendModel',
    kind: 'text',
    default: 'whisper-1',
    flag: 'backend-model',
    help: 'model name at the openai backend',
  },
  {
    key: 'threads',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 256,
    flag: 'threads',
    also: ['-t'],
    help: 'CPU threads for recognition in all (0 = one per core)',
  },
  {
    key: 'workers',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 64,
    flag: 'workers',
    help: 'recogniser processes (0 = chosen for this machine)',
  },
  {
    key: 'gpu',
    kind: 'boolean',
    default: true,
    flag: 'gpu',
    also: ['-ng=false'],
    help: 'use a GPU when the native library was built for one',
  },
  { key: 'language', kind: 'text', default: 'auto', flag: 'language', also: ['-l'], help: LANGUAGE_HELP },
  {
    key: 'languages',
    kind: 'text',
    default: '',
    flag: 'languages',
    help: "detect only among these, e.g. 'de,en'",
  },
  {
    key: 'translate',
    kind: 'boolean',
    default: false,
    flag: 'translate',
    also: ['-tr'],
    help: 'translate speech to English',
  },
  {
    key: 'vocabulary',
    kind: 'text',
    default: '',
    flag: 'vocabulary',
    help: 'names and terms every new room knows',
  },
  {
    key: 'vadThreshold',
    kind: 'number',
    default: 0.5,
    min: 0,
    max: 1,
    flag: 'vad-thold',
    also: ['-vth'],
    help: 'speech probability that starts an utterance',
  },
  {
    key: 'beamSize',
    kind: 'integer',
    default: 5,
    min: 1,
    max: 16,
    flag: 'beam-size',
    also: ['-bs'],
    help: 'beam width of the careful pass',
  },
  {
    key: 'finalWait',
    kind: 'integer',
    default: 700,
    min: 0,
    max: 10_000,
    flag: 'final-wait',
    help: 'ms a protocol without revisions waits for the refined text',
  },
  {
    key: 'open',
    kind: 'boolean',
    default: true,
    flag: 'open',
    help: 'open the browser on an interactive desktop',
  },
  {
    key: 'logLevel',
    kind: 'text',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    flag: 'log-level',
    env: ['LOG_LEVEL'],
    help: 'how much is logged',
  },
  {
    key: 'auth',
    kind: 'text',
    default: 'link',
    choices: ['open', 'link', 'key'],
    flag: 'auth',
    help: 'who may do what from other machines: open | link | key',
  },
  {
    key: 'tls',
    kind: 'boolean',
    default: true,
    flag: 'tls',
    help: 'also serve HTTPS with an own certificate (microphones on other machines need it)',
  },
  {
    key: 'tlsPort',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 65535,
    flag: 'tls-port',
    help: 'HTTPS port (0 = port + 320)',
  },
  { key: 'tlsCert', kind: 'text', default: '', flag: 'tls-cert', help: 'certificate file (PEM)' },
  { key: 'tlsKey', kind: 'text', default: '', flag: 'tls-key', help: 'key file (PEM)' },
  {
    key: 'publicUrl',
    kind: 'text',
    default: '',
    flag: 'public-url',
    help: 'address people use, when behind a proxy',
  },
  {
    key: 'keep',
    kind: 'text',
    default: 'text+audio',
    choices: ['nothing', 'text', 'text+audio'],
    flag: 'keep',
    help: 'what new rooms keep',
  },
  {
    key: 'keepDays',
    kind: 'integer',
    default: 30,
    min: 0,
    flag: 'keep-days',
    help: 'days until a meeting is removed (0 = never)',
  },
  {
    key: 'maxSpeakers',
    kind: 'integer',
    default: 0,
    min: 0,
    flag: 'max-speakers',
    help: 'people who may talk at once before others wait in a queue (0 = as many as the start-up self-test allows)',
  },
  {
    key: 'maxClients',
    kind: 'integer',
    default: 4,
    min: 1,
    flag: 'max-clients',
    also: ['--max_clients'],
    help: 'simultaneous WhisperLive clients',
  },
  {
    key: 'maxConnectionTime',
    kind: 'integer',
    default: 600,
    min: 1,
    flag: 'max-connection-time',
    also: ['--max_connection_time'],
    help: 'seconds a WhisperLive client may stay',
  },
  {
    key: 'whisperlivePort',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 65535,
    flag: 'whisperlive-port',
    help: 'also listen here for WhisperLive clients (their usual port: 9090)',
  },
  {
    key: 'maxUploadBytes',
    kind: 'integer',
    default: 4_294_967_296,
    min: 1,
    flag: 'max-upload-bytes',
    help: 'largest uploaded file',
  },
  {
    key: 'forwardUrl',
    kind: 'text',
    default: '',
    flag: 'forward-url',
    also: ['-f'],
    help: 'post finished transcripts to this URL and relay its answer',
  },
  {
    key: 'maxMessages',
    kind: 'integer',
    default: 1,
    min: 1,
    flag: 'max-messages',
    also: ['-nm'],
    help: 'transcripts per forwarded request',
  },
  {
    key: 'allowPrivateTargets',
    kind: 'boolean',
    default: false,
    flag: 'allow-private-targets',
    help: 'let rooms send webhooks into private networks',
  },
  {
    key: 'asrStreamLanguage',
    kind: 'text',
    default: 'en-US',
    flag: 'default-language-code',
    env: ['DEFAULT_LANGUAGE_CODE'],
    help: '/ws/asr-stream: language when the client names none',
  },
  {
    key: 'asrStreamRate',
    kind: 'integer',
    default: 16_000,
    min: 8000,
    max: 48_000,
    flag: 'default-sample-rate-hertz',
    env: ['DEFAULT_SAMPLE_RATE_HERTZ'],
    help: '/ws/asr-stream: sample rate when the client names none',
  },
  {
    key: 'asrStreamInterim',
    kind: 'boolean',
    default: true,
    flag: 'streaming-interim-results',
    env: ['STREAMING_INTERIM_RESULTS'],
    help: '/ws/asr-stream: send interim results',
  },
  {
    key: 'asrStreamPunctuation',
    kind: 'boolean',
    default: true,
    flag: 'enable-automatic-punctuation',
    env: ['ENABLE_AUTOMATIC_PUNCTUATION'],
    help: '/ws/asr-stream: keep punctuation',
  },
  {
    key: 's3Bucket',
    kind: 'text',
    default: '',
    flag: 's3-bucket',
    env: ['S3_BUCKET'],
    help: 'upload audio and transcript to this bucket at the end',
  },
  {
    key: 's3Endpoint',
    kind: 'text',
    default: '',
    flag: 's3-endpoint',
    env: ['S3_ENDPOINT', 'AWS_ENDPOINT_URL'],
    help: 'endpoint of an S3-compatible store',
  },
  {
    key: 's3Region',
    kind: 'text',
    default: 'us-east-1',
    flag: 's3-region',
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    help: 'its region',
  },
  {
    key: 's3AccessKey',
    kind: 'text',
    default: '',
    flag: 's3-access-key',
    env: ['AWS_ACCESS_KEY_ID'],
    secret: true,
    help: 'its access key id',
  },
  {
    key: 's3SecretKey',
    kind: 'text',
    default: '',
    flag: 's3-secret-key',
    env: ['AWS_SECRET_ACCESS_KEY'],
    secret: true,
    help: 'its secret key',
  },
  {
    key: 'llmUrl',
    kind: 'text',
    default: '',
    flag: 'llm-url',
    help: 'OpenAI-compatible endpoint for summaries, e.g. http://localhost:11434/v1',
  },
  { key: 'llmModel', kind: 'text', default: '', flag: 'llm-model', help: 'its model' },
  { key: 'llmKey', kind: 'text', default: '', flag: 'llm-key', secret: true, help: 'its API key' },
  {
    key: 'translateUrl',
    kind: 'text',
    default: '',
    flag: 'translate-url',
    help: 'translation endpoint (OpenAI-compatible or LibreTranslate)',
  },
  {
    key: 'translateKey',
    kind: 'text',
    default: '',
    flag: 'translate-key',
    secret: true,
    help: 'its API key',
  },
]

export type Origin = 'default' | `file ${string}` | `env ${string}` | `flag ${string}`
export interface ResolvedConfig {
  config: Config
  origins: Record<keyof Config, Origin>
}

/** `$XDG_DATA_HOME/parley`, else `~/.local/share/parley` (decision D1). */
export function defaultDataDirectory(env: Record<string, string | undefined>): string {
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'parley')
}

/**
 * flag > PARLEY_* (and the seeds' names) > config file > default. `flags` holds what the command line said, by key, with
 * the spelling used. The file is JSON with the long flag names: `--config`, PARLEY_CONFIG, or `<data-dir>/config.json`.
 * Unknown names and values out of range are `invalid` errors that say what is allowed.
 */
export function resolveConfig(
  flags: Partial<Record<keyof Config, { value: string | boolean; as: string }>>,
  env: Record<string, string | undefined> = process.env,
  configFile?: string,
): ResolvedConfig {
  const config = {} as Record<keyof Config, string | number | boolean>
  const origins = {} as Record<keyof Config, Origin>
  const set = (spec: OptionSpec, raw: string | number | boolean, origin: Origin) => {
    config[spec.key] = parse(spec, raw, origin)
    origins[spec.key] = origin
  }
  for (const spec of OPTIONS) {
    config[spec.key] = spec.default
    origins[spec.key] = 'default'
  }
  const early = (key: 'dataDir') => flags[key]?.value ?? env.PARLEY_DATA_DIR
  config.dataDir = resolve(String(early('dataDir') || defaultDataDirectory(env)))
  const path = configFile ?? env.PARLEY_CONFIG ?? join(config.dataDir, 'config.json')
  if (existsSync(path)) {
    for (const [name, value] of Object.entries(readConfigFile(path))) {
      const spec = OPTIONS.find((option) => option.flag === name)
      if (!spec) throw unknownName(name, path)
      if (value !== null && value !== undefined) set(spec, value as string | number | boolean, `file ${path}`)
    }
  } else if (configFile) throw new AppError('not-found', `There is no config file at ${configFile}.`)
  for (const spec of OPTIONS) {
    const name = [`PARLEY_${spec.flag.replaceAll('-', '_').toUpperCase()}`, ...(spec.env ?? [])].find(
      (candidate) => env[candidate] !== undefined && env[candidate] !== '',
    )
    if (name) set(spec, env[name] as string, `env ${name}`)
    const flag = flags[spec.key]
    if (flag) set(spec, flag.value, `flag ${flag.as}`)
  }
  config.dataDir = resolve(String(config.dataDir))
  return { config: config as unknown as Config, origins }
}

function parse(spec: OptionSpec, raw: string | number | boolean, origin: Origin): string | number | boolean {
  const wrong = (expected: string) =>
    new AppError(
      'invalid',
      `${spec.flag} (${origin}) must be ${expected}, not '${spec.secret ? '***' : raw}'.`,
    )
  if (spec.kind === 'boolean') {
    if (typeof raw === 'boolean') return raw
    const text = String(raw).toLowerCase()
    if (['1', 'true', 'yes', 'on'].includes(text)) return true
    if (['0', 'false', 'no', 'off'].includes(text)) return false
    throw wrong('true or false')
  }
  if (spec.kind === 'text') {
    const text = String(raw)
    if (spec.choices && !spec.choices.includes(text)) throw wrong(`one of ${spec.choices.join(', ')}`)
    return text
  }
  const value = Number(raw)
  const low = spec.min ?? Number.NEGATIVE_INFINITY
  const high = spec.max ?? Number.POSITIVE_INFINITY
  if (!Number.isFinite(value) || (spec.kind === 'integer' && !Number.isInteger(value)))
    throw wrong('a number')
  if (value < low || value > high) throw wrong(`between ${low} and ${high}`)
  return value
}

function readConfigFile(path: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (json && typeof json === 'object' && !Array.isArray(json)) return json as Record<string, unknown>
  } catch (cause) {
    throw new AppError('invalid', `The config file ${path} is not readable JSON.`, { cause })
  }
  throw new AppError('invalid', `The config file ${path} must hold one JSON object.`)
}

function unknownName(name: string, path: string): AppError {
  const guess = nearest(
    name,
    OPTIONS.map((option) => option.flag),
  )
  return new AppError(
    'invalid',
    `Unknown setting '${name}' in ${path}.${guess ? ` Did you mean '${guess}'?` : ''}`,
  )
}
