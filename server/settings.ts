/** Every setting once: its default, help, flag and environment names. `config.ts` finds out what it is in this run. */

export interface Setting<T extends string | number | boolean = string | number | boolean> {
  kind: 'text' | 'integer' | 'number' | 'boolean'
  default: T
  help: string
  /** Long flag without dashes, unless it is the key in kebab case; booleans also understand `no-…`. */
  flag?: string
  /** Other spellings: short flags and those of the systems Parley replaces, with their dashes. */
  also?: string[]
  /** Environment names besides PARLEY_…; the first that is set wins. */
  env?: string[]
  /** Shown as *** by `config show` and never logged. */
  secret?: boolean
  choices?: readonly T[]
  min?: number
  max?: number
  /**
   * An HTTP address; `origin` = scheme, host and port alone, kept without a closing slash. A spoken language, several of
   * them, or one that stays as a client would name it (`tag`).
   */
  form?: 'address' | 'origin' | 'language' | 'languages' | 'tag'
}

type Details = Omit<Setting, 'kind' | 'default' | 'help' | 'choices'>

const setting =
  <T extends string | number | boolean>(kind: Setting['kind']) =>
  (value: T, help: string, details: Details = {}): Setting<T> => ({ kind, default: value, help, ...details })
const text = setting<string>('text')
const integer = setting<number>('integer')
const number = setting<number>('number')
const boolean = setting<boolean>('boolean')
const choice = <const T extends string>(
  choices: readonly T[],
  value: NoInfer<T>,
  help: string,
  details: Details = {},
): Setting<T> => ({ kind: 'text', default: value, help, choices, ...details })

const PORT = 65_535

