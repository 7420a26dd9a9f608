/** The careful second pass: each final once more with beam search and full context, told only if the words differ. */

import { type Hesitation, hesitationIn, mayHideWords, withWordsBetween } from '../core/hesitation.ts'
import { confirms, improve, replaced, sureness } from '../core/improve.ts'
import type { LanguageTracker } from '../core/language.ts'
import { doubledAt, saidOnceAt } from '../core/seam.ts'
import type { Ms, Word } from '../core/transcript.ts'
import { toWords } from '../core/word.ts'
import type { Arrival } from './arrival.ts'
import { inBelievedLanguage, likelihood } from './believed.ts'
import type { CarefulAnswer } from './careful.ts'
import { Company } from './company.ts'
import { type RefineTask, SecondHearing } from './second-hearing.ts'
import type { SpeechEvent } from './speech-event.ts'
import type { StreamServices } from './stream-services.ts'

/**
 * A final surer than this, in natural logarithms a word, was never changed for the better by its second pass, of 226 finals of 46
 * English clips one; above the second, for when many speak, two were, of 28 words mended in all, for 44 % of the sound (NOTEBOOK).
 */
const SURE = { alone: -0.15, crowd: -0.3 }

/** So many passes are kept while the language is a first impression: they hold their sound. */
const MOST_PROVISIONAL = 3

interface Pass {
  task: RefineTask
  answer: CarefulAnswer
}

export class Refiner {
  #controller = new AbortController()
  /** Passes made while the speaker's language was a first impression: made again if it turns out to be another. */
  #provisional: Pass[] = []
  #running = new Set<Promise<void>>()
  #company: Company
  #hearing: SecondHearing

  constructor(
    room: string,
    private services: StreamServices,
    private emit: (event: SpeechEvent) => void,
    /** Whether the speaker has gone on after the newest final. */
    speaking: () => boolean,
    arrival: Arrival,
  ) {
    const hear = (some: RefineTask[], together: RefineTask[], along: RefineTask[] = []) =>
      this.#run(this.#rehear(some, together, along))
    this.#hearing = new SecondHearing(room, services, this.#controller.signal, arrival)
    this.#company = new Company(services.clock, speaking, () => services.scheduler.amongMany, hear)
  }

  add(task: RefineTask): void {
    this.#company.pass(task)
    this.#run(this.#refine(task))
    this.#company.look()
  }

  /** Resolves when every pass added so far is over, or after `patience` ms (null = however long it takes). */
  async settled(patience: Ms | null): Promise<void> {
    const over = this.#over()
    if (patience === null) return over
    await new Promise<void>((resolve) => {
      const cancel = this.services.clock.after(patience, resolve)
      over.then(() => {
        cancel()
        resolve()
      })
    })
  }

  async #over(): Promise<void> {
    this.#company.flush()
    while (this.#running.size > 0) {
      await Promise.all(this.#running)
      this.#company.flush()
    }
  }

  #run(pass: Promise<void>): void {
    const run = pass.catch(() => {}) // the fast final stays
    this.#running.add(run)
    run.finally(() => this.#running.delete(run))
  }

  close(): void {
    this.#company.close()
    this.#controller.abort(new DOMException('stream closed', 'AbortError'))
  }

