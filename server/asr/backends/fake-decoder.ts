/**
 * The scripted recogniser behind the AsrBackend port: for tests of streams, scheduler and worker processes. It reads
 * the time from the sound itself, so a test's audio must come from `markedAudio`.
 */
import { SAMPLES_PER_MS } from '../../core/audio.ts'
import { AppError } from '../../core/error.ts'
import type { AsrBackend, DecodeRequest, Decoder, Hypothesis, Token } from '../backend.ts'
import type { FakeScript, FakeWord } from './fake.ts'

/** Loud samples carry their own number in the mantissa: 0.5 + n · 2⁻²⁴, sign alternating; exact for about 8 minutes. */
const STEP = 2 ** -24
const MOST_SAMPLES = 2 ** 23

/** Sound in which the fake recogniser finds its place; silent where `speech` says nobody speaks. Times in ms. */
export function markedAudio(
  from: number,
  to: number,
  speech: [from: number, to: number][] = [[0, Infinity]],
) {
  const pcm = new Float32Array((to - from) * SAMPLES_PER_MS)
  for (let i = 0; i < pcm.length; i++) {
    const index = from * SAMPLES_PER_MS + i
    const ms = index / SAMPLES_PER_MS
    if (!speech.some(([start, end]) => ms >= start && ms < end)) continue
    const value = 0.5 + (index % MOST_SAMPLES) * STEP
    pcm[i] = index % 2 === 0 ? value : -value
  }
  return pcm
}

/** A stretch of a window that was recorded without a break: from `lo` to `hi` in it, which begins at `from`; all ms. */
interface Stretch {
  from: number
  lo: number
  hi: number
}

/** What a window of marked audio is made of: one stretch, or several if pauses were left out; none when it is all silent. */
function stretches(pcm: Float32Array): Stretch[] {
  if (markOf(pcm) === null) return []
  const found: Stretch[] = []
  let before = Number.NaN
  for (let i = 0; i < pcm.length; i++) {
    const level = Math.abs(pcm[i] as number)
    if (level < 0.5) continue
    const start = (level - 0.5) / STEP - i
    if ((start - before) % MOST_SAMPLES === 0) continue
    before = start
    const last = found.at(-1)
    if (last) last.hi = i / SAMPLES_PER_MS
    found.push({
      from: start / SAMPLES_PER_MS,
      lo: last ? i / SAMPLES_PER_MS : 0,
      hi: pcm.length / SAMPLES_PER_MS,
    })
  }
  return found
}

/** The absolute ms at which a window of marked audio begins; null when it is all silent. */
export function markOf(pcm: Float32Array): number | null {
  for (let i = 0; i < pcm.length; i++) {
    const level = Math.abs(pcm[i] as number)
    if (level >= 0.5) return ((level - 0.5) / STEP - i) / SAMPLES_PER_MS
  }
  return null
}

/** What a test may make it do besides its script. */
export interface FakeBehaviour {
  /** Called before each answer; may delay or throw. */
  before?: (request: DecodeRequest, signal?: AbortSignal) => Promise<void> | void
  /** Changes the answer. */
  after?: (hypothesis: Hypothesis, request: DecodeRequest) => Hypothesis
  forcedPrefix?: boolean
}

/** Times a word must lie inside the window before it is heard at all, and until its second half is guessed wrong. */
const HEARD = 40

export class FakeDecoder implements Decoder {
  readonly capabilities
  /** Everything that was asked. */
  readonly requests: DecodeRequest[] = []

  constructor(
    private script: FakeScript,
    private behaviour: FakeBehaviour = {},
  ) {
    this.capabilities = { forcedPrefix: behaviour.forcedPrefix ?? true, translate: true, languages: [] }
  }

  async decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    if (request.pcm.length === 0 || request.pcm.length > 480_000) {
      throw new AppError('invalid', 'A window holds between one sample and 30 s.')
    }
    this.requests.push(request)
    await this.behaviour.before?.(request, signal)
    signal?.throwIfAborted()
    const hypothesis = this.#hear(request)
    return this.behaviour.after?.(hypothesis, request) ?? hypothesis
  }

  async close(): Promise<void> {}

  #hear(request: DecodeRequest): Hypothesis {
    const window = request.pcm.length / SAMPLES_PER_MS
    const tokens: Token[] = []
    let language = request.language ?? 'en'
    for (const { from, lo, hi } of stretches(request.pcm)) {
      let index = 0
      for (const utterance of this.script.utterances) {
        for (const word of utterance.words) {
          index++
          if (word.end <= from + lo + HEARD || word.start >= from + hi - HEARD) continue
          tokens.push(tokenOf(word, index, from, hi))
          language = request.language ?? utterance.language ?? 'en'
        }
      }
    }
    const forced = this.capabilities.forcedPrefix ? request.prefix.length : 0
    const rest = tokens.slice(forced)
    return {
      tokens: rest,
      language,
      languageProbability: request.language ? 1 : 0.95,
      noSpeechProbability: tokens.length ? 0.01 : 0.95,
      averageLogProbability: tokens.length ? -0.1 : -1.5,
      stop: 'end',
      cost: { mel: 1, encode: window / 20, prompt: 1, decode: 1, cpu: window / 20 },
    }
  }
}

/** A word cut off by the end of the window is heard as its first half: that is what makes tails flicker. */
function tokenOf(word: FakeWord, id: number, from: number, window: number): Token {
  const cut = word.end > from + window
  return {
    id: cut ? id + 100_000 : id,
    text: ` ${cut ? word.text.slice(0, Math.ceil(word.text.length / 2)) : word.text}`,
    start: Math.max(0, word.start - from),
    end: Math.min(window, word.end - from),
    probability: cut ? 0.4 : 0.85,
  }
}

/** In worker processes: the script comes by the environment (`PARLEY_FAKE_SCRIPT`), and `crash:` words end the process. */
export const fake: AsrBackend = {
  name: 'fake',
  async load(options) {
    if (options.settings.fail) throw new AppError('unavailable', options.settings.fail)
    const { parseFakeScript } = await import('./fake.ts')
    const script = parseFakeScript(options.settings.script ?? '') ?? { utterances: [] }
    const slow = Number(options.settings.slow ?? 0)
    return new FakeDecoder(script, {
      before: async (request, signal) => {
        if (request.context.includes('crash now')) process.kill(process.pid, 'SIGSEGV')
        for (let waited = 0; waited < slow && !signal?.aborted; waited += 5) await Bun.sleep(5)
      },
    })
  },
}
