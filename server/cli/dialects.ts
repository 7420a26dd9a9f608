/** The client's side of every protocol, pure: what to send, and what an answer means. For `parley client` and `parley listen`. */
import { isObject, type JsonObject, readObject } from '../protocol/codec-kit.ts'

export type Heard =
  /** Sound may be sent now. */
  | { type: 'ready' }
  /** Words that may still change. */
  | { type: 'partial'; text: string }
  | { type: 'final'; text: string }
  /** Nothing more will come. */
  | { type: 'done' }
  | { type: 'error'; text: string }
  /** The page where a person can read along. */
  | { type: 'watch'; url: string }

export interface Dialect {
  /** Path on a Parley server. */
  readonly path: string
  /** Sample rate sent, Hz. */
  readonly rate: number
  /** Sent when the socket is open. */
  readonly hello: string[]
  /** Whether to wait for a `ready` before sending sound. */
  readonly waits: boolean
  /** Its servers always say when they are done, so that a long silence means work. */
  readonly saysDone: boolean
  pack(pcm16: Uint8Array): string | Uint8Array
  readonly end: (string | Uint8Array)[]
  read(message: string | Uint8Array): Heard[]
}

export interface DialectOptions {
  /** ISO 639-1, or null = detect. */
  language: string | null
  translate: boolean
}

export const DIALECTS: Record<string, (options: DialectOptions) => Dialect> = {
  simple: ({ language, translate }) => ({
    path: `/ws?interim=1${language ? `&language=${language}` : ''}${translate ? '&task=translate' : ''}`,
    rate: 16_000,
    hello: [],
    waits: true,
    saysDone: true,
    pack: (pcm16) => pcm16,
    end: ['END'],
    read: reading((message) => {
      if (message.type === 'transcription') return text(message.text, message.is_final !== false)
      if (message.type !== 'status') return []
      return message.status === 'completed' ? [{ type: 'done' }] : [{ type: 'ready' }]
    }),
  }),

  'asr-stream': ({ language }) => ({
    path: '/ws/asr-stream',
    rate: 16_000,
    hello: [
      JSON.stringify({ language_code: language ?? 'auto', sample_rate_hertz: 16_000, encoding: 'LINEAR16' }),
    ],
    waits: true,
    saysDone: true,
    pack: (pcm16) => pcm16,
    end: ['{"type":"end"}'],
    read: reading((message) => {
      if (message.type === 'metadata') return [{ type: 'ready' }]
      if (message.type === 'transcript') return text(message.text, message.is_final === true)
      return message.type === 'complete' ? [{ type: 'done' }] : []
    }),
  }),

  realtime: ({ language }) => {
    const transcription = { model: 'whisper-1', ...(language ? { language } : {}) }
    const session = {
      type: 'transcription',
      audio: { input: { format: { type: 'audio/pcm', rate: 24_000 }, transcription } },
    }
    return {
      path: '/v1/realtime?intent=transcription',
      rate: 24_000,
      hello: [JSON.stringify({ type: 'session.update', session })],
      waits: true,
      saysDone: true,
      pack: (pcm16) =>
        JSON.stringify({ type: 'input_audio_buffer.append', audio: Buffer.from(pcm16).toString('base64') }),
      // The update changes nothing; its answer says that the commit before it was handled.
      end: ['{"type":"input_audio_buffer.commit"}', '{"type":"session.update","session":{}}'],
      read: readRealtime(),
    }
  },

  whisperlive: ({ language, translate }) => {
    const uid = crypto.randomUUID()
    const task = translate ? 'translate' : 'transcribe'
    const known = new Set<string>()
    return {
      path: '/ws/whisper-live',
      rate: 16_000,
      hello: [JSON.stringify({ uid, language, task, model: 'small', use_vad: true })],
      waits: true,
      saysDone: false,
      pack: toFloats,
      end: [new TextEncoder().encode('END_OF_AUDIO')],
      read: reading((message) => {
        if (message.message === 'SERVER_READY') return [{ type: 'ready' }]
        if (message.message === 'DISCONNECT') return [{ type: 'error', text: 'the connection time is over' }]
        if (message.status === 'WAIT')
          return [{ type: 'error', text: `the server is full for ${message.message} minutes` }]
        if (message.status === 'ERROR') return [{ type: 'error', text: String(message.message) }]
        return Array.isArray(message.segments)
          ? message.segments.flatMap((segment) => readSegment(segment, known))
          : []
      }),
    }
  },

  'whisper-stream': ({ language, translate }) => ({
    path: `/ws/whisper-stream?format=f32${language ? `&language=${language}` : ''}${translate ? '&task=translate' : ''}`,
    rate: 16_000,
    hello: [],
    waits: false,
    saysDone: false,
    pack: toFloats,
    end: ['END'],
    read: (message) => (typeof message === 'string' ? [{ type: 'final', text: message.trim() }] : []),
  }),

  whisperlivekit: ({ language }) => {
    let told = 0
    let lines: string[] = []
    return {
      path: `/asr${language ? `?language=${language}` : ''}`,
      rate: 16_000,
      hello: [],
      waits: true,
      saysDone: true,
      pack: (pcm16) => pcm16,
      end: [new Uint8Array(0)],
      read: reading((message) => {
        if (message.type === 'config') return [{ type: 'ready' }]
        if (Array.isArray(message.lines))
          lines = message.lines.filter(isObject).map((line) => String(line.text ?? ''))
        const buffer = String(message.buffer_transcription ?? '')
        // The last line may still grow: it is told when another follows, or at the end.
        const done = message.type === 'ready_to_stop'
        const heard: Heard[] = []
        while (told < lines.length - (done ? 0 : 1))
          heard.push({ type: 'final', text: lines[told++] as string })
        if (done) return [...heard, { type: 'done' }]
        const open = [lines[told] ?? '', buffer].filter(Boolean).join(' ')
        return open ? [...heard, { type: 'partial', text: open }] : heard
      }),
    }
  },

  deepgram: ({ language }) => ({
    path: `/v1/listen?model=general&encoding=linear16&sample_rate=16000&interim_results=true&smart_format=true&language=${language ?? 'multi'}`,
    rate: 16_000,
    hello: [],
    waits: false,
    saysDone: true,
    pack: (pcm16) => pcm16,
    end: ['{"type":"CloseStream"}'],
    read: reading((message) => {
      if (message.type === 'Metadata') return [{ type: 'done' }]
      if (message.type === 'Error')
        return [{ type: 'error', text: String(message.description ?? message.message) }]
      const channel = isObject(message.channel) ? message.channel : {}
      const [best] = Array.isArray(channel.alternatives) ? channel.alternatives.filter(isObject) : []
      return best ? text(best.transcript, message.is_final === true) : []
    }),
  }),
}

