/** A stand-in for the server: serves the built web app with a strict CSP and speaks the wire protocol with a scripted conversation. */
import { join } from 'node:path'
import type {
  Participant,
  RoomEnvelope,
  RoomEvent,
  RoomSettings,
  Session,
  Utterance,
  Word,
} from '../../server/core/transcript.ts'
import { type ServerMessage, unpackAudioFrame } from '../../server/core/wire.ts'
import { parseClientMessage } from '../../server/core/wire-schema.ts'

/** Of the host's, the speaking and the reading link. */
export const SECRETS = [
  'hhhhhhhhhhhhhhhhhhhhhhhhhh',
  'ssssssssssssssssssssssssss',
  'vvvvvvvvvvvvvvvvvvvvvvvvvv',
]

export const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self' blob:; connect-src 'self' ws: wss:; media-src 'self' blob:; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

const web = join(import.meta.dir, '../../web')

/** The bundled app: path → bytes and type. */
export async function buildWeb(): Promise<Map<string, { body: Blob; type: string }>> {
  const built = await Bun.build({
    entrypoints: [join(web, 'index.html')],
    minify: true,
    splitting: true,
    target: 'browser',
    define: { 'process.env.NODE_ENV': '"production"' },
    publicPath: '/',
    naming: { chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
  })
  const files = new Map<string, { body: Blob; type: string }>()
  for (const output of built.outputs) {
    const path = `/${output.path.replace(/^\.?\//, '')}`
    files.set(path, { body: output, type: output.type })
  }
  for (const [path, file, type] of [
    ['/capture.worklet.js', 'audio/capture.worklet.js', 'text/javascript'],
    ['/icon.svg', 'public/icon.svg', 'image/svg+xml'],
    ['/icon-192.png', 'public/icon-192.png', 'image/png'],
    ['/icon-512.png', 'public/icon-512.png', 'image/png'],
    ['/sw.js', 'public/sw.js', 'text/javascript'],
    ['/manifest.webmanifest', 'public/manifest.webmanifest', 'application/manifest+json'],
  ] as const)
    files.set(path, { body: Bun.file(join(web, file)), type })
  return files
}

const settings: RoomSettings = {
  title: 'Product weekly',
  language: null,
  languages: [],
  task: 'transcribe',
  vocabulary: '',
  keep: { what: 'text+audio', days: 30 },
  locked: false,
}

const people = (
  [
    ['par_1', 'Amira Haddad'],
    ['par_2', 'Jonas Weber'],
    ['par_3', 'Yuki Tanaka'],
  ] as const
).map(
  ([id, name], colour): Participant => ({
    id,
    name,
    role: colour === 0 ? 'host' : 'speaker',
    colour,
    muted: false,
  }),
)

const SCRIPT: readonly (readonly [number, string, string])[] = [
  [0, 'en', 'Good morning everyone. Shall we start with the release, or with the numbers from last week?'],
  [
    1,
    'en',
    'The numbers first, they are short. Sign-ups went up by eleven percent, and support requests stayed flat.',
  ],
  [0, 'en', 'That is better than we expected. What changed?'],
  [1, 'en', 'Mostly the new start page. People reach the first meeting in under a minute now.'],
  [2, 'ja', '日本からの利用者も増えました。字幕が速くなったという声が多いです。'],
  [0, 'en', 'Lovely. Then the release: what is still open, and who needs help before Thursday?'],
  [
    2,
    'en',
    'The export of edited transcripts is done. I would like one more pair of eyes on the subtitle timing.',
  ],
  [1, 'ar', 'أستطيع مراجعة التوقيت اليوم بعد الظهر.'],
  [0, 'en', 'Perfect, thank you. Let us write that down as an action item and move on.'],
]

const ENGLISH: Record<string, string> = {
  ja: 'Users from Japan have grown too. Many say that the captions have become faster.',
  ar: 'I can review the timing this afternoon.',
}

function wordsOf(text: string, start: number, language: string): Word[] {
  const pieces =
    language === 'ja'
      ? text.match(/.{1,3}/gu)!
      : text.split(' ').map((word, index) => (index ? ` ${word}` : word))
  return pieces.map((piece, index) => ({
    text: piece,
    start: start + index * 320,
    end: start + index * 320 + 300,
    probability: 0.62 + ((index * 37) % 38) / 100,
  }))
}

export interface MockOptions {
  port?: number
  /** Time between two words of the script, ms; 0 = everything is said already. */
  wordMs?: number
  files?: Map<string, { body: Blob; type: string }>
  /** So many lines are there from the start (with `wordMs: 0`). */
  lines?: number
  /** Whether a language model is set up. */
  summaries?: boolean
  /** How a summary or an answer that is told in lines goes on after its draft: 'held' for good, 'cut', or to its end. */
  drafts?: 'held' | 'cut'
}

type Client = { greeted: boolean; streams: Map<number, string> }

/** What arrived of one stream: its bytes in order, and the holes the client declared. */
export interface Received {
  bytes: number
  lost: [from: number, to: number][]
  ended: boolean
}

export async function startMock(options: MockOptions = {}) {
  const files = options.files ?? (await buildWeb())
  const html = [...files].find(([path]) => path.endsWith('.html'))?.[1]
  const session: Session = {
    id: 'ses_1',
    roomId: 'quiet-otter-4207',
    epoch: 'e1',
    title: settings.title,
    startedAt: Date.now() - 65_000,
    endedAt: null,
  }
  const log: RoomEnvelope[] = []
  const sockets = new Set<Bun.ServerWebSocket<Client>>()
  /** Bytes received per stream id, as a real server would keep them. */
  const received = new Map<string, Received>()
  let deaf = false
  let seq = 0

  function tell(event: RoomEvent, stored: boolean): void {
    const envelope: RoomEnvelope = { epoch: session.epoch, seq: stored ? ++seq : seq, event }
    if (stored) log.push(envelope)
    const message = JSON.stringify({ type: 'event', envelope } satisfies ServerMessage)
    for (const socket of sockets) if (socket.data.greeted) socket.send(message)
  }

  tell({ type: 'session-started', session }, true)
  tell({ type: 'settings-changed', settings }, true)
  for (const participant of people) tell({ type: 'participant-joined', participant }, true)

  let at = 2_000
  function utterance(index: number, shown: number | null): Utterance {
    const [speaker, language, text] = SCRIPT[index % SCRIPT.length]!
    const words = wordsOf(text, at, language)
    const all = shown === null ? words : words.slice(0, shown)
    const settled = shown === null ? all.length : Math.max(0, all.length - 3)
    return {
      id: `utt_${String(index).padStart(4, '0')}`,
      participantId: people[speaker]!.id,
      rev: shown === null ? 1 : 0,
      state: shown === null ? 'final' : 'pending',
      start: at,
      end: all.at(-1)?.end ?? at,
      language,
      committed: all.slice(0, settled),
      pending: all.slice(settled),
    }
  }

  let line = 0
  let shown = 0
  function finish(): void {
    const done = utterance(line, null)
    tell({ type: 'utterance-finished', utterance: done }, true)
    tell({ type: 'speaking', participantId: done.participantId, speaking: false }, false)
    const english = ENGLISH[done.language]
    if (english)
      tell(
        {
          type: 'utterance-translated',
          translation: { utteranceId: done.id, language: 'en', rev: 1, text: english },
        },
        true,
      )
    at = done.end + 900
    line++
    shown = 0
  }
  let timer: ReturnType<typeof setInterval> | null = null
  if (options.wordMs === 0) {
    while (line < (options.lines ?? SCRIPT.length)) finish()
    tell(
      {
        type: 'gap',
        gap: { id: 'gap_1', participantId: 'par_2', start: at, end: at + 4_000, reason: 'network' },
      },
      true,
    )
    for (const [index, kind, text] of [
      [5, 'section', 'Release'],
      [8, 'action', 'Jonas reviews the subtitle timing'],
    ] as const) {
      const from = log.map(({ event }) => event).filter((event) => event.type === 'utterance-finished')[index]
      if (!from) continue
      const { id: utteranceId, participantId, start } = from.utterance
      const mark = { id: `mark_${index}`, kind, start, text, participantId, utteranceId }
      tell({ type: 'mark', mark }, true)
    }
  } else {
    timer = setInterval(sayWord, options.wordMs ?? 250)
  }
  function sayWord(): void {
    const now = utterance(line, ++shown)
    if (now.committed.length + now.pending.length < shown) return finish()
    tell({ type: 'speaking', participantId: now.participantId, speaking: true }, false)
    tell({ type: 'lag', participantId: now.participantId, lag: 1_100 }, false)
    tell({ type: 'utterance-updated', utterance: now }, false)
  }

  const server = Bun.serve<Client>({
    port: options.port ?? 0,
    fetch(request, self) {
      const url = new URL(request.url)
      const { pathname } = url
      if (pathname.startsWith('/ws/room/') && deaf) return new Response('deaf', { status: 503 })
      if (pathname.startsWith('/ws/room/'))
        return self.upgrade(request, { data: { greeted: false, streams: new Map() } })
          ? undefined
          : new Response('no', { status: 400 })
      if (pathname.startsWith('/api/')) return api(request, url)
      const file = files.get(pathname)
      const headers = { 'content-security-policy': CSP }
      if (file && !pathname.endsWith('.html'))
        return new Response(file.body, { headers: { ...headers, 'content-type': file.type } })
      return new Response(html!.body, { headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } })
    },
    websocket: {
      open(socket) {
        sockets.add(socket)
      },
      close(socket) {
        sockets.delete(socket)
      },
      message(socket, data) {
        const send = (message: ServerMessage): void => {
          socket.send(JSON.stringify(message))
        }
        if (typeof data !== 'string') {
          const frame = unpackAudioFrame(new Uint8Array(data))
          if (typeof frame === 'string')
            return send({ type: 'error', code: 'invalid', message: frame, fatal: false })
          const stream = received.get(socket.data.streams.get(frame.number) ?? '')
          if (!stream)
            return send({ type: 'error', code: 'invalid', message: 'Unknown stream.', fatal: false })
          if (frame.offset > stream.bytes)
            return send({ type: 'audio-ready', number: frame.number, offset: stream.bytes })
          stream.bytes = Math.max(stream.bytes, frame.offset + frame.pcm16.length)
          return send({ type: 'ack', number: frame.number, offset: stream.bytes })
        }
        const message = parseClientMessage(data)
        if (typeof message === 'string')
          return send({ type: 'error', code: 'invalid', message, fatal: false })
        switch (message.type) {
          case 'hello': {
            socket.data.greeted = true
            const participant =
              message.role === 'speaker' ? { ...people[0]!, name: message.name || people[0]!.name } : null
            send({
              type: 'welcome',
              version: 1,
              participant,
              room: { id: session.roomId, settings },
              session,
              epoch: session.epoch,
              seq,
              now: Date.now() - session.startedAt,
              limits: { maxFrameBytes: 32_016, ackEveryMs: 1_000 },
            })
            const since = message.since?.epoch === session.epoch ? message.since.seq : 0
            return send({
              type: 'events',
              events: log.filter((envelope) => envelope.seq > since),
              more: false,
            })
          }
          case 'audio-start': {
            socket.data.streams.set(message.number, message.stream)
            const stream = received.get(message.stream) ?? { bytes: 0, lost: [], ended: false }
            received.set(message.stream, stream)
            return send({ type: 'audio-ready', number: message.number, offset: stream.bytes })
          }
          case 'audio-lost': {
            const stream = received.get(socket.data.streams.get(message.number) ?? '')
            if (!stream) return
            stream.lost.push([message.from, message.to])
            stream.bytes = message.to
            return send({ type: 'audio-ready', number: message.number, offset: stream.bytes })
          }
          case 'audio-end': {
            const stream = received.get(socket.data.streams.get(message.number) ?? '')
            if (stream && stream.bytes < message.length)
              return send({ type: 'audio-ready', number: message.number, offset: stream.bytes })
            if (stream) stream.ended = true
            return send({ type: 'audio-ended', number: message.number })
          }
          case 'ping':
            return send({ type: 'pong', at: message.at, seq })
          case 'end-session':
            session.endedAt = Date.now()
            return tell({ type: 'session-ended', endedAt: session.endedAt }, true)
          case 'rename': {
            const person = people.find((each) => each.id === (message.participantId ?? 'par_1'))
            if (person)
              tell({ type: 'participant-changed', participant: { ...person, name: message.name } }, true)
            return
          }
          case 'mute': {
            const person = people.find((each) => each.id === (message.participantId ?? 'par_1'))!
            const silenced = message.participantId ? message.muted : false
            return tell(
              {
                type: 'participant-changed',
                participant: { ...person, muted: message.muted, ...(silenced && { silenced }) },
              },
              true,
            )
          }
          case 'off-the-record':
            return tell(
              {
                type: 'off-the-record',
                on: message.on,
                at: Date.now() - session.startedAt,
                participantId: 'par_1',
              },
              true,
            )
          case 'unmark':
            return tell({ type: 'mark-removed', markId: message.markId }, true)
          case 'settings':
            Object.assign(settings, message.settings)
            return tell({ type: 'settings-changed', settings: { ...settings } }, true)
          case 'title':
            return tell({ type: 'session-renamed', title: message.title }, true)
        }
      },
    },
  })

  const roomInfo = () => ({
    room: { id: session.roomId, settings },
    session,
    present: people.map(({ id, name, colour }) => ({ id, name, colour })),
    viewers: 3,
    rights: { view: true, speak: true, host: true },
  })
  const summary = (id: string, title: string, days: number) => ({
    ...session,
    id,
    title,
    roomTitle: title,
    startedAt: Date.now() - days * 86_400_000,
    endedAt: Date.now() - days * 86_400_000 + 2_520_000,
    participants: people.map(({ id: personId, name, colour }) => ({ id: personId, name, colour })),
    utterances: SCRIPT.length,
    duration: 2_520_000,
    languages: ['en', 'ja'],
    hasAudio: true,
    starred: days === 1,
    expiresAt: Date.now() + (30 - days) * 86_400_000,
  })
  const past = [
    summary('ses_a', 'Product weekly', 1),
    summary('ses_b', 'Interview with Dr. Okafor', 2),
    summary('ses_c', 'Town hall: questions and answers', 26),
  ]

  /** Four hours, 40,000 words. */
  function fourHours() {
    const utterances: Utterance[] = []
    for (let index = 0; index < 4_000; index++) {
      const start = index * 3_600
      const committed = Array.from({ length: 10 }, (_, i) => ({
        text: `${i ? ' ' : ''}${['we', 'talk', 'about', 'budget', 'release', 'people', 'time', 'words', 'rooms', 'plans'][(index + i * 3) % 10]}`,
        start: start + i * 300,
        end: start + i * 300 + 250,
        probability: 0.9,
      }))
      utterances.push({
        id: `utt_${index}`,
        participantId: people[Math.floor(index / 3) % 3]!.id,
        rev: 1,
        state: 'final',
        start,
        end: start + 3_000,
        language: 'en',
        committed,
        pending: [],
      })
    }
    const session = { ...summary('ses_big', 'All hands', 3), duration: 14_400_000 }
    return {
      session,
      transcript: { participants: people, utterances, gaps: [], translations: [] },
      tracks: [],
      history: { undo: null, redo: null },
      marks: [],
    }
  }

  /** The text made live, one more that is ready, and one that is being made. */
  function textVersions() {
    const version = { sessionId: 'ses_a', language: null, detail: '', chosen: false, progress: null }
    return {
      versions: [
        { ...version, id: 'ver_0', createdAt: 0, model: '', state: 'live', chosen: true, lines: 0 },
        { ...version, id: 'ver_1', createdAt: Date.now(), model: 'small-q5_1', state: 'ready', lines: 9 },
        {
          ...version,
          id: 'ver_2',
          createdAt: Date.now(),
          model: 'medium-q5_0',
          language: 'en',
          state: 'running',
          lines: 0,
          progress: 0.42,
        },
      ],
      models: ['base-q8_0', 'small-q5_1'],
    }
  }

  async function api(request: Request, url: URL): Promise<Response> {
    const { pathname } = url
    const json = (value: unknown, status = 200) => Response.json(value, { status })
    const missing = () => json({ error: { code: 'not-found', message: 'There is no such thing.' } }, 404)
    if (pathname === '/api/rooms' && request.method === 'POST')
      return json(
        {
          room: { id: session.roomId, settings },
          links: {
            view: `/c/${session.roomId}#${SECRETS[2]}`,
            speak: `/r/${session.roomId}#${SECRETS.slice(1).join('.')}`,
            host: `/r/${session.roomId}#${SECRETS.join('.')}`,
          },
        },
        201,
      )
    if (pathname === '/api/rooms') return json({ rooms: [roomInfo()] })
    if (pathname === `/api/rooms/${session.roomId}/links`)
      return request.method === 'POST'
        ? json({ link: { id: 'lnk_4', role: 'view', createdAt: 1, usedAt: null }, token: SECRETS[0] }, 201)
        : json({
            links: (['view', 'speak', 'host'] as const).map((role, i) => ({
              id: `lnk_${i}`,
              role,
              createdAt: Date.now() - 3_600_000,
              usedAt: i === 0 ? null : Date.now() - 60_000,
            })),
          })
    if (pathname === '/api/account')
      return json({ mode: 'link', ways: { password: true, passkey: true }, owner: true, how: 'sign-in' })
    if (pathname === '/api/account/passkeys')
      return json({ passkeys: [{ id: 'p', name: 'Laptop', createdAt: 1, usedAt: Date.now() }] })
    if (pathname === '/api/account/sign-ins')
      return json({ signIns: [{ id: 's', browser: 'Firefox Linux', usedAt: Date.now(), mine: true }] })
    if (pathname === '/api/keys')
      return json({
        keys: [{ id: 'k', name: 'recorder', hint: 'parley_ab12', scopes: ['transcribe'], usedAt: null }],
      })
    if (pathname === `/api/rooms/${session.roomId}`) return json(roomInfo())
    if (pathname === '/api/info')
      return json({
        version: '0.1.0',
        urls: {
          local: server.url.href,
          lan: ['http://192.168.1.20:8123'],
          secure: ['https://192.168.1.20:8124'],
        },
        engine: {
          ready: true,
          detail: '',
          workers: 1,
          model: 'small-q5_1',
          backend: 'whisper',
          realTimeFactor: 2.4,
          activeSpeakers: 1,
          capacity: 2,
          comfortable: 1,
          queued: 0,
        },
        keep: settings.keep,
      })
    if (pathname === '/api/sessions') return json({ sessions: past })
    if (pathname === '/api/search') {
      const wanted = new RegExp(`\\b(${url.searchParams.get('q')?.replace(/\W+/g, '|') || 'the'})\\b`, 'i')
      const hits = SCRIPT.map(([speaker, language, text], index) => ({
        session: past[index % 2]!,
        utteranceId: `utt_${String(index).padStart(4, '0')}`,
        participant: people[speaker]!,
        start: 2_000 + index * 9_000,
        end: 9_000 + index * 9_000,
        language,
        snippet: text
          .split(wanted)
          .map((part) => ({ text: part, mark: wanted.test(part) }))
          .filter((part) => part.text),
        text,
        wordStart: 3_000 + index * 9_000,
      })).filter(({ text }) => wanted.test(text))
      return json({ hits, total: hits.length })
    }
    if (pathname === '/api/abilities')
      return json({ summaries: options.summaries ?? true, translation: null })
    if (/^\/api\/(sessions\/[^/]+\/)?templates$/.test(pathname))
      return json({
        templates: ['minutes', 'standup', 'interview', 'lecture', 'one-to-one'].map((id) => ({
          id,
          name: id,
          focus: '',
          sections: [],
          own: false,
        })),
      })
    if (pathname === '/api/models') {
      const model = { languages: 'multilingual', note: '', inUse: false, speed: null, measuring: false }
      return json({
        models: [
          { ...model, name: 'base-q8_0', bytes: 81_768_585, state: 'bundled', speed: 6.1 },
          { ...model, name: 'small-q5_1', bytes: 190_085_487, state: 'installed', inUse: true, speed: 2.4 },
          {
            ...model,
            name: 'medium-q5_0',
            bytes: 539_212_467,
            state: 'available',
            fetching: { received: 210_000_000, total: 539_212_467, detail: 'receiving', failed: false },
          },
          { ...model, name: 'tiny.en', bytes: 77_704_715, languages: 'en', state: 'available' },
        ],
      })
    }
    if (pathname === '/api/settings')
      return json({
        llm: { url: 'http://localhost:11434/v1', model: 'qwen2.5:7b', hasKey: false, fixed: false },
        translation: null,
        autoSummary: { on: true, template: 'minutes', language: null },
        keep: { what: 'text+audio', days: 30, fixed: false },
      })
    if (pathname.startsWith('/api/settings/endpoints/'))
      return json({ ok: true, took: 412, detail: 'I am ready.' })
    if (pathname === '/api/storage')
      return json({
        audio: 2_340_000_000,
        models: 271_000_000,
        database: 48_200_000,
        backups: 0,
        free: 61_000_000_000,
        total: 250_000_000_000,
      })
    if (pathname === '/api/diagnostics')
      return json({
        findings: [
          { what: 'Data directory', state: 'ok', found: 'Only you can look into it.' },
          { what: 'Certificate', state: 'warning', found: 'Good for 9 more days.', remedy: 'Renew it.' },
        ],
      })
    if (pathname === '/api/ask')
      return json({
        bullets: [
          {
            text: 'The subtitle timing is reviewed by Jonas.',
            moments: [{ sessionId: 'ses_a', utteranceId: 'utt_0006', start: 38_000 }],
          },
        ],
        meetings: [{ id: 'ses_a', title: 'Product weekly', startedAt: Date.now() - 86_400_000 }],
        partial: false,
      })
    const lines = (all: object[]) =>
      new Response(
        new ReadableStream({
          async start(controller) {
            const [draft, ...rest] = all.map((line) => `${JSON.stringify(line)}\n`)
            controller.enqueue(new TextEncoder().encode(draft))
            if (options.drafts === 'held' || pathname.includes('ses_held')) return
            if (options.drafts !== 'cut')
              for (const line of rest) controller.enqueue(new TextEncoder().encode(line))
            controller.close()
          },
        }),
        { headers: { 'content-type': 'application/x-ndjson' } },
      )
    const minutes = /^\/api\/sessions\/[^/]+\/(summaries|ask)$/.exec(pathname)
    if (minutes) {
      const moment = (index: number) => ({
        utteranceId: `utt_${String(index).padStart(4, '0')}`,
        start: 2_000 + index * 6_000,
      })
      const bullet = (text: string, ...at: number[]) => ({ text, moments: at.map(moment) })
      const drafted = request.headers.get('accept')?.includes('ndjson')
      if (minutes[1] === 'ask') {
        const answer = {
          bullets: [bullet('Yuki asked for a review, and Jonas takes it.', 6, 7)],
          partial: false,
        }
        if (!drafted) return json(answer)
        return lines([
          { type: 'draft', bullets: [], writing: 'Yuki asked for' },
          { type: 'done', ...answer },
        ])
      }
      const made = {
        id: `sum_${Date.now()}`,
        sessionId: 'ses_a',
        createdAt: Date.now(),
        model: 'qwen2.5:7b @ localhost:11434',
        template: 'minutes',
        body: {
          overview: [
            bullet('Sign-ups went up by eleven percent, mostly thanks to the new start page.', 1, 3),
          ],
          decisions: [bullet('The review of the subtitle timing becomes an action item.', 8)],
          actions: [
            { ...bullet('Review the subtitle timing', 6, 7), owner: 'Jonas Weber', due: 'this afternoon' },
          ],
          topics: [bullet('Numbers of last week', 0, 1), bullet('Release', 5)],
          covered: 2_400_000,
          total: 2_520_000,
          dropped: 1,
        },
      }
      if (request.method === 'GET') return json({ summaries: [made], writing: null })
      if (!drafted) return json({ summary: made }, 201)
      const open = { place: 'decisions', text: 'The review of the subtitle timing becomes' }
      const draft = { type: 'draft', body: { ...made.body, decisions: [], actions: [], topics: [] }, open }
      return lines([draft, { type: 'done', summary: made }])
    }
    if (/^\/api\/sessions\/[^/]+\/edits$/.test(pathname)) {
      const { utteranceId, text = '' } = (await request.json()) as { utteranceId: string; text?: string }
      const before = fourHours().transcript.utterances.find((each) => each.id === utteranceId)
      const committed = wordsOf(text, before?.start ?? 0, 'en')
      return json({
        kind: 'text',
        utterances: before ? [{ ...before, rev: 2, state: 'edited', committed }] : [],
        participants: [],
        undo: 'text',
        redo: null,
      })
    }
    if (/^\/api\/sessions\/[^/]+\/versions$/.test(pathname)) return json(textVersions())
    const one = /^\/api\/sessions\/([^/]+)$/.exec(pathname)
    if (one) {
      const known = past.find((each) => each.id === one[1]?.replace('held', 'a'))
      if (!known && one[1] === 'ses_big') return json(fourHours())
      if (!known) return missing()
      if (request.method === 'DELETE') return new Response(null, { status: 204 })
      if (request.method === 'PATCH')
        return json({ session: { ...known, ...((await request.json()) as object) } })
      at = 2_000
      const utterances = SCRIPT.map((_, index) => {
        const each = utterance(index, null)
        at = each.end + 900
        return each
      })
      return json({
        session: known,
        transcript: { participants: people, utterances, gaps: [], translations: [] },
        tracks: [],
        history: { undo: 'text', redo: null },
        marks: [],
      })
    }
    return missing()
  }

  return {
    url: server.url.href.replace(/\/$/, ''),
    tell,
    received,
    /** Says so many words, one every `ms`. */
    speak(words: number, ms: number) {
      let left = words
      const each = setInterval(() => {
        if (left-- <= 0) return clearInterval(each)
        sayWord()
      }, ms)
    },
    /** While deaf, no socket opens: the line is cut for good. */
    set deaf(value: boolean) {
      deaf = value
      if (deaf) for (const socket of sockets) socket.terminate()
    },
    /** Cuts every connection, as a network does. */
    cut() {
      for (const socket of sockets) socket.terminate()
    },
    async close() {
      if (timer) clearInterval(timer)
      await server.stop(true)
    },
  }
}

if (import.meta.main) {
  const mock = await startMock({
    port: Number(process.env.PORT ?? 8300),
    wordMs: Number(process.env.WORD_MS ?? 250),
  })
  console.log(mock.url)
}
