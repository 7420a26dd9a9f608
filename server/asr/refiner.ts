/** The careful second pass: each final once more with beam search and full context, told only if the words differ. */

import { CAREFUL_CONTEXT, lastWords } from '../core/context.ts'
import { type Hesitation, hesitationIn, mayHideWords, withWordsBetween } from '../core/hesitation.ts'
import { confirms, improve, replaced, sureness } from '../core/improve.ts'
import { apart, joined } from '../core/joined.ts'
import type { LanguageTracker } from '../core/language.ts'
import { behind, type LeadIn, withoutLeadIn } from '../core/lead-in.ts'
import { judge } from '../core/suppression.ts'
import type { Ms, Word } from '../core/transcript.ts'
import { toWords } from '../core/word.ts'
import type { Arrival } from './arrival.ts'
import type { DecodeRequest, Hypothesis } from './backend.ts'
import { inBelievedLanguage, likelihood } from './believed.ts'
import { CAREFUL_PADDING, CAREFUL_TEMPERATURES, type CarefulAnswer, decodeCarefully } from './careful.ts'
import { Company } from './company.ts'
import type { SpeechEvent, SpeechOptions, SpokenUtterance } from './speech-event.ts'
import type { StreamServices } from './stream-services.ts'

/** A careful pass should start so soon after its final, ms; later it may have one worker while others speak (scheduler). */
const START_WITHIN = 3000
/** Of sound of the past (core/hurry.ts) first words come before second passes, ms. */
const BACKLOG_PASS_WITHIN = 60_000
/** A pass that waited longer is given up: the fast final stays as people have read it. */
const GIVE_UP_AFTER = 30_000

/**
 * A final surer than this, in natural logarithms a word, was never changed for the better by its second pass, of 226 finals of 46
 * English clips one; above the second, for when many speak, two were, of 28 words mended in all, for 44 % of the sound (NOTEBOOK).
 */
const SURE = { alone: -0.15, crowd: -0.3 }

/** Silence frames where only what stands between words counts: what too few do to the end of a text changes nothing (NOTEBOOK). */
const HESITANT_PADDING = 128

/** So many passes are kept while the language is a first impression: they hold their sound. */
const MOST_PROVISIONAL = 3

export interface RefineTask {
  /** The final as it was told last. */
  spoken: SpokenUtterance
  pcm: Float32Array
  /** Session time of the first sample. */
  time: Ms
  /** Where the last voice was heard, ms from the first sample. */
  speechEnd: Ms
  /** What was said before… */
  context: string
  /** …and is heard in front of it, in the same language. */
  lead: LeadIn | null
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
  #company: Company

  constructor(
    private room: string,
    private services: StreamServices,
    private emit: (event: SpeechEvent) => void,
    /** Whether the speaker has gone on after the newest final. */
    speaking: () => boolean,
    private arrival: Arrival,
  ) {
    const hear = (some: RefineTask[], together: RefineTask[], along: RefineTask[] = []) =>
      this.#run(this.#rehear(some, together, along))
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
    if (told && !unseen && !hesitation && sureness(committed) >= sure) return
    // Twenty seconds of sound are long for others who speak at the same time and wait for their words.
    const { clock, scheduler } = this.services
    const free = language.established && !scheduler.overload.atLeast('no-refine', clock.now())
    const doubted = this.#company.wants(task) && (free || unseen)
    if (doubted && !detect) return this.#company.wait(task)
    if (hesitation) return this.#hesitant(task, hesitation)
    await this.#alone(task, detect, doubted)
  }

