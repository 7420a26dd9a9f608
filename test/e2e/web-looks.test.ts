/** What stands where on the pages of a room, measured in real Chromium. Needs no model: the server is the mock of test/web. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { SECRETS } from '../web/mock/api.ts'
import { buildWeb } from '../web/mock/bundle.ts'
import { startMock } from '../web/mock/server.ts'

let browser: Browser
let mock: Awaited<ReturnType<typeof startMock>>

beforeAll(async () => {
  mock = await startMock({ wordMs: 0, files: await buildWeb() })
  browser = await openBrowser({
    microphone: join(import.meta.dir, '..', 'fixtures', 'en_ls_2412_153948_0001.wav'),
  })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await mock?.close()
})

/** `settings`: as the reader has chosen them, at every visit. */
async function open(path: string, width: number, height: number, settings: object = {}): Promise<Page> {
  const page = await browser.newPage({
    locale: 'en-GB',
    permissions: ['microphone'],
    reducedMotion: 'reduce',
    viewport: { width, height },
  })
  page.setDefaultTimeout(15_000)
  const chosen = JSON.stringify({ ui: 'en', ...settings })
  await page.addInitScript((value) => localStorage.setItem('parley.settings', value), chosen)
  await page.goto(mock.url + path)
  return page
}

const room = '/r/quiet-otter-4207'

test('[WB146] long names make the list of people no wider than its place, and are read in full', async () => {
  const page = await open(room, 1280, 800)
  await page.getByRole('button', { name: 'Join and speak' }).click()
  await page.getByRole('button', { name: 'Mute everyone else' }).waitFor()
  // The mock knows its own people only.
  await page.evaluate(() => {
    const name = document.querySelector('.person-name bdi') as Element
    name.textContent = 'Maximiliane-Theodora von Hohenzollern-Sigmaringen'.repeat(2)
  })
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll('.room-rail, .room-rail .person-name')]
      .filter((each) => each.scrollWidth > each.clientWidth)
      .map((each) => each.className),
  )
  expect(wide).toEqual([])
  // What can be done with somebody comes with the pointer, and with the keyboard.
  const tool = page.getByRole('button', { name: 'Mute: Jonas Weber' })
  const shown = () =>
    tool.evaluate((button) => Number(getComputedStyle(button.parentElement as Element).opacity))
  expect(await shown()).toBe(0)
  await tool.focus()
  expect(await shown()).toBe(1)
  await page.close()
}, 30_000)

test('[WB147] no text stands above the name of who said it, wherever one has scrolled', async () => {
  for (const [path, width] of [
    [room, 1280],
    [room, 390],
    ['/c/quiet-otter-4207', 1280],
    ['/c/quiet-otter-4207', 320],
  ] as const) {
    const page = await open(path, width, 480)
    if (path === room) await page.getByRole('button', { name: 'Just watch' }).click()
    await page.locator('.turn').first().waitFor()
    const above = (await page.evaluate(`(async () => {
      const box = document.querySelector('.transcript')
      const found = []
      for (let top = 0; top <= box.scrollHeight - box.clientHeight; top += 17) {
        box.scrollTo(0, top)
        await new Promise((resolve) => requestAnimationFrame(resolve))
        const edge = box.getBoundingClientRect().top
        for (const turn of document.querySelectorAll('.turn')) {
          const head = turn.querySelector('.turn-head').getBoundingClientRect()
          for (const word of turn.querySelectorAll('.w'))
            for (const each of word.getClientRects())
              if (each.bottom > edge + 1 && Math.min(each.bottom, head.top) - Math.max(each.top, edge) > 1)
                found.push(top + ': ' + word.textContent)
        }
      }
      return found.slice(0, 5)
    })()`)) as string[]
    expect([path, width, above]).toEqual([path, width, []])
    await page.close()
  }
}, 60_000)

test('[WB148] the words on a projector grow with the screen', async () => {
  const sizeAt = async (width: number, height: number) => {
    const page = await open('/c/quiet-otter-4207?kiosk=1', width, height)
    await page.locator('.turn').first().waitFor()
    const size = await page
      .locator('.turn-text')
      .first()
      .evaluate((text) => Number.parseFloat(getComputedStyle(text).fontSize))
    await page.close()
    return size / height
  }
  expect(await sizeAt(2560, 1440)).toBeCloseTo(0.045, 3)
  expect(await sizeAt(1920, 1080)).toBeCloseTo(0.045, 3)
  // On a small screen they are as large as anywhere else.
  expect(await sizeAt(800, 600)).toBeCloseTo(32 / 600, 3)
}, 30_000)

test('[WB149] Share has a link for a projector, and opens it', async () => {
  const page = await open(`${room}#${SECRETS.join('.')}`, 320, 640)
  await page.getByRole('button', { name: 'Just watch' }).click()
  await page.getByRole('button', { name: 'Share' }).first().click()
  await page.getByRole('radio', { name: 'Projector' }).check({ force: true })
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue()
  expect(new URL(link).search).toBe('?kiosk=1')
  const here = page.getByRole('link', { name: 'Open here' })
  expect(await here.getAttribute('href')).toBe(link)
  await page.goto(mock.url + link.slice(new URL(link).origin.length))
  await page.locator('.captions.kiosk .turn').first().waitFor()
  await page.close()
}, 30_000)

