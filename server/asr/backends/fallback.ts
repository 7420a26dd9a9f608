/** A remote recogniser with the embedded one behind it: what the first cannot answer in time the second decodes, so that no words wait. */
import { AppError } from '../../core/error.ts'
import type { Log } from '../../log.ts'
import type { DecodeKind, DecodeRequest, Decoder, Hypothesis } from '../backend.ts'

/** How long the remote one may take, its own retries included, ms: live words are worth less and less while they wait. */
const PATIENCE: Record<DecodeKind, number> = { draft: 4000, final: 8000, refine: 30_000 }
/** After a failure the remote one rests so long, doubling, before it is tried again, ms. */
const REST = { first: 10_000, most: 300_000 }

export interface FallbackParts {
  remote: Decoder
  spare: Decoder
  log: Log
  /** ms, monotonic. */
  now?: () => number
  patience?: Record<DecodeKind, number>
}

export class FallbackDecoder implements Decoder {
  readonly #parts: Required<FallbackParts>
  /** Until when the remote one rests; 0 = it works. */
  #restUntil = 0
  #rest = REST.first
  #probing = false
  /** Why words come from the spare one now, for people; empty while all is well. */
  detail = ''

  constructor(parts: FallbackParts) {
    this.#parts = { now: () => performance.now(), patience: PATIENCE, ...parts }
  }

  get capabilities() {
    return this.#parts.remote.capabilities
  }

  async decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    if (!this.#mayAsk()) return this.#here(request, signal)
    const { remote, patience } = this.#parts
    const trial = this.detail !== ''
    if (trial) this.#probing = true
    const limit = AbortSignal.timeout(patience[request.kind])
    try {
      const answer = await remote.decode(request, signal ? AbortSignal.any([signal, limit]) : limit)
      this.#recovered()
      return answer
    } catch (thrown) {
      // The caller has lost interest: that says nothing about the server.
      signal?.throwIfAborted()
      if (thrown instanceof AppError && thrown.code === 'invalid') throw thrown
      this.#failed(limit.aborted ? 'did not answer in time' : reason(thrown), isLasting(thrown))
      return this.#here(request, signal)
    } finally {
      if (trial) this.#probing = false
    }
  }

  async close(): Promise<void> {
    // The spare one belongs to an engine of its own.
    await this.#parts.remote.close()
  }

  /** After its rest one request at a time tries the remote one. */
  #mayAsk(): boolean {
    if (this.detail === '') return true
    return !this.#probing && this.#parts.now() >= this.#restUntil
  }

  /** Committed words are no tokens of the other model: it hears the window afresh, and agreement goes on from there. */
  #here(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    return this.#parts.spare.decode({ ...request, prefix: [], draft: [] }, signal)
  }

  #failed(why: string, lasting: boolean): void {
    const { log, now } = this.#parts
    if (this.detail === '') log.warn('recognising here: the other recogniser failed', { reason: why })
    if (lasting) this.#rest = REST.most
    this.detail = `The other recogniser ${why}; this machine recognises meanwhile.`
    this.#restUntil = now() + this.#rest
    this.#rest = Math.min(REST.most, this.#rest * 2)
  }

  #recovered(): void {
    if (this.detail !== '') this.#parts.log.info('the other recogniser answers again')
    this.detail = ''
    this.#rest = REST.first
  }
}

/** A refused key or an address without this service does not heal within seconds. */
function isLasting(thrown: unknown): boolean {
  return thrown instanceof AppError && (thrown.code === 'unauthorized' || thrown.code === 'unsupported')
}

function reason(thrown: unknown): string {
  if (!(thrown instanceof AppError)) return 'failed'
  // Our sentences begin with "The transcription service …".
  return thrown.message.replace(/^The transcription service /, '').replace(/\.$/, '')
}
