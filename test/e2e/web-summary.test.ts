/** Summaries, questions and the settings page in real Chromium against the mock server. Needs Chromium, no model. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { wavFile } from '../../server/core/wav-file.ts'
import { openBrowser } from '../helpers/browser.ts'
import { buildWeb } from '../web/mock/bundle.ts'
import { startMock } from '../web/mock/server.ts'

let browser: Browser
let files: Awaited<ReturnType<typeof buildWeb>>
beforeAll(async () => {
  files = await buildWeb()
  browser = await openBrowser()
}, 60_000)
afterAll(() => browser?.close())

/** A minute of silence, for the player. */
const quiet = wavFile([new Uint8Array(60 * 32_000)])

async function visit(path: string, summaries: boolean, drafts?: 'held' | 'cut') {
  const mock = await startMock({ wordMs: 0, files, summaries, drafts })
  const page = await browser.newPage({ locale: 'en-GB', reducedMotion: 'reduce' })
  await page.route(/\/audio(\?|$)/, (route) => {
    // A browser seeks only where it is given ranges.
    const from = Number(/bytes=(\d+)/.exec(route.request().headers().range ?? '')?.[1] ?? 0)
    return route.fulfill({
      status: 206,
      headers: {
        'content-type': 'audio/wav',
        'accept-ranges': 'bytes',
        'content-range': `bytes ${from}-${quiet.length - 1}/${quiet.length}`,
      },
      body: Buffer.from(quiet.subarray(from)),
    })
  })
  await page.goto(mock.url + path)
  return {
    page,
    async close() {
      await page.close()
      await mock.close()
    },
  }
}

test('[WB68] no language model: nothing of summaries and questions', async () => {
  const { page, close } = await visit('/s/ses_a', false)
  await page.locator('.r-turn').first().waitFor()
  await page.waitForLoadState('networkidle')
  expect(await page.locator('.summary, .ask').count()).toBe(0)
  await close()
}, 30_000)

test('[WB68] a language model: asked and followed with the keyboard alone', async () => {
  const { page, close } = await visit('/s/ses_a', true)
  const box = page.getByRole('textbox', { name: 'Ask about this meeting' })
  await box.focus()
  await page.keyboard.type('Who reviews the timing?')
  await page.keyboard.press('Enter')
  const answer = page.locator('.answer')
  await answer.waitFor()
  expect(await answer.textContent()).toContain('Jonas takes it')
  expect(await box.inputValue()).toBe('')
  await answer.getByRole('button').first().focus()
  await page.keyboard.press('Enter')
  const line = page.locator('[data-utterance="utt_0006"]:focus')
  await line.waitFor()
  expect(await line.textContent()).toContain('more pair of eyes')
  expect(await page.locator('.player-time').first().textContent()).toContain('0:38')
  await close()
}, 30_000)

test('[WB81] a summary shows while it is written; called off or cut, nothing of it stays', async () => {
  const held = await visit('/s/ses_a', true, 'held')
  await held.page.getByRole('button', { name: 'Regenerate' }).click()
  const writing = held.page.locator('.summary-text.draft')
  await writing.getByText('The review of the subtitle timing becomes').waitFor()
  expect(await writing.getByText('Sign-ups went up').count()).toBe(1)
  expect(await held.page.locator('.summary [role=status]').first().textContent()).toContain('writing')
  await held.page.locator('.summary').getByRole('button', { name: 'Cancel' }).click()
  await writing.waitFor({ state: 'detached' })
  await held.page.getByText('Stopped. Nothing of it was kept.').waitFor()
  // What was there before is there again, and there is no other version.
  await held.page.locator('.summary-text').getByText('Covers 40 of 42 minutes').waitFor()
  expect(await held.page.getByRole('combobox', { name: 'Version' }).count()).toBe(0)
  await held.close()
  const cut = await visit('/s/ses_a', true, 'cut')
  await cut.page.getByRole('button', { name: 'Regenerate' }).click()
  await cut.page.getByRole('alert').getByText('The line was cut before the answer was complete').waitFor()
  expect(await cut.page.locator('.summary-text.draft').count()).toBe(0)
  await cut.close()
}, 30_000)

test('[WB69] the settings page, and the way there', async () => {
  const { page, close } = await visit('/', true)
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.locator('#leaves').waitFor()
  const said = (await page.locator('main').textContent()) ?? ''
  for (const part of ['0.1.0', 'small-q5_1', 'whisper', '2.4 × real time']) expect(said).toContain(part)
  expect(await page.getByLabel('What is kept').inputValue()).toBe('text+audio')
  expect(await page.getByLabel('For how long').inputValue()).toBe('30')
  await page.close()
  const guest = await browser.newPage({ locale: 'en-GB' })
  const refused: string[] = []
  const base = page.url().replace(/\/settings$/, '')
  await guest.route(/\/api\/(rooms|sessions)/, (route) => {
    refused.push(route.request().url())
    return route.fulfill({ status: 401, json: { error: { code: 'not-allowed', message: 'No.' } } })
  })
  await guest.clock.install()
  await guest.goto(base)
  await guest.getByRole('link', { name: 'Meetings' }).waitFor()
  await guest.clock.runFor(30_000)
  expect(await guest.getByRole('link', { name: 'Settings' }).count()).toBe(0)
  expect(refused.length).toBe(1)
  await guest.close()
  await close()
}, 30_000)
