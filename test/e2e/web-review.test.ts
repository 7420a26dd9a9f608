/** The review page on the real server in real Chromium: edits, undo, speakers, marks, replace; and what exports make of them. Needs Chromium, no model. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { App } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { textOf } from '../../server/core/transcript.ts'
import { joined, said } from '../db/samples.ts'
import { openApp, type TestApp } from '../helpers/app.ts'
import { openBrowser } from '../helpers/browser.ts'

const SCREENSHOTS = join(import.meta.dir, 'screenshots')
const axeSource = await Bun.file(require.resolve('axe-core/axe.min.js')).text()
const LINES = [
  'Good morning everybody, and welcome to the weekly meeting.',
  'Today we talk about the deployment plan and about the budget.',
  'I think the deployment can wait until Thursday.',
  'Then let us look at the numbers of the last week.',
]

let app: App
let browser: Browser
let server: TestApp

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  server = await openApp({ backend: 'fake' }, { engine: createFakeEngine({ utterances: [] }) })
  app = server.app
  browser = await openBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

/** A meeting of two people with twenty seconds of sound. */
async function meeting(): Promise<string> {
  const { room } = await app.rooms.create({ settings: { title: 'Weekly' } })
  const ada = await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const seat = await room.seat(ada.id, 'one')
  for (let i = 0; i < 20; i++) seat.feed(new Float32Array(16_000).fill(0.01))
  await Bun.sleep(0)
  const id = room.session?.id ?? ''
  await room.end()
  await app.store.append(id, joined('par_bo', 'Bo', 1))
  for (const [i, text] of LINES.entries())
    await app.store.append(id, said(`utt_${i}`, i === 2 ? 'par_bo' : ada.id, text, 1000 + i * 5000))
  return id
}

const stored = async (id: string) =>
  (await app.store.transcript(id)).utterances
    .filter((line) => line.committed.length > 0)
    .map((line) => textOf(line.committed))

async function visit(path: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage({ locale: 'en-GB', reducedMotion: 'reduce', ...options })
  page.setDefaultTimeout(15_000)
  await page.goto(app.url + path)
  await page.locator('.r-turn').first().waitFor()
  return page
}

const editor = (page: Page) => page.getByRole('textbox', { name: /Edit this line/ })
const lines = (page: Page) => page.locator('.r-text').allTextContents()

test('[WB78] with the keyboard: edit, split, join, undo, redo', async () => {
  const id = await meeting()
  const page = await visit(`/s/${id}`)
  await page.getByRole('button', { name: /Edit this line 0:06/ }).focus()
  await page.keyboard.press('Enter')
  await editor(page).waitFor()
  await editor(page).fill('Today we talk about deployment and the budget.')
  await editor(page).evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(30, 30))
  await page.keyboard.press('Shift+Enter')
  await page.waitForFunction(
    () => (document.querySelector('.r-editor') as HTMLTextAreaElement)?.value === 'and the budget.',
  )
  expect((await stored(id))[1]).toBe('Today we talk about deployment')
  // At the beginning of a line Backspace joins it with the one before.
  await editor(page).evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(0, 0))
  await page.keyboard.press('Backspace')
  await page.waitForFunction(
    () =>
      (document.querySelector('.r-editor') as HTMLTextAreaElement)?.value ===
      'Today we talk about deployment and the budget.',
  )
  await page.keyboard.press('Enter')
  await editor(page).waitFor({ state: 'detached' })
  const undo = page.getByRole('button', { name: /^Undo: joined lines/ })
  await undo.waitFor()
  await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: /^Undo: split line/ }).waitFor()
  await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: /^Undo: corrected text/ }).waitFor()
  await page.reload()
  await page.locator('.r-turn').first().waitFor()
  await page.keyboard.press('Control+z')
  await page.getByText(LINES[1] ?? '').waitFor()
  expect(await stored(id)).toEqual(LINES)
  await page.keyboard.press('Control+Shift+z')
  await page.getByText('Today we talk about deployment and the budget.').waitFor()
  await page.close()
}, 60_000)