/** The dialect whose path the address has, if any. */
export function dialectOf(uri: URL): string | undefined {
  return Object.keys(DIALECTS).find((name) => {
    const path = DIALECTS[name]?.({ language: null, translate: false }).path.split('?')[0]
    return path === uri.pathname
  })
}

function text(value: unknown, final: boolean): Heard[] {
  const words = typeof value === 'string' ? value.trim() : ''
  return words ? [{ type: final ? 'final' : 'partial', text: words }] : []
}

/** JSON messages; errors and the reading page look alike everywhere. */
function reading(read: (message: JsonObject) => Heard[]): Dialect['read'] {
  return (data) => {
    const message = typeof data === 'string' ? readObject(data) : null
    if (!message) return []
    const watch: Heard[] = typeof message.watch === 'string' ? [{ type: 'watch', url: message.watch }] : []
    if (message.type === 'error') {
      const { detail, message: plain, error } = message
      const said = detail ?? plain ?? (isObject(error) ? error.message : error)
      return [...watch, { type: 'error', text: String(said) }]
    }
    return [...watch, ...read(message)]
  }
}

/** Realtime has no last message: it is over when the last commit was answered and every item has its transcript. */
function readRealtime(): Dialect['read'] {
  const open = new Set<unknown>()
  let partial = ''
  let updates = 0
  const over = (): Heard[] => (updates > 1 && open.size === 0 ? [{ type: 'done' }] : [])
  const read = reading((message) => {
    switch (message.type) {
      case 'session.created':
      case 'transcription_session.created': {
        const session = isObject(message.session) ? message.session : {}
        return typeof session.watch === 'string' ? [{ type: 'watch', url: session.watch }] : []
      }
      case 'session.updated':
      case 'transcription_session.updated':
        return ++updates === 1 ? [{ type: 'ready' }] : over()
      case 'input_audio_buffer.committed':
        open.add(message.item_id)
        return []
      case 'conversation.item.input_audio_transcription.delta':
        partial += String(message.delta ?? '')
        return [{ type: 'partial', text: partial.trim() }]
      case 'conversation.item.input_audio_transcription.completed':
        partial = ''
        open.delete(message.item_id)
        return [...text(message.transcript, true), ...over()]
      default:
        return []
    }
  })
  return (data) => {
    // That nothing was left to commit at the end is no error.
    const nothing = typeof data === 'string' && data.includes('"input_audio_buffer_commit_empty"')
    return nothing ? [] : read(data)
  }
}

function readSegment(segment: unknown, known: Set<string>): Heard[] {
  if (!isObject(segment)) return []
  if (segment.completed !== true) return text(segment.text, false)
  const key = String(segment.start)
  if (known.has(key)) return []
  known.add(key)
  return text(segment.text, true)
}

function toFloats(pcm16: Uint8Array): Uint8Array {
  const view = new DataView(pcm16.buffer, pcm16.byteOffset, pcm16.byteLength)
  const floats = Float32Array.from(
    { length: pcm16.length >> 1 },
    (_, index) => view.getInt16(index * 2, true) / 32_768,
  )
  return new Uint8Array(floats.buffer)
}
