/** One peer hears the same playlist on the same clock; its text becomes the same figures. */
import { asSpoken, meterOf, type Part } from '../live.ts'
import { measure } from '../measure.ts'
import type { Heard } from '../play.ts'
import type { RunFigures } from '../table.ts'
import type { Peer } from './systems.ts'
import type { LiveText } from './texts.ts'

/** A system that is behind is given silence and time to catch up: until its text has stood still for so long, ms… */
const STILL = 8000
/** …but no longer than this after the last word. */
const PATIENCE = 75_000

export async function measurePeer(peer: Peer, { clip, gold }: Part): Promise<RunFigures> {
  const texts: { at: number; text: LiveText }[] = []
  const line = await peer.connect((text) => texts.push({ at: performance.now(), text }))
  // What it does when idle, and what loading cost, is not counted.
  await Bun.sleep(2000)
  const meter = meterOf(peer.process.pid)
  texts.length = 0
  const began = performance.now()
  await asSpoken(clip.pcm, (frame) => line.write(frame))
  const over = performance.now()
  const changed = () => changeTimes(texts).at(-1) ?? 0
  // A server that knows an end signal finishes on it; the other one needs the microphone to stay open.
  if (peer.saysEnd) await line.end()
  else {
    const quiet = new Float32Array((PATIENCE + 1000) * 16)
    const done = () => {
      const now = performance.now()
      return now - over > PATIENCE || now - Math.max(over, changed()) > STILL
    }
    await asSpoken(quiet, (frame) => line.write(frame), done)
    await line.end()
  }
  const used = meter.stop()
  line.close()
  const heard = texts.flatMap(({ at, text }, index) => asEvents(at - began, text, index === texts.length - 1))
  return { figures: [measure({ clip, heard }, gold)], audioSeconds: clip.seconds, ...used, lostSeconds: 0 }
}

/** What the system calls done is a final, the rest a draft beside it; with the last message everything is final. */
function asEvents(at: number, { committed, pending }: LiveText, last: boolean): Heard[] {
  const word = (text: string) => (text ? [{ text, start: 0, end: 0, probability: 1 }] : [])
  const line = { end: 0, language: 'en' }
  const done = {
    ...line,
    id: 'done',
    start: 0,
    committed: word(last ? `${committed} ${pending}` : committed),
    pending: [],
  }
  const open = { ...line, id: 'open', start: 1, committed: [], pending: last ? [] : word(` ${pending}`) }
  return [
    { at, event: { type: 'utterance-finished', utterance: done } },
    { at, event: { type: 'utterance-updated', utterance: open } },
  ]
}

function changeTimes(texts: readonly { at: number; text: LiveText }[]): number[] {
  return texts
    .filter(({ text }, index) => {
      const before = texts[index - 1]?.text
      return before?.committed !== text.committed || before.pending !== text.pending
    })
    .map(({ at }) => at)
}