test('[WB79] speakers: given away, renamed here, merged everywhere; what was recognised comes back', async () => {
  const id = await meeting()
  const page = await visit(`/s/${id}`)
  const edit = async (at: string) => {
    await page.getByRole('button', { name: new RegExp(`Edit this line ${at}`) }).click()
    await editor(page).waitFor()
  }
  await edit('0:16')
  await page.getByRole('combobox', { name: 'Speaker' }).selectOption('+')
  await page.getByRole('textbox', { name: 'New name' }).fill('Cleo')
  await page.keyboard.press('Enter')
  await page.locator('.r-name', { hasText: 'Cleo' }).waitFor()
  // Cleo was Bo all along: the same name makes them one.
  await page.locator('.r-name', { hasText: 'Cleo' }).click()
  await page.getByLabel('Rename speaker').first().fill('bo')
  await page.getByText('Bo is in this meeting already').waitFor()
  await page.keyboard.press('Enter')
  await page.locator('.r-name', { hasText: 'Cleo' }).waitFor({ state: 'detached' })
  const text = await (await fetch(`${app.url}/api/sessions/${id}/export.txt`)).text()
  expect(text).toContain('Bo: I think the deployment can wait until Thursday. Then let us')
  expect(text).not.toContain('Cleo')

  await edit('0:01')
  await editor(page).fill('Wrong')
  await page.keyboard.press('Enter')
  await editor(page).waitFor({ state: 'detached' })
  await edit('0:01')
  await page.getByRole('button', { name: 'As recognised' }).click()
  await page.getByText(LINES[0] ?? '').waitFor()
  await page.getByRole('button', { name: 'Bring it back' }).click()
  await editor(page).waitFor({ state: 'detached' })
  expect((await stored(id))[0]).toBe(LINES[0])
  await edit('0:06')
  await page.getByRole('button', { name: 'Remove line' }).click()
  await editor(page).waitFor({ state: 'detached' })
  expect(await lines(page)).not.toContain(LINES[1])
  expect(await stored(id)).toHaveLength(3)
  await page.close()
}, 60_000)

test('[WB80] find and replace with its preview; stars and notes with the keyboard, in the list and in exports', async () => {
  const id = await meeting()
  const page = await visit(`/s/${id}`)
  await page.getByRole('searchbox', { name: 'Find in this meeting' }).fill('deployment')
  await page.getByRole('button', { name: 'Find and replace' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Replace with' }).fill('release')
  await dialog.getByRole('button', { name: 'Replace 2 places in 2 lines' }).waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'review-replace.png') })
  await dialog.getByRole('checkbox').nth(3).uncheck()
  await dialog.getByRole('button', { name: 'Replace 1 place in 1 line' }).click()
  await dialog.getByText('1 line changed').waitFor()
  expect((await stored(id)).filter((line) => line.includes('release'))).toHaveLength(1)
  await dialog.getByRole('button', { name: 'Undo' }).click()
  await page.waitForFunction(() => !document.querySelector('.r-text-flow')?.textContent?.includes('release'))
  expect(await stored(id)).toEqual(LINES)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await page.locator('h1').first().click({ trial: true })
  await page.keyboard.press('s')
  await page.getByRole('img', { name: 'Starred' }).waitFor()
  await page.keyboard.press('m')
  await page.getByRole('textbox', { name: 'Note' }).fill('Ask about the budget')
  await page.keyboard.press('Control+Enter')
  await page.locator('.r-note').waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'review-marked.png') })
  await page.getByRole('button', { name: 'Stars and notes (2)' }).click()
  await page.getByRole('dialog').getByText('Ask about the budget').waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'review-marks.png') })
  await page.keyboard.press('Escape')
  const text = await (await fetch(`${app.url}/api/sessions/${id}/export.txt`)).text()
  expect(text).toContain('★ [0:01] Ada: Good morning')
  expect(text).toContain('Ask about the budget]')
  await page.close()
}, 60_000)

