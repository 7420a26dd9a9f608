/** The careful second pass: each final once more with beam search and full context, told only if the words differ. */

import { improve } from '../core/improve.ts'
import type { LanguageTracker } from '../core/language.ts'
import type { Ms } from '../core/transcript.ts'
import { toWords } from '../core/word.ts'
import { CAREFUL_PADDING, CAREFUL_TEMPERATURES, type CarefulAnswer, decodeCarefully } from './careful.ts'
import type { SpeechEvent, SpeechOptions, SpokenUtterance } from './speech-event.ts'
import type { StreamServices } from './stream-services.ts'

/** A careful pass should start so soon after its final, ms; later it competes with drafts (scheduler). */
const START_WITHIN = 10_000
/** Under overload a pass that waited longer is given up: the fast final stays. */
const GIVE_UP_AFTER = 30_000

export interface RefineTask {
  /** The fast final. */
  spoken: SpokenUtterance
  pcm: Float32Array
  /** Session time of the first sample. */
  time: Ms
  /** Where the last voice was heard, ms from the first sample. */
  speechEnd: Ms
  /** What was said before. */
  context: string
  language: LanguageTracker
  /** Voiced sound in it, ms. */
  voiced: number
  options: SpeechOptions
}

export class Refiner {
  #controller = new AbortController()
  #running = new Set<Promise<void>>()

  constructor(
    private room: string,
    private services: StreamServices,
    private emit: (event: SpeechEvent) => void,
  ) {}

  add(task: RefineTask): void {
    const run = this.#refine(task).catch(() => {}) // the fast final stays
    this.#running.add(run)
    run.finally(() => this.#running.delete(run))
  }

  /** Resolves when every pass added so far is over. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  close(): void {
    this.#controller.abort(new DOMException('stream closed', 'AbortError'))
  }

  async #refine(task: RefineTask): Promise<void> {
    const { language } = task
    // The careful pass is also where a change of language is noticed: it costs one row of logits.
    const detect = language.detects && task.voiced >= language.rules.minVoiced
    let answer = await this.#decode(task, detect ? null : task.spoken.language)
    if (answer && detect) answer = await this.#believed(task, answer)
    if (answer) this.#compare(task, answer)
  }

  /** The answer in the language this speaker is taken to speak; a new one has to make the better text of the same sound. */
  async #believed(task: RefineTask, found: CarefulAnswer): Promise<CarefulAnswer | null> {
    const { language: tracker, voiced } = task
    const { language, languageProbability: probability } = found
    const spoken = tracker.language
    if (spoken === null || language === spoken || !tracker.allows(language)) {
      tracker.heard({ language, probability, voiced })
      return language === (tracker.language ?? language) ? found : this.#decode(task, tracker.language)
    }
    const usual = await this.#decode(task, spoken)
    if (!usual) return null
    const gain = found.averageLogProbability - usual.averageLogProbability
    return tracker.heard({ language, probability, voiced, gain }) ? found : usual
  }

  #decode(task: RefineTask, language: string | null): Promise<CarefulAnswer | null> {
    const { clock, scheduler, beamSize } = this.services
    const added = clock.now()
    const { languages, task: what, vocabulary } = task.options
    return decodeCarefully(task.pcm, task.speechEnd, task.context, (pcm, context, beam) =>
      scheduler.run({
        kind: 'refine',
        room: this.room,
        deadline: added + START_WITHIN,
        windowMs: pcm.length / 16,
        signal: this.#controller.signal,
        prepare: (threads) => {
          const now = clock.now()
          if (now - added > GIVE_UP_AFTER && scheduler.overload.atLeast('no-refine', now)) return null
          return {
            kind: 'refine',
            pcm,
            language,
            languages,
            task: what,
            vocabulary,
            context,
            prefix: [],
            draft: [],
            padding: CAREFUL_PADDING,
            beamSize: beam ? beamSize : 1,
            temperatures: CAREFUL_TEMPERATURES,
            threads,
          }
        },
      }),
    )
  }

  #compare({ spoken, time }: RefineTask, answer: CarefulAnswer): void {
    const { language } = answer
    // A careful pass that hears nothing, or goes in circles, knows less than the final it should improve.
    if (answer.suppressed) return
    const words = improve(
      spoken.committed,
      toWords(answer.pieces, language, time),
      language !== spoken.language,
    )
    if (!words) return
    const start = words[0]?.start ?? spoken.start
    const end = words.at(-1)?.end ?? spoken.end
    this.emit({
      type: 'utterance-refined',
      utterance: { ...spoken, language, start, end, committed: words, pending: [] },
    })
  }
}
