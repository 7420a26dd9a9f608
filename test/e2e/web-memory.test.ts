/** What a page keeps in memory while line after line comes. Real server, real Chromium, no model. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { openApp, type TestApp } from '../helpers/app.ts'
import { openBrowser } from '../helpers/browser.ts'

const LINES = 120
/** Each line is shown so often before it is final. */
const UPDATES = 4
/** What the lines themselves may take, MB. It is 1.3; where one old element was kept it was 17. */
const MOST = 5

let server: TestApp | undefined
let browser: Browser | undefined
beforeAll(async () => {
  server = await openApp()
  const microphone = join(import.meta.dir, '..', 'fixtures', 'en_ls_2412_153948_0001.wav')
  browser = await openBrowser({ microphone })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
}, 30_000)

/** JavaScript's memory after everything that nobody holds is gone, MB. */
async function heap(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  return usedSize / 1e6
}

/** Lines are shown word by word; what they add to the page's memory must be themselves. */
async function listen(open: (page: Page, url: string, room: string) => Promise<void>): Promise<void> {
  const { app } = server as TestApp
  const { room } = await app.rooms.create()
  const { id: participantId } = await room.join({ name: 'Ada', key: 'ada', role: 'host' })
  const page = await (browser as Browser).newPage({ permissions: ['microphone'] })
  await open(page, app.url, room.id)
  const devtools = await page.context().newCDPSession(page)
  const say = async (from: number, to: number) => {
    for (let line = from; line < to; line++) {
      const at = line * 1000
      const word = (i: number) => ({ text: ` word${i}`, start: at + i, end: at + i + 1, probability: 1 })
      const words = Array.from({ length: 2 * UPDATES }, (_, i) => word(i))
      const spoken = { id: `utt_line${line}`, participantId, rev: 0, start: at, language: 'en' }
      for (let i = 1; i <= UPDATES; i++) {
        const [committed, pending] = [words.slice(0, i), words.slice(i, 2 * i)]
        const utterance = { ...spoken, end: at + i * 200, state: 'pending' as const, committed, pending }
        room.tell({ type: 'utterance-updated', utterance })
        await Bun.sleep(20)
      }
    }
    await page
      .locator(`[data-line="utt_line${to - 1}"], .caption-text`)
      .last()
      .waitFor()
  }
  await say(0, 10)
  const before = await heap(devtools)
  await say(10, 10 + LINES)
  const after = await heap(devtools)
  console.log(`    ${before.toFixed(1)} MB, after ${LINES} lines more ${after.toFixed(1)} MB`)
  expect(after - before).toBeLessThan(MOST)
  await page.close()
}

test(
  '[WB155] a room page that stands open keeps its lines and nothing of how it looked before',
  () =>
    listen(async (page, url, room) => {
      await page.goto(`${url}/r/${room}`)
      await page.getByLabel(/your name/i).fill('Grace')
      await page.getByRole('button', { name: /join and speak/i }).click()
      await page.getByRole('button', { name: 'Mute', exact: true }).click()
    }),
  90_000,
)

test(
  '[WB155] and so does a page of captions',
  () =>
    listen(async (page, url, room) => {
      await page.goto(`${url}/c/${room}`)
      await page.locator('.state-line[data-state="live"]').waitFor()
    }),
  90_000,
)
