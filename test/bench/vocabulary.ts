/**
 * `bun run bench vocabulary`: a reading full of rare names, on the virtual clock, without and with the room's vocabulary. The
 * vocabulary also holds names of the same kind that nobody says: each of them in the text is an invention.
 */
import { keep } from './cache.ts'
import { clipsNamed, speechDirectory } from './clips.ts'
import { answersFile, openRealEngine } from './engine.ts'
import { remember } from './remember.ts'
import { finalLines } from './screen.ts'
import { fixedCost, simulate } from './simulate.ts'

/** What is said in the last part of the clip, and how often. */
const SAID = [
  'Maintz',
  'Schoeffer',
  'Schoeffer',
  'Strasburg',
  'Basle',
  'Lubeck',
  'Sweynheim',
  'Pannartz',
  'Subiaco',
]
const UNSAID = ['Froben', 'Plantin', 'Aldus Manutius', 'Kelmscott', 'Caxton', 'Zainer', 'Koberger', 'Ratdolt']
/** Seconds from the clip's end: the names stand there. */
const PART = 75

const [clip] = clipsNamed(speechDirectory(), 'en_lj001_chapter')
if (!clip) throw new Error('This needs en_lj001_chapter.wav of the larger collection (--directory).')
const part = { ...clip, seconds: PART, pcm: clip.pcm.slice(-PART * 16_000) }
const terms = [...new Set(SAID), ...UNSAID].sort()
const engine = await openRealEngine()
try {
  const decoder = remember(engine.decoder, await answersFile())
  const { openDetector } = engine
  const runs = { none: '', 'said and unsaid names': terms.join(', '), 'unsaid names only': UNSAID.join(', ') }
  await Promise.all(
    Object.entries(runs).map(async ([name, vocabulary]) => {
      const { takes } = await simulate([[part]], {
        decoder,
        openDetector,
        costOf: fixedCost,
        options: { vocabulary },
      })
      const heard = takes[0]?.heard ?? []
      const text = finalLines(heard)
        .flatMap((words) => words.map((word) => word.text))
        .join('')
      const fast = heard
        .flatMap(({ event }) => (event.type === 'utterance-finished' ? event.utterance.committed : []))
        .map((word) => word.text)
        .join('')
      keep('vocabulary', {
        vocabulary: name,
        'names right, refined': `${right(text)} of ${SAID.length}`,
        'names right, fast': `${right(fast)} of ${SAID.length}`,
        invented: UNSAID.filter((term) => text.includes(term)).join(', ') || '0',
      })
      console.log(text)
    }),
  )
} finally {
  await engine.close()
}

/** How many of the said names stand in the text, each as often as it was said at most. */
function right(text: string): number {
  return [...new Set(SAID)].reduce((sum, term) => {
    const said = SAID.filter((each) => each === term).length
    return sum + Math.min(said, text.split(new RegExp(`\\b${term}\\b`)).length - 1)
  }, 0)
}
