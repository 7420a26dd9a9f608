/**
 * `bun run bench languages`: people who change language in mid-meeting, on the virtual clock: after how many utterances the new
 * language is found, and how often it flips where nobody changed.
 */
import { keep } from './cache.ts'
import { type Clip, clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, openRealEngine } from './engine.ts'
import { remember } from './remember.ts'
import { fixedCost, simulate } from './simulate.ts'

/** Clips in turn, each followed by a second of silence. */
const MEETINGS = [
  {
    allowed: ['de', 'en'],
    clips: 'en_lj027_0127 de_picovoice en_ls_2412_153948_0001 de_librivox_simplicissimus en_jfk',
  },
  {
    allowed: ['en', 'es'],
    clips: 'es_mls_13697 en_lj009_0038 en_sense_0870 es_librivox_veneno en_libritts_1089_134686',
  },
  {
    allowed: ['en', 'fr', 'it', 'pt'],
    clips: 'fr_picovoice it_picovoice pt_picovoice en_lj006_0114 fr_picovoice',
  },
  {
    allowed: [] as string[],
    clips: 'zh_aishell_0724W0121 en_jfk zh_BAC009S0764W0121 de_picovoice sv_nst_3 en_lj050_0131',
  },
]
/** No more of one clip than this, s. */
const MOST = 30

const engine = await openRealEngine()
try {
  const names = new Set(MEETINGS.flatMap(({ clips }) => clips.split(' ')))
  const known = new Map(clipsNamed(speechDirectory(), [...names].join()).map((clip) => [clip.id, clip]))
  const decoder = remember(engine.decoder, await answersFile())
  const play = async ({ allowed, clips: list }: (typeof MEETINGS)[number]) => {
    const clips = list.split(' ').flatMap((id) => known.get(id) ?? [])
    const { meeting, parts } = joined(clips)
    const { takes } = await simulate([[meeting]], {
      openDetector: engine.openDetector,
      decoder,
      costOf: fixedCost,
      options: { language: null, languages: allowed },
    })
    // What stands in the end: a refinement may have changed the language.
    const lines = new Map<string, { at: number; language: string; words: number }>()
    for (const { event } of takes[0]?.heard ?? []) {
      if (!('utterance' in event) || event.type === 'utterance-updated') continue
      const { id, start, end, language, committed } = event.utterance
      lines.set(id, { at: (start + end) / 2, language, words: committed.length })
    }
    const utterances = [...lines.values()].filter(({ words }) => words > 0)
    const found: number[] = []
    let flips = 0
    for (const { from, to, language } of parts) {
      const mine = utterances.filter(({ at }) => at >= from && at < to)
      const first = mine.findIndex((each) => each.language === language)
      found.push(first < 0 ? Number.POSITIVE_INFINITY : first + 1)
      if (first >= 0) flips += mine.slice(first).filter((each) => each.language !== language).length
      console.log(
        `  ${parts.map((part) => part.language).join(' ')}: ${language}: ${mine.map((each) => each.language).join(' ')}`,
      )
    }
    keep('languages', {
      allowed: allowed.join(', ') || 'all',
      changes: parts.map(({ language }) => language).join(' → '),
      'right from utterance (bar 2)': found.join(', '),
      flips: String(flips),
      utterances: String(utterances.length),
    })
  }
  await Promise.all(MEETINGS.map(play))
} finally {
  await engine.close()
}

function joined(clips: readonly Clip[]) {
  const parts: { from: number; to: number; language: string }[] = []
  const pcm: number[] = []
  for (const { language, pcm: all } of clips) {
    const from = pcm.length / 16
    for (const sample of all.subarray(0, MOST * 16_000)) pcm.push(sample)
    for (let i = 0; i < 16_000; i++) pcm.push(0)
    parts.push({ from, to: pcm.length / 16, language })
  }
  const meeting: Clip = {
    id: 'meeting',
    language: '',
    seconds: pcm.length / 16_000,
    trust: '',
    reference: '',
    pcm: Float32Array.from(pcm),
  }
  return { meeting, parts }
}
