/** The child process: loads a model or the voice detector, answers the server's messages, and ends when the server does. */
import { setPriority } from 'node:os'
import { toAppError } from '../core/error.ts'
import type { Decoder, VoiceDetector } from './backend.ts'
import { backends } from './backends/index.ts'
import type { FromWorker, LoadMessage, ToWorker } from './ipc.ts'

/** Runs until the server disconnects; never returns before that. */
export async function runWorker(): Promise<void> {
  if (!process.send) {
    process.stderr.write('parley worker is started by the server; run `parley` instead.\n')
    process.exit(2)
  }
  const send = (message: FromWorker) => void process.send?.(message)
  let role: { receive(message: ToWorker): void } | null = null
  process.on('disconnect', () => process.exit(0))
  // Ctrl+C, and the stop of many supervisors, reach the whole process group; the server decides when its workers end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('message', (message: ToWorker) => {
    if (message.type === 'ping') return send({ type: 'pong', at: message.at })
    if (message.type !== 'load') return role?.receive(message)
    lowerPriority(message.niceness)
    load(message, send).then(
      (loaded) => {
        role = loaded
      },
      (thrown) => {
        send({ type: 'unusable', message: toAppError(thrown).message })
        setTimeout(() => process.exit(3), 50) // time for the message to leave
      },
    )
  })
  await new Promise(() => {})
}

/** Recognition must never make the server's sockets, or anything else on the machine, wait. */
function lowerPriority(niceness: number): void {
  try {
    setPriority(niceness)
  } catch {
    // Not permitted in some containers: slower for others, but right.
  }
}

async function load(message: LoadMessage, send: (message: FromWorker) => void) {
  if (message.role === 'vad') {
    const { openVoiceDetector } = await import('./backends/silero.ts')
    const open = () => openVoiceDetector(message.libraryPath, message.modelPath)
    open().close() // fails now rather than at the first stream
    send({ type: 'ready', capabilities: null })
    return new VoiceRole(open, send)
  }
  const backend = await backends[message.backend]?.()
  if (!backend) throw new Error(`no backend ${message.backend}`)
  const decoder = await backend.load(message.options)
  send({ type: 'ready', capabilities: decoder.capabilities })
  return new DecodeRole(decoder, send)
}

class DecodeRole {
  #jobs = new Map<number, AbortController>()

  constructor(
    private decoder: Decoder,
    private send: (message: FromWorker) => void,
  ) {}

  receive(message: ToWorker): void {
    if (message.type === 'abort') this.#jobs.get(message.job)?.abort()
    if (message.type !== 'decode') return
    const { job, request } = message
    const controller = new AbortController()
    this.#jobs.set(job, controller)
    this.decoder
      .decode(request, controller.signal)
      .then(
        (hypothesis) => this.send({ type: 'hypothesis', job, hypothesis }),
        (thrown) => this.send(failure(job, thrown, controller.signal.aborted)),
      )
      .finally(() => this.#jobs.delete(job))
  }
}

class VoiceRole {
  #streams = new Map<number, VoiceDetector>()

  constructor(
    private open: () => VoiceDetector,
    private send: (message: FromWorker) => void,
  ) {}

  receive(message: ToWorker): void {
    if (message.type === 'vad-reset') this.#streams.get(message.stream)?.reset()
    if (message.type === 'vad-close') {
      this.#streams.get(message.stream)?.close()
      this.#streams.delete(message.stream)
    }
    if (message.type !== 'vad-detect') return
    const { job, stream, pcm } = message
    let detector = this.#streams.get(stream)
    if (!detector) {
      detector = this.open()
      this.#streams.set(stream, detector)
    }
    detector.detect(pcm).then(
      (values) => this.send({ type: 'probabilities', job, values }),
      (thrown) => this.send(failure(job, thrown, false)),
    )
  }
}

function failure(job: number, thrown: unknown, aborted: boolean): FromWorker {
  if (aborted) return { type: 'failed', job, code: 'unavailable', message: 'The decode was stopped.' }
  const { code, message } = toAppError(thrown)
  return { type: 'failed', job, code, message }
}
