/** Two people edit one recorded meeting, each in a browser of their own, on the real server. Needs Chromium, no model. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { textOf } from '../../server/core/transcript.ts'
import { said } from '../db/samples.ts'
import { openApp, type TestApp } from '../helpers/app.ts'
import { openBrowser } from '../helpers/browser.ts'
import { until } from '../helpers/until.ts'

const LINES = ['We meet on Monday.', 'The room is booked.', 'Lunch is at noon.']

let browser: Browser
let server: TestApp

beforeAll(async () => {
  server = await openApp({ backend: 'fake' }, { engine: createFakeEngine({ utterances: [] }) })
  browser = await openBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

async function meeting(): Promise<string> {
  const { room } = await server.app.rooms.create({ settings: { title: 'Weekly' } })
  const ada = await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const id = room.session?.id ?? ''
  await room.end()
  for (const [i, text] of LINES.entries())
    await server.app.store.append(id, said(`utt_${i}`, ada.id, text, 1000 + i * 2000))
  return id
}

const stored = async (id: string) =>
  (await server.app.store.transcript(id)).utterances
    .filter((line) => line.committed.length > 0)
    .map((line) => textOf(line.committed))

async function visit(id: string): Promise<Page> {
  const page = await browser.newPage({ locale: 'en-GB', reducedMotion: 'reduce' })
  page.setDefaultTimeout(15_000)
  await page.goto(`${server.app.url}/s/${id}`)
  await page.locator('.r-turn').first().waitFor()
  return page
}

const box = (page: Page) => page.getByRole('textbox', { name: /Edit this line/ })
const press = (page: Page, name: string) => page.getByRole('button', { name }).click()
const edit = async (page: Page, at: string) => {
  await page.getByRole('button', { name: `Edit this line ${at}` }).focus()
  await page.keyboard.press('Enter')
  await box(page).waitFor()
}
const leave = async (page: Page) => {
  await page.keyboard.press('Enter')
  await box(page).waitFor({ state: 'detached' })
}

test('[WB144] a line that somebody else changed meanwhile: both texts are shown, and one decides', async () => {
  const id = await meeting()
  const ada = await visit(id)
  const bo = await visit(id)
  await edit(bo, '0:01')
  await edit(ada, '0:01')
  await box(ada).fill('We meet on Tuesday.')
  await leave(ada)

  await box(bo).fill('We meet on Wednesday.')
  await bo.locator('q', { hasText: 'We meet on Tuesday.' }).waitFor()
  expect(await box(bo).inputValue()).toBe('We meet on Wednesday.')
  expect((await stored(id))[0]).toBe('We meet on Tuesday.')
  // It is not left behind by the key that saves: somebody is to decide.
  await box(bo).press('Enter')
  await press(bo, 'Take the other')
  expect(await box(bo).inputValue()).toBe('We meet on Tuesday.')
  await box(bo).fill('We meet on Tuesday at nine.')
  await leave(bo)
  expect((await stored(id))[0]).toBe('We meet on Tuesday at nine.')

  await edit(ada, '0:01')
  await box(ada).fill('We meet on Thursday.')
  await ada.locator('q', { hasText: 'We meet on Tuesday at nine.' }).waitFor()
  await press(ada, 'Keep my text')
  await ada.locator('q', { hasText: 'We meet on Tuesday at nine.' }).waitFor({ state: 'detached' })
  await until(async () => (await stored(id))[0] === 'We meet on Thursday.')
  await box(ada).fill('We meet on Friday.')
  await leave(ada)
  expect((await stored(id))[0]).toBe('We meet on Friday.')

  // Escape leaves it as it is now, not as it was.
  await edit(bo, '0:01')
  await box(bo).fill('We never meet.')
  await bo.locator('q', { hasText: 'We meet on Friday.' }).waitFor()
  await bo.keyboard.press('Escape')
  await box(bo).waitFor({ state: 'detached' })
  expect((await stored(id))[0]).toBe('We meet on Friday.')
  await bo.locator('.r-text', { hasText: 'We meet on Friday.' }).waitFor()
  await ada.close()
  await bo.close()
}, 60_000)

test('[WB144] a line that somebody else removed meanwhile: what was typed stays to be copied', async () => {
  const id = await meeting()
  const ada = await visit(id)
  const bo = await visit(id)
  await edit(bo, '0:03')
  await edit(ada, '0:03')
  await press(ada, 'Remove line')
  await box(ada).waitFor({ state: 'detached' })
  await box(bo).fill('The large room is booked.')
  await bo.getByText(/Somebody else has removed this line/).waitFor()
  expect(await box(bo).inputValue()).toBe('The large room is booked.')
  await ada.close()
  await bo.close()
}, 60_000)

test('[WB145] what is typed after lines were joined keeps the words of both', async () => {
  const id = await meeting()
  const page = await visit(id)
  await edit(page, '0:01')
  await box(page).fill('We meet on Monday')
  await press(page, 'Join with the next line')
  await page.waitForFunction(
    () =>
      (document.querySelector('.r-editor') as HTMLTextAreaElement)?.value ===
      'We meet on Monday The room is booked.',
  )
  await box(page).press('End')
  await page.keyboard.type(' Good.')
  await leave(page)
  expect(await stored(id)).toEqual(['We meet on Monday The room is booked. Good.', 'Lunch is at noon.'])
  await page.close()
}, 60_000)

/** Somebody else makes another text of a line. */
async function rewrite(id: string, line: number, text: string): Promise<void> {
  const utteranceId = (await server.app.store.transcript(id)).utterances[line]?.id
  const answer = await fetch(`${server.app.url}/api/sessions/${id}/edits`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'text', utteranceId, text }),
  })
  expect(answer.status).toBe(200)
}

