/** R5, S28: what a host or a full disk takes away while people speak: the meeting is deleted; the part of the disk kept back is reached. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkNumbers, sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import { fillTo, needsRoot, onTmpfs } from './disk-kit.ts'
import type { Fault } from './fault.ts'
import { createRoom, readKept, seeded, startNode } from './kit.ts'
import { holdMeeting, within } from './meeting.ts'

const COUNT = 40

/** The owner deletes the running meeting; whoever speaks goes on in a new one, and of the old one nothing is left. */
async function deletedInMidSpeech(seed: number) {
  const node = await startNode()
  try {
    const random = seeded(seed)
    const { id: room } = await createRoom(node.server.url)
    const speakers = [0, 1].map((i) => record({ url: node.proxy.url, room, name: `S${i}` }))
    await Promise.all(speakers.map((speaker) => speaker.until(() => speaker.client.status === 'open')))
    const recordings = speakers.map(({ client }) => client.record())
    const talking = recordings.map((recording, i) =>
      speak(recording, sayNumbers(i * 1000 + 1, i * 1000 + COUNT), 3),
    )
    await Bun.sleep(2000 + random() * 2000)
    const old = speakers[0]?.client.transcript.session?.id ?? ''
    const answer = await fetch(`${node.server.url}/api/sessions/${old}`, { method: 'DELETE' })
    const answered = await answer.text()
    await Promise.all(talking)
    const ends = await within(
      20_000,
      Promise.allSettled(recordings.map((recording) => recording.end())),
      'the recordings did not end',
    )
    const told = ends.every(
      (end) => end.status === 'rejected' && /meeting has ended/.test(String(end.reason)),
    )
    // Who goes on speaking speaks in a new meeting.
    const fresh = speakers.map(({ client }) => client.record())
    await Promise.all(
      fresh.map((recording, i) => speak(recording, sayNumbers(i * 1000 + 501, i * 1000 + 500 + COUNT), 4)),
    )
    await within(
      60_000,
      Promise.all(fresh.map((recording) => recording.end())),
      'the new recordings did not end',
    )
    for (const speaker of speakers) speaker.close()
    await node.server.stop()
    const kept = await readKept(node.directory)
    const said = (from: number) => checkNumbers(kept.utterances, from, from + COUNT - 1)
    const verdicts = speakers.map((_, i) => ({ old: said(i * 1000 + 1), fresh: said(i * 1000 + 501) }))
    const problems = [
      ...(answer.ok ? [] : [`deleting was answered ${answer.status} ${answered.slice(0, 100)}`]),
      ...(existsSync(join(node.directory, 'audio', old)) ? ['sound of the deleted meeting is left'] : []),
      ...(kept.tracks.some(({ sessionId }) => sessionId === old)
        ? ['rows of the deleted meeting are left']
        : []),
      ...(verdicts.some(({ old }) => old.missing.length < COUNT)
        ? ['words of the deleted meeting are left']
        : []),
      ...(told ? [] : ['the speakers were not told']),
      ...(kept.integrity === 'ok' ? [] : [kept.integrity]),
    ]
    const numbersMissing = verdicts.reduce((sum, { fresh }) => sum + fresh.missing.length, 0)
    const numbersDoubled = verdicts.reduce((sum, { fresh }) => sum + fresh.doubled.length, 0)
    return {
      numbersMissing,
      numbersDoubled,
      ok: problems.length + numbersMissing + numbersDoubled === 0,
      note:
        problems.join('; ') ||
        'nothing of it is left, the speakers were told; what they said then is a new meeting',
    }
  } finally {
    await node.dispose()
  }
}

export const takenFaults: Fault[] = [
  {
    id: 'S28',
    name: 'the meeting is deleted while two speak',
    runs: 1,
    longRuns: 5,
    run: deletedInMidSpeech,
  },
  {
    id: 'R5',
    name: 'the part of the disk that is kept back is reached in mid-meeting',
    runs: 1,
    longRuns: 3,
    missing: needsRoot,
    run: (seed) =>
      onTmpfs(256, async (directory) => {
        let told = ''
        const outcome = await holdMeeting({
          seed,
          numbers: 40,
          start: { directory },
          async disturb({ node, room, random }) {
            await Bun.sleep(1000 + random() * 1500)
            // A twentieth of this small disk is kept back: 12.8 MB.
            fillTo(join(directory, '..', 'filler'), 12_000_000, directory)
            const late = record({ url: node.server.url, room, name: 'Late' })
            late.client.record()
            await late.until(() => late.notices.length > 0, 15_000)
            told = late.notices[0]?.message ?? ''
            late.close()
          },
        })
        const clear = /disk is nearly full/.test(told)
        return {
          ...outcome,
          ok: outcome.ok && clear,
          note:
            outcome.note ||
            (clear
              ? 'running recordings went on; who wanted to begin one was told why not'
              : `told: ${told}`),
        }
      }),
  },
]
