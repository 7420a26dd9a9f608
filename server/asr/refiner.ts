/** The careful second pass: each final once more with beam search and full context, told only if the words differ. */

import { improve } from '../core/improve.ts'
import type { LanguageTracker } from '../core/language.ts'
import type { Ms } from '../core/transcript.ts'
import { toWords } from '../core/word.ts'
import { inBelievedLanguage, likelihood } from './believed.ts'
import { CAREFUL_PADDING, CAREFUL_TEMPERATURES, type CarefulAnswer, decodeCarefully } from './careful.ts'
import type { SpeechEvent, SpeechOptions, SpokenUtterance } from './speech-event.ts'
import type { StreamServices } from './stream-services.ts'

/** A careful pass should start so soon after its final, ms; later it competes with drafts (scheduler). */
const START_WITHIN = 10_000
/** Under overload a pass that waited longer is given up: the fast final stays. */
const GIVE_UP_AFTER = 30_000

/** So many passes are kept while the language is a first impression: they hold their sound. */
const MOST_PROVISIONAL = 3

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

interface Pass {
  task: RefineTask
  answer: CarefulAnswer
}

export class Refiner {
  #controller = new AbortController()
  /** Passes made while the speaker's language was a first impression: made again if it turns out to be another. */
  #provisional: Pass[] = []
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
    if (answer && task.context !== '' && answer.language !== task.spoken.language) {
      // After words in another language the recogniser would translate instead of write.
      const { languageProbability } = answer
      const again = await this.#decode(task, answer.language)
      answer = again && { ...again, languageProbability }
    }
    if (answer && detect)
      answer = await inBelievedLanguage(language, answer, task.voiced, (other) => this.#decode(task, other))
    if (!answer) return
    this.#compare(task, answer)
    if (!language.detects) return
    this.#provisional.push({ task, answer })
    await this.#reconsider(language)
  }

  /** What was said while the language was only guessed, once more in the one it turned out to be, if that makes the better text. */
  async #reconsider(tracker: LanguageTracker): Promise<void> {
    const { language, rules } = tracker
    const doubted = this.#provisional.filter(({ answer }) => answer.language !== language)
    this.#provisional = tracker.established ? [] : this.#provisional.slice(-MOST_PROVISIONAL)
    if (language === null) return
    for (const { task, answer } of doubted) {
      this.#provisional = this.#provisional.filter((pass) => pass.task !== task)
      const again = await this.#decode(task, language)
      if (!again || likelihood(again) - likelihood(answer) < rules.gain) continue
      this.#compare({ ...task, spoken: { ...task.spoken, language: answer.language } }, again)
    }
  }

  #decode(task: RefineTask, language: string | null): Promise<CarefulAnswer | null> {
    const { clock, scheduler, beamSize } = this.services
    const added = clock.now()
    const { languages, task: what, vocabulary } = task.options
    const before = language === null || language === task.spoken.language ? task.context : ''
    return decodeCarefully(task.pcm, task.speechEnd, before, (pcm, context, beam) =>
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

  #compare({ spoken, time, speechEnd }: RefineTask, answer: CarefulAnswer): void {
    const { language } = answer
    // A careful pass that hears nothing, or goes in circles, knows less than the final it should improve.
    if (answer.suppressed) return
    const words = improve(
      spoken.committed,
      toWords(answer.pieces, language, time),
      language !== spoken.language,
      time + speechEnd,
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
