/** R46: there is space on the disk and no more files can be made: who speaks already goes on, who begins waits with their sound. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkNumbers, sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import { needsRoot, onTmpfs } from './disk-kit.ts'
import type { Fault } from './fault.ts'
import { compare, createRoom, readKept, startNode } from './kit.ts'
import { type Outcome, within } from './meeting.ts'

const COUNT = 40
const FILES = 120
/** How long no file can be made, ms. */
const WITHOUT = 6_000

/** Makes files until no more can be made; returns the function that removes them. */
function takeEveryFile(directory: string): () => void {
  mkdirSync(directory)
  try {
    for (let i = 0; i < FILES * 2; i++) writeFileSync(join(directory, String(i)), '')
  } catch {
    // None is left.
  }
  return () => rmSync(directory, { recursive: true })
}

async function noFiles(directory: string): Promise<Partial<Outcome>> {
  const node = await startNode({ directory })
  try {
    const { id: room } = await createRoom(node.server.url)
    const enter = (name: string) => record({ url: node.proxy.url, room, name })
    const [first, late] = [enter('First'), enter('Late')]
    for (const each of [first, late]) await each.until(() => each.client.status === 'open')
    const sounds = [sayNumbers(1, COUNT), sayNumbers(1001, 1000 + COUNT)] as const
    const recording = first.client.record()
    const talking = speak(recording, sounds[0], 2)
    await first.until(() => recording.acknowledged > 0)
    const free = takeEveryFile(join(directory, '..', 'files'))
    const before = recording.acknowledged
    const second = late.client.record()
    const talkingToo = speak(second, sounds[1], 2)
    await Bun.sleep(WITHOUT)
    const wentOn = recording.acknowledged > before
    const told = late.notices.some(({ code }) => code === 'storage')
    const early = second.acknowledged
    free()
    await Promise.all([talking, talkingToo])
    await within(60_000, Promise.all([recording.end(), second.end()]), 'the recordings did not end')
    for (const each of [first, late]) each.close()
    await node.server.stop()
    const kept = await readKept(node.directory)
    const sent = new Map([recording, second].map((each, i) => [each.stream, sounds[i] as Uint8Array]))
    const losses = compare(kept, [first, late], sent)
    const said = [checkNumbers(kept.utterances, 1, COUNT), checkNumbers(kept.utterances, 1001, 1000 + COUNT)]
    const numbersMissing = said.reduce((sum, { missing }) => sum + missing.length, 0)
    const numbersDoubled = said.reduce((sum, { doubled }) => sum + doubled.length, 0)
    const lost = Object.values(losses).reduce((sum, each) => sum + each, numbersMissing + numbersDoubled)
    return {
      ...losses,
      numbersMissing,
      numbersDoubled,
      gaps: kept.gaps,
      ok: lost + kept.gaps === 0 && wentOn && told && early === 0,
      note: `${wentOn ? 'who spoke went on' : 'who spoke did not go on'}; who began was ${told ? 'told' : 'not told'}`,
    }
  } finally {
    await node.dispose()
  }
}

export const inodeFaults: Fault[] = [
  {
    id: 'R46',
    name: 'no more files can be made (inodes) when a second speaker begins, then some again',
    runs: 1,
    longRuns: 5,
    missing: needsRoot,
    run: () => onTmpfs(64, noFiles, `,nr_inodes=${FILES}`),
  },
]