  /** Hears what was left out between the words there are, token by token: a beam leaves out more. */
  async #hesitant(task: RefineTask, hesitation: Hesitation): Promise<void> {
    const { spoken, pcm, time } = task
    const { language, committed } = spoken
    const how = { padding: HESITANT_PADDING, beamSize: 1 }
    const what = { pcm, language, context: hesitation.prompt, prefix: [], ...how }
    const answer = await this.#ask(task, this.services.clock.now(), what)
    if (!answer) return
    const { pieces, suppressed } = judge(answer, pcm.length / 16, [], language)
    if (suppressed) return
    const heard = withWordsBetween(committed, toWords(pieces, language, time), hesitation)
    const words = improve(committed, heard, false, time + task.speechEnd)
    if (words) this.#tell(task, language, words)
  }

  /** `doubted`: not told unless it is in another language, but heard again in company. */
  async #alone(task: RefineTask, detect: boolean, doubted: boolean): Promise<void> {
    const { language } = task
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
    if (doubted && answer.language === task.spoken.language) return this.#company.wait(task)
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
    const last = together.at(-1) as RefineTask
    if (together.length === 1) return this.#alone(last, false, false)
    const { pcm, starts } = joined(together)
    const speechEnd = (starts.at(-1) as Ms) + last.speechEnd
    const task = { ...last, pcm, speechEnd, context: '', lead: null }
    const answer = await this.#decode(task, last.spoken.language)
    if (!answer || answer.suppressed) return
    const before = together.map(({ spoken }) => spoken.committed)
    const words = apart(toWords(answer.pieces, answer.language, 0), together, starts, before)
    for (const each of together) {
      if (!some.includes(each) && !along.includes(each)) continue
      const { committed } = each.spoken
      const heard = words[together.indexOf(each)] ?? []
      const better = some.includes(each) || confirms(committed, heard) ? replaced(committed, heard) : null
      if (better) this.#tell(each, answer.language, better)
    }
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
    const before = language === null || language === task.spoken.language ? task.context : ''
    const since = this.services.clock.now()
    return decodeCarefully(task.pcm, task.speechEnd, before, async (own, said, beam) => {
      const lead = own === task.pcm && language === task.spoken.language ? task.lead : null
      const answer = await this.#ask(task, since, {
        pcm: lead ? behind(lead, own) : own,
        language,
        context: lead ? lastWords(lead.context, CAREFUL_CONTEXT) : said,
        prefix: lead?.given ?? [],
        padding: CAREFUL_PADDING,
        beamSize: beam ? this.services.beamSize : 1,
      })
      return answer && lead ? withoutLeadIn(answer, lead) : answer
    })
  }

  /** Wanted since then; null when it is no longer. */
  #ask(
    { spoken, options }: RefineTask,
    since: number,
    what: Pick<DecodeRequest, 'pcm' | 'language' | 'context' | 'prefix' | 'padding' | 'beamSize'>,
  ): Promise<Hypothesis | null> {
    const { pcm, language, context, prefix, padding, beamSize } = what
    const optional = spoken.committed.length > 0
    const { languages, task, vocabulary } = options
    const { backlog } = this.arrival
    return this.services.scheduler.run({
      kind: 'refine',
      optional,
      backlog,
      room: this.room,
      deadline: since + (backlog ? BACKLOG_PASS_WITHIN : START_WITHIN),
      until: optional ? since + GIVE_UP_AFTER : undefined,
      windowMs: pcm.length / 16,
      signal: this.#controller.signal,
      prepare: (threads) => ({
        kind: 'refine',
        pcm,
        language,
        languages,
        task,
        vocabulary,
        context,
        prefix,
        draft: [],
        padding,
        beamSize,
        temperatures: CAREFUL_TEMPERATURES,
        threads,
      }),
    })
  }

  #compare(task: RefineTask, answer: CarefulAnswer): void {
    const { spoken, time, speechEnd } = task
    const { language } = answer
    // A careful pass that hears nothing, or goes in circles, knows less than the final it should improve.
    if (answer.suppressed) return
    const { committed } = spoken
    const heard = toWords(answer.pieces, language, time)
    const words =
      committed.length === 0
        ? replaced(committed, heard)
        : improve(committed, heard, language !== spoken.language, time + speechEnd)
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