test('[WB63] the room does not scroll sideways at 320 px in any language, for readers and for speakers', async () => {
  const wide: string[] = []
  for (const ui of ['en', 'de', 'fr', 'es', 'ar', 'ja'])
    for (const [look, button] of [
      ['reading', '.button.plain'],
      ['speaking', '.button.primary'],
    ] as const) {
      const page = await open(room, 320, 640, { ui })
      await page.locator(`html[lang=${ui}]`).waitFor()
      await page.locator(`.join-card ${button}`).last().click()
      await page.locator('.turn').first().waitFor()
      const over = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement
        return scrollWidth - clientWidth
      })
      if (over > 0) wide.push(`${ui} ${look}: ${over}`)
      await page.close()
    }
  expect(wide).toEqual([])
}, 60_000)

test('[WB151] on paper words are dark on white whatever the theme, and nothing that is pressed is printed', async () => {
  for (const theme of ['dark', 'contrast', 'yellow', 'system']) {
    const page = await open(room, 794, 1123, { theme })
    await page.emulateMedia({ colorScheme: 'dark' })
    for (const path of [room, '/s/ses_a']) {
      await page.goto(mock.url + path)
      if (path === room) await page.getByRole('button', { name: 'Just watch' }).click()
      await page.locator('.turn, .r-turn').first().waitFor()
      expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme)
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      const printed = (await page.evaluate(`(() => {
        const seen = (each) => each.checkVisibility() && !each.closest('.visually-hidden')
        const light = [...document.querySelectorAll('h1, h2, .speaker, .turn-text, .turn-time, .r-text, .r-time, .summary li')].filter((each) => {
          const [r, g, b] = getComputedStyle(each).color.match(/[0-9.]+/g).map(Number)
          return seen(each) && 0.2126 * r + 0.7152 * g + 0.0722 * b > 120
        })
        const pressed = [...document.querySelectorAll('.button, .icon-button, select, input, textarea')].filter(seen)
        return [...light, ...pressed].map((each) => each.outerHTML.slice(0, 80))
      })()`)) as string[]
      expect([theme, path, printed]).toEqual([theme, path, []])
      await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
    }
    await page.close()
  }
}, 60_000)

test('[WB153] the list of keys has those that work: a reader has no microphone to mute', async () => {
  const page = await open(room, 1280, 800)
  const keys = async () => {
    await page.locator('.turn').first().waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    const found = await page.locator('.keys dd').allTextContents()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    return found
  }
  await page.getByRole('button', { name: 'Just watch' }).click()
  const reader = await keys()
  expect(reader).toContain('Mark your place')
  expect(reader).not.toContain('Mute or unmute')
  await page.getByRole('button', { name: 'Speak too' }).click()
  await page.getByRole('button', { name: 'Join and speak' }).click()
  await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
  expect(await keys()).toEqual([
    'Mute or unmute',
    'Hold to talk while muted',
    'Off or back on the record (host)',
    ...reader,
  ])
  await page.close()
}, 30_000)

test('[WB154] in the head and the dock of the room nothing lies over anything, at any width, in any language', async () => {
  const found: string[] = []
  for (const ui of ['en', 'de', 'fr', 'es', 'ar', 'ja']) {
    const page = await open(room, 1280, 800, { ui })
    await page.locator(`html[lang=${ui}]`).waitFor()
    await page.locator('.join-card .button.primary').click()
    await page.locator('.dock .language-menu').waitFor()
    for (const height of [800, 390])
      for (const width of [1280, 900, 768, 660, 560, 480, 320]) {
        await page.setViewportSize({ width, height })
        const over = (await page.evaluate(`(async () => {
          await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
          const parts = '.dock-voice > *, .dock-voice .level > *, .dock-reading > *, .room-head > *, .room-head-end > *'
          const boxes = [...document.querySelectorAll(parts)]
            .filter((each) => each.checkVisibility() && getComputedStyle(each).clipPath === 'none')
            .map((each) => [each, each.getBoundingClientRect()])
          const out = document.documentElement.scrollWidth > innerWidth ? ['sideways'] : []
          for (const [a, x] of boxes)
            for (const [b, y] of boxes)
              if (a !== b && !a.contains(b) && !b.contains(a))
                if (Math.min(x.right, y.right) - Math.max(x.left, y.left) > 2)
                  if (Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top) > 2) out.push(a.className + ' on ' + b.className)
          return out.slice(0, 2)
        })()`)) as string[]
        found.push(...over.map((each) => `${ui} ${width} × ${height}: ${each}`))
      }
    await page.close()
  }
  expect(found).toEqual([])
}, 90_000)