/** Names of the systems Parley replaces are kept as further spellings. */
const SETTINGS = {
  host: text(
    '::',
    'address to listen on (:: = every one, 0.0.0.0 = IPv4 alone, 127.0.0.1 = this machine only)',
    {
      also: ['-H'],
      env: ['HOST'],
    },
  ),
  port: integer(8123, 'HTTP and WebSocket port; the next free one if taken, 0 = any', {
    also: ['-p'],
    env: ['PORT'],
    min: 0,
    max: PORT,
  }),
  dataDir: text('', 'where meetings, audio and models are kept'),
  model: text('base-q8_0', 'speech model: a catalogue name or a file', { also: ['-m'] }),
  /** Empty = the same model as for the first pass. */
  refineModel: text('', 'a larger model for the careful second pass'),
  backend: choice(['whisper', 'openai', 'fake'], 'whisper', 'recogniser'),
  backendUrl: text('https://api.openai.com/v1', 'base URL of the openai backend', {
    env: ['OPENAI_BASE_URL'],
    form: 'address',
  }),
  backendKey: text('', 'API key of the openai backend', { env: ['OPENAI_API_KEY'], secret: true }),
  backendModel: text('whisper-1', 'model name at the openai backend'),
  threads: integer(0, 'CPU threads for recognition in all (0 = one per core)', {
    also: ['-t'],
    min: 0,
    max: 256,
  }),
  workers: integer(0, 'recogniser processes (0 = chosen for this machine)', { min: 0, max: 64 }),
  gpu: choice(
    ['auto', 'off', 'cuda', 'vulkan', 'metal'],
    'auto',
    'recognise on a GPU: auto = if this build can, off = never; cuda, vulkan and metal make such a build first (docs/gpu.md)',
  ),
  language: text('auto', "spoken language, ISO 639-1 ('auto' = detect for every speaker)", {
    also: ['-l'],
    form: 'language',
  }),
  languages: text('', "detect only among these, e.g. 'de,en'", { form: 'languages' }),
  translate: boolean(false, 'translate speech to English', { also: ['-tr'] }),
  vocabulary: text('', 'names and terms every new room knows'),
  vadThreshold: number(0.5, 'speech probability that starts an utterance', {
    flag: 'vad-thold',
    also: ['-vth'],
    min: 0,
    max: 1,
  }),
  beamSize: integer(5, 'beam width of the careful pass', { also: ['-bs'], min: 1, max: 16 }),
  finalWait: integer(700, 'ms a protocol without revisions waits for the refined text', {
    min: 0,
    max: 10_000,
  }),
  open: boolean(true, 'open the browser on an interactive desktop'),
  logLevel: choice(['debug', 'info', 'warn', 'error'], 'info', 'how much is logged', { env: ['LOG_LEVEL'] }),
  auth: choice(['open', 'link', 'key'], 'link', 'who may do what from other machines: open | link | key'),
  tls: boolean(true, 'serve HTTPS too, with an own certificate (microphones on other machines need it)'),
  tlsPort: integer(0, 'HTTPS port (0 = port + 320)', { min: 0, max: PORT }),
  tlsCert: text('', 'certificate file (PEM)'),
  tlsKey: text('', 'key file (PEM)'),
  publicUrl: text('', 'address people use, when behind a proxy (docs/proxy.md)', { form: 'origin' }),
  keep: choice(['nothing', 'text', 'text+audio'], 'text+audio', 'what new rooms keep'),
  keepDays: integer(30, 'days until a meeting is removed (0 = never)', { min: 0, max: 36_500 }),
  maxSpeakers: integer(
    0,
    'people who may talk at once before others wait in a queue (0 = as many as the start-up self-test allows)',
    { min: 0 },
  ),
  maxClients: integer(4, 'simultaneous WhisperLive clients', { also: ['--max_clients'], min: 1 }),
  maxConnectionTime: integer(600, 'seconds a WhisperLive client may stay', {
    also: ['--max_connection_time'],
    min: 1,
  }),
  whisperlivePort: integer(0, 'also listen here for WhisperLive clients (their usual port: 9090)', {
    min: 0,
    max: PORT,
  }),
  maxSockets: integer(10_000, 'quota: connections in all', { min: 1 }),
  maxSocketsPerAddress: integer(500, 'quota: connections from one address (a classroom may be one)', {
    min: 1,
  }),
  maxSocketsPerRoom: integer(5_000, 'quota: people and screens in one room', { min: 1 }),
  maxSpeakersPerMeeting: integer(1_000, 'quota: people who ever speak in one meeting', { min: 1 }),
  maxNewRooms: integer(600, 'quota: new rooms of one creator at once; then one a second', { min: 1 }),
  diskReserveMb: integer(460, 'quota: free MB (or a 20th of the disk) below which no new recording begins', {
    min: 0,
  }),
  maxUploadBytes: integer(4 * 2 ** 30, 'largest uploaded file', { min: 1 }),
  forwardUrl: text('', 'post finished transcripts to this URL and relay its answer', {
    also: ['-f'],
    form: 'address',
  }),
  maxMessages: integer(1, 'transcripts per forwarded request', { also: ['-nm'], min: 1 }),
  allowPrivateTargets: boolean(false, 'let rooms send webhooks into private networks'),
  asrStreamLanguage: text('en-US', '/ws/asr-stream: language when the client names none', {
    flag: 'default-language-code',
    env: ['DEFAULT_LANGUAGE_CODE'],
    form: 'tag',
  }),
  asrStreamRate: integer(16_000, '/ws/asr-stream: sample rate when the client names none', {
    flag: 'default-sample-rate-hertz',
    env: ['DEFAULT_SAMPLE_RATE_HERTZ'],
    min: 8000,
    max: 48_000,
  }),
  asrStreamInterim: boolean(true, 'send interim results on /ws/asr-stream', {
    flag: 'streaming-interim-results',
    env: ['STREAMING_INTERIM_RESULTS'],
  }),
  asrStreamPunctuation: boolean(true, 'keep punctuation on /ws/asr-stream', {
    flag: 'enable-automatic-punctuation',
    env: ['ENABLE_AUTOMATIC_PUNCTUATION'],
  }),
  s3Bucket: text('', 'upload audio and transcript to this bucket at the end', { env: ['S3_BUCKET'] }),
  s3Endpoint: text('', 'endpoint of an S3-compatible store', {
    env: ['S3_ENDPOINT', 'AWS_ENDPOINT_URL'],
    form: 'address',
  }),
  s3Region: text('us-east-1', 'its region', { env: ['AWS_REGION', 'AWS_DEFAULT_REGION'] }),
  s3AccessKey: text('', 'its access key id', { env: ['AWS_ACCESS_KEY_ID'], secret: true }),
  s3SecretKey: text('', 'its secret key', { env: ['AWS_SECRET_ACCESS_KEY'], secret: true }),
  llmUrl: text('', 'OpenAI-compatible endpoint for summaries, e.g. http://localhost:11434/v1', {
    form: 'address',
  }),
  llmModel: text('', 'its model'),
  llmKey: text('', 'its API key', { secret: true }),
  translateUrl: text('', 'translation endpoint (OpenAI-compatible or LibreTranslate)', {
    form: 'address',
  }),
  translateKey: text('', 'its API key', { secret: true }),
}

export type Config = { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K]['default'] }

export interface NamedSetting extends Setting {
  key: keyof Config
  flag: string
}

/** All settings in the order in which people are shown them. */
export const OPTIONS: readonly NamedSetting[] = Object.entries<Setting>(SETTINGS).map(([key, spec]) => ({
  ...spec,
  key: key as keyof Config,
  flag: spec.flag ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
}))

export function defaultOf<K extends keyof Config>(key: K): Config[K] {
  return SETTINGS[key].default as Config[K]
}