/** Types and goes in the same moment, before any pause saves the text. */
async function typeAndGo(page: Page, words: string, go: string): Promise<void> {
  await page.evaluate(
    ([text, to]) => {
      const area = document.querySelector('.r-editor') as HTMLTextAreaElement
      area.value = text ?? ''
      area.dispatchEvent(new InputEvent('input', { bubbles: true }))
      if (to?.startsWith('about:')) location.href = to
      else document.querySelector<HTMLElement>(to ?? '')?.click()
    },
    [words, go],
  )
}

test('[WB157] who goes on in the middle of typing overwrites nobody, and finds both texts again', async () => {
  const id = await meeting()
  const bo = await visit(id)
  await edit(bo, '0:01')
  await rewrite(id, 0, 'We meet on Tuesday.')

  await typeAndGo(bo, 'We meet on Wednesday.', 'a[href="/sessions"]')
  await bo.getByText('What you typed last in a line has not been saved.').waitFor()
  expect(await stored(id)).toEqual(['We meet on Tuesday.', ...LINES.slice(1)])
  await press(bo, 'Show it')
  await bo.locator('q', { hasText: 'We meet on Tuesday.' }).waitFor()
  expect(await box(bo).inputValue()).toBe('We meet on Wednesday.')

  // Nor by going to another line instead of deciding.
  await bo.getByRole('button', { name: 'Edit this line 0:03' }).click()
  await press(bo, 'Show it')
  await bo.locator('q', { hasText: 'We meet on Tuesday.' }).waitFor()
  expect((await stored(id))[0]).toBe('We meet on Tuesday.')
  await press(bo, 'Keep my text')
  await until(async () => (await stored(id))[0] === 'We meet on Wednesday.')
  await box(bo).press('Enter')
  await box(bo).waitFor({ state: 'detached' })
  await bo.goto(`${server.app.url}/s/${id}`)
  await bo.locator('.r-turn').first().waitFor()
  expect(await box(bo).count()).toBe(0)
  await bo.close()
}, 60_000)

test('[WB157] what is typed as the page is closed arrives, or waits for its writer', async () => {
  const id = await meeting()
  const bo = await visit(id)
  await edit(bo, '0:05')
  await typeAndGo(bo, 'Lunch is at one.', 'about:blank')
  await bo.waitForURL('about:blank')
  await until(async () => (await stored(id))[2] === 'Lunch is at one.')

  // The answer never came, so it was kept; it is what the line says.
  await bo.goto(`${server.app.url}/s/${id}`)
  await edit(bo, '0:05')
  expect(await bo.locator('.r-other').count()).toBe(0)
  await rewrite(id, 2, 'Lunch is at two.')
  await typeAndGo(bo, 'Lunch is at three.', 'about:blank')
  await bo.waitForURL('about:blank')
  await bo.goto(`${server.app.url}/s/${id}`)
  await bo.locator('q', { hasText: 'Lunch is at two.' }).waitFor()
  expect(await box(bo).inputValue()).toBe('Lunch is at three.')
  await press(bo, 'Take the other')
  await leave(bo)
  expect((await stored(id))[2]).toBe('Lunch is at two.')
  await bo.close()
}, 60_000)