test('[WB60] [WB63] the states of editing: axe, and nothing sideways at 320 px', async () => {
  const id = await meeting()
  const problems: string[] = []
  for (const scheme of ['light', 'dark'] as const)
    for (const width of [1280, 320]) {
      const page = await visit(`/s/${id}`, { colorScheme: scheme, viewport: { width, height: 800 } })
      const check = async (state: string) => {
        await page.evaluate(axeSource)
        const found = await page.evaluate(async () => {
          const { violations } = await (
            window as unknown as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
            }
          ).axe.run()
          return violations.map((each) => `${each.id}: ${each.nodes[0]?.html}`)
        })
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)
        if (sideways) found.push('scrolls sideways')
        problems.push(...found.map((each) => `${state} ${scheme} ${width}: ${each}`))
        await page.screenshot({ path: join(SCREENSHOTS, `review-${state}-${scheme}-${width}.png`) })
      }
      await page.keyboard.press('s')
      await page.getByRole('img', { name: 'Starred' }).waitFor()
      await page.keyboard.press('e')
      await editor(page).waitFor()
      await check('editing')
      await page.keyboard.press('Enter')
      await editor(page).waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Find and replace' }).click()
      await page.getByRole('dialog').getByRole('textbox', { name: 'Find' }).fill('the')
      await check('replacing')
      await page.keyboard.press('Escape')
      await page.keyboard.press('m')
      await page.getByRole('textbox', { name: 'Note' }).waitFor()
      await check('noting')
      await page.keyboard.press('Escape')
      await page.locator('.r-name').first().click()
      await page.getByLabel('Rename speaker').first().waitFor()
      await check('renaming')
      await page.keyboard.press('Escape')
      await page.getByLabel('Rename speaker').first().waitFor({ state: 'detached' })
      await page.keyboard.press('s')
      await page.getByRole('img', { name: 'Starred' }).waitFor({ state: 'detached' })
      await page.close()
    }
  expect(problems).toEqual([])
}, 120_000)

test('[WB121] after a deletion the focus is on Undo, and after that on the list', async () => {
  const id = await meeting()
  const page = await visit(`/s/${id}`)
  await page.getByRole('button', { name: /^Delete/ }).click()
  const undo = page.getByRole('region', { name: 'Deleted' }).getByRole('button', { name: 'Undo' })
  await undo.waitFor()
  await page.waitForFunction(() => document.activeElement?.textContent === 'Undo')
  await page.evaluate(axeSource)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string }[] }> }
    }
    return (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'best-practice'] })).violations.map(({ id }) => id)
  })
  expect(violations).toEqual([])
  await page.keyboard.press('Enter')
  await undo.waitFor({ state: 'detached' })
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  await page.close()
}, 60_000)

test('[WB122] a long title makes no page wider than the screen', async () => {
  const title = `Weekly planning of the ${'Donaudampfschifffahrts'.repeat(6)}gesellschaft`
  const { room, tokens } = await app.rooms.create({ settings: { title } })
  const ada = await room.join({ name: 'Ada'.repeat(20), key: '', role: 'speaker' })
  await app.store.append(room.session?.id ?? '', said('utt_long', ada.id, 'We ship on Friday.', 1000))
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 320, height: 640 } })
  page.setDefaultTimeout(15_000)
  const sideways = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await page.goto(`${app.url}/r/${room.id}#${tokens.host}`)
  await page.getByRole('button', { name: 'Just watch' }).click()
  await page.locator('.room-title').waitFor()
  expect(await sideways()).toBe(0)
  await page.goto(`${app.url}/sessions?q=friday`)
  await page.getByRole('link', { name: /^Weekly planning/ }).waitFor()
  expect(await sideways()).toBe(0)
  await page.goto(`${app.url}/s/${room.session?.id}`)
  await page.locator('.r-turn').first().waitFor()
  expect(await sideways()).toBe(0)
  await page.close()
}, 60_000)
