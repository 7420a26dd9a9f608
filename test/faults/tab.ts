/** R24: a real Chromium whose tab is loaded anew, crashes, or is killed with the whole browser while its line is cut. Needs the engine and a voice (flite or espeak-ng). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { type Utterance, utteranceText } from '../../server/core/transcript.ts'
import { chromiumPath, openProfile } from '../helpers/browser.ts'
import { record, speak } from '../helpers/native-client.ts'
import { untilReady } from '../helpers/server.ts'
import { numbersIn, speechless, spokenNumbers } from '../helpers/spoken-numbers.ts'
import { writeWav } from '../helpers/wav.ts'
import type { Fault } from './fault.ts'
import { createRoom, type Kept, MAIN, type Node, readKept, seeded, startNode } from './kit.ts'
import type { Outcome } from './meeting.ts'

const COUNT = 12
/** Sound that nobody can be asked to keep: what the page writes down is at most this old, s. */
const MAY_LOSE = 1
/** A number counts as spoken before the end if its sound was over so long before: the page takes time to start, s. */
const CERTAIN = 1.5
/** The last number is stored so long after it was spoken, on whatever machine, ms. */
const LAST_WITHIN = 60_000

type End = 'reload' | 'crash' | 'kill' | 'both'

/** Speaks the recording as somebody who has just come in; resolves when the page says that it listens. */
async function speakOn(page: Page, first: boolean): Promise<void> {
  if (first) await page.getByLabel(/your name/i).fill('Counter')
  const join = page.getByRole('button', { name: /join and speak/i })
  const mute = page.getByRole('button', { name: 'Mute', exact: true })
  await join.or(mute).first().waitFor()
  if (await join.isVisible()) await join.click()
  await mute.waitFor()
}

/** Every process of the browser that uses this profile dies at once. */
function killBrowser(profile: string): void {
  const list = Bun.spawnSync(['ps', '-eo', 'pid=,args=', '-ww']).stdout.toString().split('\n')
  for (const line of list)
    if (line.includes(`--user-data-dir=${profile}`)) process.kill(Number.parseInt(line, 10), 'SIGKILL')
}

