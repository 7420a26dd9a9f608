/** What a second pass hears of a speaker: one utterance, several in one, or token by token; each asked of the scheduler. */
import { CAREFUL_CONTEXT, lastWords } from '../core/context.ts'
import { apart, joined } from '../core/joined.ts'
import type { LanguageTracker } from '../core/language.ts'
import { behind, type LeadIn, withoutLeadIn } from '../core/lead-in.ts'
import { judge } from '../core/suppression.ts'
import type { Ms, Word } from '../core/transcript.ts'
import { toWords } from '../core/word.ts'
import type { Arrival } from './arrival.ts'
import type { DecodeRequest, Hypothesis } from './backend.ts'
import { CAREFUL_PADDING, CAREFUL_TEMPERATURES, type CarefulAnswer, decodeCarefully } from './careful.ts'
import type { SpeechOptions, SpokenUtterance } from './speech-event.ts'
import type { StreamServices } from './stream-services.ts'

/** A careful pass should start so soon after its final, ms; later it may have one worker while others speak (scheduler). */
const START_WITHIN = 3000
/** Of sound of the past (core/hurry.ts) first words come before second passes, ms. */
const BACKLOG_PASS_WITHIN = 60_000
/** A pass that waited longer is given up: the fast final stays as people have read it. */
const GIVE_UP_AFTER = 30_000

/** Silence frames where only what stands between words counts: what too few do to the end of a text changes nothing (NOTEBOOK). */
const HESITANT_PADDING = 128

export interface RefineTask {
  /** The final as it was told last. */
  spoken: SpokenUtterance
  pcm: Float32Array
  /** Session time of the first sample. */
  time: Ms
  /** Where the last voice was heard, ms from the first sample. */
  speechEnd: Ms
  /** Session time up to which people can have read on when the final was told. */
  readUntil: Ms
  /** What was said before… */
  context: string
  /** …and is heard in front of it, in the same language. */
  lead: LeadIn | null
  language: LanguageTracker
  /** Voiced sound in it, ms. */
  voiced: number
  options: SpeechOptions
}

export class SecondHearing {
  constructor(
    private room: string,
    private services: StreamServices,
    private signal: AbortSignal,
    private arrival: Arrival,
  ) {}

  /** Carefully, in this language (null = detected). Null when it is no longer wanted. */
  alone(task: RefineTask, language: string | null): Promise<CarefulAnswer | null> {
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

  /** What is heard when pieces of speech are one sound, by piece. */
  async inOne(
    together: readonly RefineTask[],
    context: string,
  ): Promise<{ language: string; words: Word[][] } | null> {
    const last = together.at(-1) as RefineTask
    const { pcm, starts } = joined(together)
    const speechEnd = (starts.at(-1) as Ms) + last.speechEnd
    const answer = await this.alone({ ...last, pcm, speechEnd, context, lead: null }, last.spoken.language)
    if (!answer || answer.suppressed) return null
    const { language, pieces } = answer
    const before = together.map(({ spoken }) => spoken.committed)
    return { language, words: apart(toWords(pieces, language, 0), together, starts, before) }
  }

  /** Token by token, behind a prompt: a beam leaves out more. */
  async tokenByToken(task: RefineTask, prompt: string): Promise<Word[] | null> {
    const { spoken, pcm, time } = task
    const { language } = spoken
    const how = { padding: HESITANT_PADDING, beamSize: 1 }
    const what = { pcm, language, context: prompt, prefix: [], ...how }
    const answer = await this.#ask(task, this.services.clock.now(), what)
    if (!answer) return null
    const { pieces, suppressed } = judge(answer, pcm.length / 16, [], language)
    return suppressed ? null : toWords(pieces, language, time)
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
      signal: this.signal,
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
}