  async #refine(task: RefineTask): Promise<void> {
    const { language } = task
    // The careful pass is also where a change of language is noticed: it costs one row of logits.
    const detect = language.detects && task.voiced >= language.rules.minVoiced
    // Of what nobody has seen nothing can become worse.
    const unseen = task.spoken.committed.length === 0
    // Words in the wrong language are never so sure (LG7).
    const told = !detect || language.established
    const crowd = this.services.scheduler.amongMany && !detect
    const { committed } = task.spoken
    // Drafts twice a second hold on to what is said twice, those of a crowd do not, and finals write it once.
    const mayHide = crowd && task.options.task === 'transcribe' && mayHideWords(committed)
    const hesitation = mayHide ? hesitationIn(task.spoken.language) : null
    const sure = crowd ? SURE.crowd : SURE.alone
    // Twenty seconds of sound are long for others who speak at the same time and wait for their words.
    const { clock, scheduler } = this.services
    const free = language.established && !scheduler.overload.atLeast('no-refine', clock.now())
    const idle = free && !scheduler.amongMany && !scheduler.backlogged
    const near = idle && !unseen ? this.#company.before(task) : []
    const doubled = doubledAt(near.at(-1)?.spoken.committed ?? [], committed) > 0
    if (told && !unseen && !hesitation && !doubled && sureness(committed) >= sure) return
    const doubted = this.#company.wants(task) && (free || unseen)
    if (doubted && !detect) return this.#company.wait(task)
    if (hesitation) return this.#hesitant(task, hesitation)
    const before = doubled || !task.lead ? near : []
    if (before.length > 0 && !detect) return this.#behind([...before, task])
    await this.#alone(task, detect, doubted, before)
  }

  /** Hears what was left out between the words there are, token by token: a beam leaves out more. */
  async #hesitant(task: RefineTask, hesitation: Hesitation): Promise<void> {
    const { language, committed } = task.spoken
    const heard = await this.#hearing.tokenByToken(task, hesitation.prompt)
    if (!heard) return
    const found = withWordsBetween(committed, heard, hesitation)
    const words = improve(committed, found, false, task.readUntil)
    if (words) this.#tell(task, language, words)
  }

  /** Unless it is in another language, what is doubted is not told but heard again in company, and the rest with what was said `before`. */
  async #alone(
    task: RefineTask,
    detect: boolean,
    doubted: boolean,
    before: readonly RefineTask[],
  ): Promise<void> {
    const { language } = task
    let answer = await this.#hearing.alone(task, detect ? null : task.spoken.language)
    if (answer && task.context !== '' && answer.language !== task.spoken.language) {
      // After words in another language the recogniser would translate instead of write.
      const { languageProbability } = answer
      const again = await this.#hearing.alone(task, answer.language)
      answer = again && { ...again, languageProbability }
    }
    if (answer && detect)
      answer = await inBelievedLanguage(language, answer, task.voiced, (other) =>
        this.#hearing.alone(task, other),
      )
    if (!answer) return
    const same = answer.language === task.spoken.language
    if (doubted && same) return this.#company.wait(task)
    if (before.length > 0 && same) return this.#behind([...before, task])
    this.#compare(task, answer)
    if (!language.detects) return
    this.#provisional.push({ task, answer })
    await this.#reconsider(language)
  }

  /** Some utterances once more, in one with what was said around them. */
  async #rehear(
    some: readonly RefineTask[],
    together: readonly RefineTask[],
    along: readonly RefineTask[],
  ): Promise<void> {
    if (together.length === 1) return this.#alone(together[0] as RefineTask, false, false, [])
    const heard = await this.#hearing.inOne(together, '')
    if (!heard) return
    const told = together.map(({ spoken }) => spoken.committed)
    for (const [i, each] of together.entries()) {
      if (!some.includes(each) && !along.includes(each)) continue
      const [committed, words] = [saidOnceAt(i, told, heard.words), heard.words[i] ?? []]
      const better = some.includes(each) || confirms(committed, words) ? replaced(committed, words) : null
      this.#tellIfNew(each, heard.language, better ?? committed)
    }
  }

  /** The last of `together`, with what its speaker said just before: cut out of a sentence its beginning is misheard. */
  async #behind(together: readonly RefineTask[]): Promise<void> {
    const heard = await this.#hearing.inOne(together, together[0]?.context ?? '')
    if (!heard) return
    const told = together.map(({ spoken }) => spoken.committed)
    for (const [i, each] of together.entries()) {
      if (i < together.length - 2) continue
      const committed = saidOnceAt(i, told, heard.words)
      const own = i === together.length - 1 ? heard.words[i] : undefined
      const better = own && improve(committed, own, false, each.readUntil)
      this.#tellIfNew(each, heard.language, better ?? committed)
    }
  }

  #tellIfNew(task: RefineTask, language: string, words: readonly Word[]): void {
    if (words !== task.spoken.committed) this.#tell(task, language, [...words])
  }

  /** What was said while the language was only guessed, once more in the one it turned out to be, if that makes the better text. */
  async #reconsider(tracker: LanguageTracker): Promise<void> {
    const { language, rules } = tracker
    const doubted = this.#provisional.filter(({ answer }) => answer.language !== language)
    this.#provisional = tracker.established ? [] : this.#provisional.slice(-MOST_PROVISIONAL)
    if (language === null) return
    for (const { task, answer } of doubted) {
      this.#provisional = this.#provisional.filter((pass) => pass.task !== task)
      const again = await this.#hearing.alone(task, language)
      if (!again || likelihood(again) - likelihood(answer) < rules.gain) continue
      this.#compare({ ...task, spoken: { ...task.spoken, language: answer.language } }, again)
    }
  }

  #compare(task: RefineTask, answer: CarefulAnswer): void {
    const { spoken, time, readUntil } = task
    const { language } = answer
    // A careful pass that hears nothing, or goes in circles, knows less than the final it should improve.
    if (answer.suppressed) return
    const { committed } = spoken
    const heard = toWords(answer.pieces, language, time)
    const words =
      committed.length === 0
        ? replaced(committed, heard)
        : improve(committed, heard, language !== spoken.language, readUntil)
    if (words) this.#tell(task, language, words)
  }

  #tell(task: RefineTask, language: string, words: Word[]): void {
    const { spoken } = task
    const start = words[0]?.start ?? spoken.start
    const end = words.at(-1)?.end ?? spoken.end
    task.spoken = { ...spoken, language, start, end, committed: words, pending: [] }
    // What nobody has seen yet is a final, if a late one.
    const type = spoken.committed.length === 0 ? 'utterance-finished' : 'utterance-refined'
    this.emit({ type, utterance: task.spoken })
  }
}
