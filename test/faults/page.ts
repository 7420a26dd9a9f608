/** R42, R44, R45: the page has no line for longer than its memory lasts, the device takes no sound, the page is put to sleep (real Chromium). */
import { chromiumPath } from '../helpers/browser.ts'
import type { Fault } from './fault.ts'
import { readKept, seeded } from './kit.ts'
import type { Outcome } from './meeting.ts'
import { type InBrowser, inBrowser } from './speaker-page.ts'

/** How long the line is cut, and the page asleep, s. */
const CUT = 8
const ASLEEP = 20
/** Without a line for longer than the ten minutes that the page holds in memory, min: just so, and for all that is promised. */
const AWAY = [12, 60]
/** How often the page is looked at meanwhile, ms. */
const LOOK_EVERY = 20_000
/** What was kept follows at up to four times real time while it is spoken on: a third of the outage, and some patience. */
const catchesUpWithin = (away: number) => away / 2 + 3
/** A page that starts up, and the end of a recording, may take so long of what is spoken, s. */
const SLACK = 3

/** Ends the speaker's page properly and says what the server has of it; `spoken` = seconds since it came in. */
async function judge(
  { node, page }: InBrowser,
  spoken: number,
): Promise<Partial<Outcome> & { seconds: number }> {
  await page.locator('.state-line', { hasText: /^Live|^No sound|^Ready/ }).waitFor()
  await Bun.sleep(3000)
  await page.close()
  await node.server.stop()
  const { tracks, gaps, integrity } = await readKept(node.directory)
  const seconds = tracks.reduce((sum, { size }) => sum + size, 0) / 32_000
  return { gaps, seconds, ok: gaps === 0 && integrity === 'ok' && seconds >= spoken - SLACK }
}

/** The browser has no room left (or the window is one that keeps nothing): memory has to do, and the page says so. */
function noStorage(seed: number): Promise<Partial<Outcome>> {
  const random = seeded(seed)
  return inBrowser({ name: 'No room' }, async (there) => {
    const { node, context, page } = there
    const began = performance.now()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: node.proxy.url, quotaSize: 1 })
    await Bun.sleep(2000 + random() * 2000)
    node.proxy.mode = 'refuse'
    node.proxy.cut()
    await page.locator('.state-line', { hasText: 'in this page only' }).waitFor()
    await Bun.sleep(CUT * 1000)
    node.proxy.mode = 'open'
    await page.locator('.state-line', { hasText: /^Live|^No sound|^Ready/ }).waitFor()
    const { seconds, ...outcome } = await judge(there, (performance.now() - began) / 1000)
    return { ...outcome, note: `the page said that it had the sound alone; ${seconds.toFixed(0)} s stored` }
  })
}

/** What the memory gives up comes from the browser's storage, in order, while it is spoken on. */
function away(minutes: number, seed: number): Promise<Partial<Outcome>> {
  const random = seeded(seed)
  return inBrowser({ name: 'Away' }, async (there) => {
    const { node, page } = there
    const began = performance.now()
    await Bun.sleep(2000 + random() * 2000)
    node.proxy.mode = 'refuse'
    node.proxy.cut()
    // Looked at all the time: a page that dies is found at once, not after the hour.
    let said = ''
    for (const end = performance.now() + minutes * 60_000; performance.now() < end; ) {
      await Bun.sleep(Math.min(LOOK_EVERY, end - performance.now()))
      said = (await page.locator('.state-line').first().textContent()) ?? ''
    }
    node.proxy.mode = 'open'
    const back = performance.now()
    await page
      .locator('.state-line', { hasText: /^Live|^No sound|^Ready/ })
      .waitFor({ timeout: catchesUpWithin(minutes) * 60_000 })
    const followed = (performance.now() - back) / 60_000
    const spoken = (performance.now() - began) / 1000
    const { seconds, ...outcome } = await judge(there, spoken)
    return {
      ...outcome,
      // The end of the recording, and nothing twice.
      ok: outcome.ok === true && seconds < spoken + 2 * SLACK && /\d s kept safe/.test(said),
      note: `${seconds.toFixed(0)} s stored of ${spoken.toFixed(0)}; “${said.trim()}”, all there after ${followed.toFixed(1)} min`,
    }
  })
}

/** The system stops the page for a while, as it does with pages in the background. */
function asleep(seed: number): Promise<Partial<Outcome>> {
  const random = seeded(seed)
  return inBrowser({ name: 'Asleep' }, async (there) => {
    const { context, page } = there
    const began = performance.now()
    await Bun.sleep(2000 + random() * 2000)
    const devtools = await context.newCDPSession(page)
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    await Bun.sleep(ASLEEP * 1000)
    await devtools.send('Page.setWebLifecycleState', { state: 'active' })
    const { seconds, ...outcome } = await judge(there, (performance.now() - began) / 1000)
    return { ...outcome, note: `${seconds.toFixed(0)} s stored of a page that stood still for ${ASLEEP} s` }
  })
}

const missing = () => (chromiumPath ? null : 'Chromium is not installed')
const ROW = { runs: 1, longRuns: 5, waits: true as const, missing }

export const pageFaults: Fault[] = [
  ...AWAY.map((minutes) => ({
    id: 'R42',
    name: `a speaker's page has no line for ${minutes} minutes, and stays open (real Chromium)`,
    runs: 0,
    longRuns: 1,
    missing,
    run: (seed: number) => away(minutes, seed),
  })),
  {
    id: 'R44',
    name: 'the browser has no room for sound while the line is cut (real Chromium)',
    ...ROW,
    run: noStorage,
  },
  { id: 'R45', name: 'the page is stopped for 20 s in mid-speech (real Chromium)', ...ROW, run: asleep },
]