async function interrupted(end: End, seed: number): Promise<Partial<Outcome>> {
  const random = seeded(seed)
  const node = await startNode({ command: MAIN })
  const scratch = mkdtempSync(join(tmpdir(), 'parley-tab-'))
  const profile = join(scratch, 'profile')
  const { sound, ends } = spokenNumbers(COUNT)
  const microphone = writeWav(join(scratch, 'count.wav'), sound)
  let context: BrowserContext | null = null
  try {
    await untilReady(node.server, 120_000)
    context = await openProfile(profile, microphone)
    let page = await context.newPage()
    await page.goto(node.proxy.url)
    await page.getByRole('button', { name: /start a meeting/i }).click()
    await page.waitForURL(/\/r\//)
    const address = page.url()
    await speakOn(page, true)
    const began = performance.now()
    await Bun.sleep(6000 + random() * 3000)
    if (end !== 'reload') {
      node.proxy.mode = 'refuse'
      node.proxy.cut()
      await Bun.sleep(4000 + random() * 2000)
    }
    const lasted = (performance.now() - began) / 1000
    if (end === 'reload') await page.reload()
    else if (end === 'crash') {
      const devtools = await context.newCDPSession(page)
      await Promise.race([devtools.send('Page.crash').catch(() => {}), Bun.sleep(1000)])
    } else killBrowser(profile)
    if (end === 'both') {
      await node.kill()
      await node.restart()
      await untilReady(node.server, 120_000)
    }
    node.proxy.mode = 'open'
    if (end !== 'reload') {
      if (end !== 'crash') context = await openProfile(profile, microphone)
      page = await context.newPage()
      await page.goto(address)
    }
    await speakOn(page, false)
    await Bun.sleep((sound.length / 32_000) * 1000)
    // A busy machine may be behind: the page stays until its last number is there.
    const patience = performance.now() + LAST_WITHIN
    while (!(numbersIn(await textOf(node), COUNT)[COUNT] ?? 0) && performance.now() < patience)
      await Bun.sleep(500)
    await page.close()
    await untilSettled(node)
    await context.close()
    context = null
    await node.server.stop()
    return await judge(node, lasted, ends)
  } finally {
    await context?.close().catch(() => {})
    killBrowser(profile)
    await node.dispose()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What the server has stored of the meeting, as text. */
async function textOf(node: Node): Promise<string> {
  const { url } = node.server
  const { sessions } = (await (await fetch(`${url}/api/sessions`)).json()) as { sessions: { id: string }[] }
  const { transcript } = (await (await fetch(`${url}/api/sessions/${sessions[0]?.id}`)).json()) as {
    transcript: { utterances: Utterance[] }
  }
  return transcript.utterances.map(utteranceText).join(' ')
}

/** Nothing is waiting to be recognised any more. */
async function untilSettled(node: Node): Promise<void> {
  const end = performance.now() + 60_000
  for (let before = ''; performance.now() < end; await Bun.sleep(3000)) {
    const now = await textOf(node)
    if (now === before) return
    before = now
  }
}

/**
 * How often each number is understood when the kept sound is spoken again and nothing happens: what is not understood then
 * either, the synthetic voice and the browser's noise suppression have spoilt, and no fault has (as in the rows of R6 to R9).
 */
async function heardAtRest({ tracks }: Kept): Promise<{ counts: number[]; text: string }> {
  const node = await startNode({ command: MAIN })
  try {
    await untilReady(node.server, 120_000)
    const { id } = await createRoom(node.server.url)
    for (const { pcm } of [...tracks].sort((a, b) => a.start - b.start)) {
      const speaker = record({ url: node.server.url, room: id, name: 'Counter' })
      await speaker.until(() => speaker.client.status === 'open')
      const recording = speaker.client.record()
      await speak(recording, pcm)
      await recording.end()
      speaker.close()
    }
    await untilSettled(node)
    const text = await textOf(node)
    return { counts: numbersIn(text, COUNT), text }
  } finally {
    await node.dispose()
  }
}

/** What was certainly said before the end must be there, and then the whole count once more. */
async function judge(node: Node, lasted: number, ends: number[]): Promise<Partial<Outcome>> {
  const kept = await readKept(node.directory)
  const heard = kept.utterances.map(utteranceText).join(' ')
  const lines = kept.utterances.map((each) => `${(each.start / 1000).toFixed(1)} ${utteranceText(each)}`)
  const counts = numbersIn(heard, COUNT)
  const certain = ends.filter((each) => each < lasted - CERTAIN).length
  const begun = ends.filter((each) => each < lasted + 3).length
  const wrong = counts.flatMap((count, number) => {
    if (number === 0) return []
    const [least, most] = [number <= certain ? 2 : 1, number <= begun ? 2 : 1]
    return count < least || count > most ? [{ number, count, missing: count < least }] : []
  })
  const rest = wrong.some(({ missing }) => missing) ? await heardAtRest(kept) : null
  const spoilt = wrong.filter(({ number, count, missing }) => missing && (rest?.counts[number] ?? 0) <= count)
  const missing = wrong.filter((each) => each.missing && !spoilt.includes(each)).length
  const doubled = wrong.filter((each) => !each.missing).length
  const [first] = [...kept.tracks].sort((a, b) => a.start - b.start)
  const notKept = lasted - (first?.size ?? 0) / 32_000
  const said = wrong.length ? `; heard: ${lines.join(' / ')}; at rest: ${rest?.text ?? 'not asked'}` : ''
  const excused = spoilt.map(({ number }) => number).join(', ')
  return {
    numbersMissing: missing,
    numbersDoubled: doubled,
    gaps: kept.gaps,
    note: `${certain} numbers before it, ${COUNT} after; ${Math.max(0, notKept).toFixed(1)} s of sound not kept${excused && `; not understood in the kept sound at rest either: ${excused}`}${said}`,
    ok: missing + doubled === 0 && notKept <= MAY_LOSE && kept.integrity === 'ok',
  }
}

const ENDS: [End, string][] = [
  ['reload', 'a page is loaded anew in mid-speech'],
  ['crash', 'a tab crashes while its line is cut'],
  ['kill', 'the browser is killed (-9) while its line is cut'],
  ['both', 'browser and server are killed (-9) while the line is cut'],
]

export const tabFaults: Fault[] = ENDS.map(([end, what]) => ({
  id: 'R24',
  name: `${what} (real Chromium, real recogniser)`,
  runs: 1,
  longRuns: 5,
  missing: () => (chromiumPath ? speechless() : 'Chromium is not installed'),
  run: (seed) => interrupted(end, seed),
}))
