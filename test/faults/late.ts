/** R39: sound that comes too late: the meeting was ended, or the link withdrawn, while its speaker was cut off. Nothing of it vanishes unseen. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { chromiumPath } from '../helpers/browser.ts'
import { checkNumbers, sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { createRoom, readKept, seeded, startNode } from './kit.ts'
import { type Outcome, within } from './meeting.ts'
import { enterRoom, type InBrowser, inBrowser } from './speaker-page.ts'

const COUNT = 60
/** Numbers spoken at twice the speed between two acknowledgements, a second apart, and the one that is cut. */
const IN_BOTH = 5
/** Recorded while cut off before anything else happens, s. */
const KEPT = 6

/** A host ends the meeting while a speaker is cut off: what the server did not have yet is said in the next meeting, once. */
async function endedMeanwhile(seed: number): Promise<Partial<Outcome>> {
  const random = seeded(seed)
  const node = await startNode()
  try {
    const { id: room } = await createRoom(node.server.url)
    const host = record({ url: node.server.url, room, name: 'Host' })
    const speaker = record({ url: node.proxy.url, room, name: 'Cut off' })
    for (const each of [host, speaker]) await each.until(() => each.client.status === 'open')
    const recording = speaker.client.record()
    const talking = speak(recording, sayNumbers(1, COUNT), 2)
    await Bun.sleep(2000 + random() * 3000)
    node.proxy.mode = 'refuse'
    node.proxy.cut()
    await Bun.sleep(1000 + random() * 2000)
    host.client.endMeeting()
    await host.until(() => host.client.transcript.session?.endedAt != null)
    await Bun.sleep(random() * 3000)
    node.proxy.mode = 'open'
    await talking
    await within(60_000, recording.end(), 'the recording did not end')
    for (const each of [host, speaker]) each.close()
    await node.server.stop()
    const kept = await readKept(node.directory)
    const verdict = checkNumbers(kept.utterances, 1, COUNT)
    const meetings = new Set(kept.tracks.map(({ sessionId }) => sessionId)).size
    // What the first meeting had and nobody had acknowledged stands at its end and at the beginning of the next.
    const both = verdict.doubled.length
    const doubled = both > IN_BOTH ? both : 0
    return {
      numbersMissing: verdict.missing.length,
      numbersDoubled: doubled,
      gaps: kept.gaps,
      ok: verdict.missing.length + doubled + kept.gaps === 0 && meetings === 2,
      note: `${meetings} meetings, ${both} of ${COUNT} numbers in both: their sound was not acknowledged yet`,
    }
  } finally {
    await node.dispose()
  }
}

interface Cut extends InBrowser {
  /** Ends the meeting, or withdraws the link, where the speaker cannot see it. */
  close(): Promise<void>
}

/** A speaker in a real browser, cut off for some seconds. */
function cutOff<T>(args: string[], use: (cut: Cut) => Promise<T>): Promise<T> {
  return inBrowser({ args, name: 'Cut off' }, async (there) => {
    const { node, page, host, room, headers } = there
    const { url } = node.server
    await Bun.sleep(3000)
    node.proxy.mode = 'refuse'
    node.proxy.cut()
    await page.locator('.state-line', { hasText: new RegExp(`([${KEPT}-9]|\\d\\d) s kept safe`) }).waitFor()
    const close = async () => {
      if (args.includes('key')) {
        const list = await fetch(`${url}/api/rooms/${room}/links`, { headers })
        const all = ((await list.json()) as { links: { id: string; role: string }[] }).links
        for (const { id } of all.filter(({ role }) => role === 'speak'))
          await fetch(`${url}/api/rooms/${room}/links/${id}`, { method: 'DELETE', headers })
      } else {
        host.client.endMeeting()
        await host.until(() => host.client.transcript.session?.endedAt != null)
      }
      host.close()
    }
    return await use({ ...there, close })
  })
}

/** Presses “Save the recording”; seconds of sound in the file, and whether the device has forgotten it after “Delete it”. */
async function savedSeconds(page: Page): Promise<number> {
  const button = page.getByRole('button', { name: 'Save the recording' })
  await button.waitFor()
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
  const wav = readFileSync(await download.path())
  await page.getByRole('button', { name: 'Delete it' }).click()
  await button.waitFor({ state: 'detached' })
  return (wav.length - 44) / 32_000
}

const offered = (seconds: number): Partial<Outcome> => ({
  ok: seconds >= KEPT - 1,
  note: `${seconds.toFixed(0)} s of sound offered, saved and deleted`,
})

const missing = () => (chromiumPath ? null : 'Chromium is not installed')
const BOTH = { runs: 1, longRuns: 3 }

export const lateFaults: Fault[] = [
  {
    id: 'R39',
    name: 'the meeting is ended while a speaker is cut off; they come back',
    runs: 1,
    longRuns: 20,
    run: endedMeanwhile,
  },
  {
    id: 'R39',
    name: 'the same in real Chromium: the page goes on in the next meeting with what it kept',
    ...BOTH,
    missing,
    run: () =>
      cutOff([], async ({ node, page, close }) => {
        await close()
        node.proxy.mode = 'open'
        await page.locator('.state-line', { hasText: /^Live|^No sound|^Ready/ }).waitFor()
        await Bun.sleep(3000)
        await page.close()
        await node.server.stop()
        const { tracks, gaps } = await readKept(node.directory)
        // The newest meeting comes first.
        const [late] = tracks
        const seconds = (late?.size ?? 0) / 32_000
        return {
          gaps,
          ok: seconds >= KEPT && gaps === 0 && tracks.some(({ sessionId }) => sessionId !== late?.sessionId),
          note: `${seconds.toFixed(0)} s of its sound in the next meeting`,
        }
      }),
  },
  {
    id: 'R39',
    name: 'the same, and the tab is closed meanwhile: the next visit offers what it kept',
    ...BOTH,
    missing,
    run: () =>
      cutOff([], async ({ node, context, page, address, close }) => {
        await page.close()
        await close()
        node.proxy.mode = 'open'
        const next = await context.newPage()
        await next.goto(address)
        await enterRoom(next, 'Cut off')
        return offered(await savedSeconds(next))
      }),
  },
  {
    id: 'R39',
    name: 'a link is withdrawn while its speaker is cut off: the page stops and offers what it kept',
    ...BOTH,
    missing,
    run: () =>
      cutOff(['--auth', 'key'], async ({ node, page, close }) => {
        await close()
        node.proxy.mode = 'open'
        await page.getByText('This link was withdrawn').first().waitFor()
        return offered(await savedSeconds(page))
      }),
  },
]
