/** Every page and state in real Chromium: accessibility, screenshots, weight. Needs Chromium, no model: the server is the mock of test/web. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { SECRETS } from '../web/mock/api.ts'
import { buildWeb } from '../web/mock/bundle.ts'
import { startMock } from '../web/mock/server.ts'

const SCREENSHOTS = join(import.meta.dir, 'screenshots')
const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const axeSource = await Bun.file(require.resolve('axe-core/axe.min.js')).text()

let browser: Browser
let mock: Awaited<ReturnType<typeof startMock>>
let files: Awaited<ReturnType<typeof buildWeb>>

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  files = await buildWeb()
  mock = await startMock({ wordMs: 0, files })
  browser = await openBrowser({ microphone: join(FIXTURES, 'en_ls_2412_153948_0001.wav') })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await mock?.close()
})

interface State {
  name: string
  path: string
  settings?: object
  enter?: (page: Page) => Promise<void>
  /** Leaves the mock server as it was. */
  leave?: (page: Page) => Promise<void>
}

const room = '/r/quiet-otter-4207'
const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()

const STATES: State[] = [
  { name: 'home', path: '/' },
  { name: 'home-options', path: '/', enter: async (page) => page.getByText('Options').click() },
  { name: 'join', path: room },
  { name: 'join-microphone', path: room, enter: press('Turn on the microphone') },
  { name: 'join-missing', path: '/r/no-such-room' },
  { name: 'room-reading', path: room, enter: press('Just watch') },
  {
    name: 'room-speaking',
    path: room,
    enter: async (page) => {
      await page.getByLabel('Your name').fill('Amira Haddad')
      await press('Join and speak')(page)
      await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
    },
  },
  {
    name: 'room-share',
    path: `${room}#${SECRETS.join('.')}`,
    enter: async (page) => {
      await press('Just watch')(page)
      await press('Share')(page)
      await page.locator('.qr').waitFor()
    },
  },
  {
    name: 'room-options',
    path: room,
    enter: async (page) => {
      await press('Just watch')(page)
      await press('Reading options')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'room-keys',
    path: room,
    enter: async (page) => {
      await press('Just watch')(page)
      await page.locator('.room').waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'room-paused',
    path: room,
    enter: async (page) => {
      await press('Just watch')(page)
      await page.locator('.turn').first().waitFor()
      await page.keyboard.press('h')
      await page.keyboard.press('p')
    },
  },
  { name: 'captions', path: '/c/quiet-otter-4207', enter: (page) => page.locator('.turn').first().waitFor() },
  {
    name: 'captions-controls',
    path: '/c/quiet-otter-4207',
    enter: async (page) => {
      await page.locator('.turn').first().waitFor()
      await page.keyboard.press('Tab')
      await page.locator('.caption-controls :focus').waitFor()
    },
  },
  {
    name: 'captions-box',
    path: '/c/quiet-otter-4207?lines=3&size=130',
    enter: (page) => page.locator('.caption').first().waitFor(),
  },
  {
    name: 'captions-overlay',
    path: '/c/quiet-otter-4207?overlay=1',
    enter: (page) => page.locator('.caption').first().waitFor(),
  },
  {
    name: 'room-settings',
    path: room,
    enter: async (page) => {
      await press('Join and speak')(page)
      await page.setViewportSize({ width: 1280, height: 800 })
      await press('Room settings')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'room-both',
    path: room,
    settings: { show: 'both', language: 'en' },
    enter: press('Just watch'),
  },
  {
    name: 'room-off-record',
    path: room,
    enter: async (page) => {
      await press('Join and speak')(page)
      await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
      await page.locator('.transcript').focus()
      await page.keyboard.press('o')
      await page.getByRole('button', { name: 'Back on the record' }).waitFor()
      await page.locator('.room-notice').waitFor()
    },
    leave: async (page) => {
      await page.getByRole('button', { name: 'Back on the record' }).click()
      await page.locator('[data-state="off-the-record"]').waitFor({ state: 'detached' })
    },
  },
  {
    name: 'room-commands',
    path: room,
    enter: async (page) => {
      await press('Join and speak')(page)
      await press('Room settings')(page)
      await page.getByLabel('Listen for spoken commands').check()
      await page.locator('.phrases li').nth(3).waitFor()
      await page.locator('.voice-commands').scrollIntoViewIfNeeded()
    },
    leave: (page) => page.getByLabel('Listen for spoken commands').uncheck(),
  },
  {
    name: 'room-people',
    path: room,
    enter: async (page) => {
      await press('Join and speak')(page)
      await page.setViewportSize({ width: 390, height: 844 })
      await press('People')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'room-speak-link',
    path: `${room}#${SECRETS.join('.')}`,
    enter: async (page) => {
      await press('Just watch')(page)
      await press('Share')(page)
      await page.getByRole('radio', { name: 'To speak' }).check({ force: true })
      await page.locator('.share').waitFor()
    },
  },
  {
    name: 'room-obs',
    path: `${room}#${SECRETS.join('.')}`,
    enter: async (page) => {
      await press('Just watch')(page)
      await press('Share')(page)
      await page.getByRole('radio', { name: 'OBS' }).check({ force: true })
      await page.locator('.overlay-preview').waitFor()
    },
  },
  {
    name: 'room-end',
    path: room,
    enter: async (page) => {
      await press('Join and speak')(page)
      await press('End')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'room-file',
    path: room,
    enter: async (page) => {
      await page.getByRole('radio', { name: 'File' }).check({ force: true })
      await page.locator('input[type=file]').setInputFiles(join(FIXTURES, 'en_jfk.wav'))
      await press('Join and speak')(page)
      await page.locator('.playing').waitFor()
    },
  },
  { name: 'captions-yellow', path: '/c/quiet-otter-4207?theme=yellow' },
  { name: 'captions-contrast', path: '/c/quiet-otter-4207?theme=contrast' },
  { name: 'captions-dyslexia', path: '/c/quiet-otter-4207?theme=dyslexia' },
  { name: 'join-arabic', path: room, settings: { ui: 'ar' } },
  { name: 'home-german', path: '/', settings: { ui: 'de' } },
  { name: 'search-japanese', path: '/sessions?q=release', settings: { ui: 'ja' } },
  { name: 'library', path: '/sessions', enter: (page) => page.locator('.session-card').first().waitFor() },
  { name: 'search', path: '/sessions?q=release', enter: (page) => page.locator('.hit').first().waitFor() },
  {
    name: 'library-select',
    path: '/sessions',
    enter: async (page) => {
      await press('Select')(page)
      await page.locator('.card-choose').first().check()
    },
  },
  {
    name: 'library-ask',
    path: '/sessions',
    enter: async (page) => {
      await page.locator('.ask-all summary').click()
      await page.getByRole('textbox', { name: 'Ask all meetings' }).fill('Who reviews the timing?')
      await page.keyboard.press('Enter')
      await page.locator('.ask-all .moment').waitFor()
    },
  },
  {
    name: 'review-versions',
    path: '/s/ses_a',
    enter: async (page) => {
      await press('Versions of the text')(page)
      await page.locator('.version').first().waitFor()
    },
  },
  {
    name: 'settings-all',
    path: '/settings',
    enter: async (page) => {
      await page.locator('.model').first().waitFor()
      await press('Check this machine')(page)
      await page.locator('.finding').first().waitFor()
      await press('New template')(page)
    },
  },
  { name: 'review', path: '/s/ses_a', enter: (page) => page.locator('.r-turn').first().waitFor() },
  {
    name: 'review-edit',
    path: '/s/ses_a?q=the',
    enter: async (page) => {
      await page.locator('.r-line').first().hover()
      await page.locator('.r-edit').first().click()
      await page.getByRole('textbox', { name: /Edit this line/ }).waitFor()
    },
  },
  {
    name: 'review-export',
    path: '/s/ses_a',
    enter: async (page) => {
      await press('Export')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'review-answer',
    path: '/s/ses_a',
    enter: async (page) => {
      await page.getByRole('textbox', { name: 'Ask about this meeting' }).fill('Who reviews the timing?')
      await press('Ask')(page)
      await page.locator('.answer').waitFor()
      await press('Regenerate')(page)
      await page.getByRole('combobox', { name: 'Version' }).waitFor()
    },
  },
  {
    name: 'review-notes',
    path: '/s/ses_a',
    enter: async (page) => {
      await press('Stars and notes')(page)
      await press('Note something here')(page)
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'review-replace',
    path: '/s/ses_a',
    enter: async (page) => {
      await press('Find and replace')(page)
      await page.getByRole('textbox', { name: 'Find', exact: true }).fill('the')
      await page.getByRole('dialog').waitFor()
    },
  },
  {
    name: 'review-writing',
    path: '/s/ses_held',
    enter: async (page) => {
      await press('Regenerate')(page)
      await page.locator('.being-written').waitFor()
    },
  },
  {
    name: 'settings-keys',
    path: '/settings',
    enter: async (page) => {
      await page.getByText('API keys').first().waitFor()
      await page.getByText('API keys').first().scrollIntoViewIfNeeded()
    },
  },
  { name: 'sign-in', path: '/sign-in', enter: (page) => page.getByLabel('Password').waitFor() },
  { name: 'settings', path: '/settings', enter: (page) => page.locator('#leaves').waitFor() },
  { name: 'review-missing', path: '/s/ses_none' },
  { name: 'not-found', path: '/nothing/here' },
]

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'dark-phone', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

async function open(
  state: State,
  look: { colorScheme: 'light' | 'dark'; viewport: { width: number; height: number } },
) {
  const context = await browser.newContext({
    colorScheme: look.colorScheme,
    viewport: look.viewport,
    locale: 'en-GB',
    permissions: ['microphone'],
    reducedMotion: 'reduce',
    // axe is not part of the page; everything else runs under the real policy.
    bypassCSP: true,
  })
  const page = await context.newPage()
  const { settings } = state
  if (settings)
    await page.addInitScript(
      (value) => localStorage.setItem('parley.settings', value),
      JSON.stringify(settings),
    )
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(mock.url + state.path)
  await page.locator('main').waitFor()
  await state.enter?.(page)
  await page.waitForTimeout(400)
  return { page, problems, close: () => context.close() }
}

const SPACING =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }'

/** What is wider than its place, so that one would have to scroll sideways: the page, or an open dialog. */
function sideways(page: Page): Promise<string[]> {
  return page.evaluate(`[document.documentElement, ...document.querySelectorAll('dialog[open]')]
    .filter((each) => each.scrollWidth > each.clientWidth)
    .map((each) => [each, [...each.querySelectorAll('*')].filter((one) => {
      const { left, right } = one.getBoundingClientRect()
      return right > innerWidth + 1 || left < -1
    }).slice(-6).map((one) => one.tagName + '.' + one.className).join(' ')])
    .map(([each, wide]) => each.scrollWidth + ' > ' + each.clientWidth + ': ' + wide)`) as Promise<string[]>
}

const CONTROLS = [
  'button',
  'link',
  'checkbox',
  'radio',
  'combobox',
  'textbox',
  'searchbox',
  'slider',
  'switch',
]

/** Controls without a name in the browser's own tree, which is what a screen reader is given. */
async function nameless(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const without = nodes.filter(
    ({ role, name, ignored }) => !ignored && CONTROLS.includes(role?.value) && !name?.value?.trim(),
  )
  return Promise.all(
    without.map(async ({ role, backendDOMNodeId: backendNodeId }) => {
      const { outerHTML } = await session.send('DOM.getOuterHTML', { backendNodeId })
      return `${role?.value}: ${outerHTML.slice(0, 120)}`
    }),
  )
}

interface AxeResult {
  violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[]
}

describe('pages', () => {
  for (const look of LOOKS)
    for (const state of STATES)
      test(look.name === 'light'
        ? `[WB60, WB63, WB150] ${state.name}`
        : `[WB60, WB63] ${state.name}: dark, on a phone, at 320 px, in RTL and forced colours`, async () => {
        const { page, problems, close } = await open(state, look)
        await page.screenshot({ path: join(SCREENSHOTS, `${state.name}-${look.name}.png`) })
        await page.evaluate(axeSource)
        // What a sticky bar half covers while scrolling is no small target.
        await page.evaluate(() => document.scrollingElement?.scrollTo(0, 0))
        const { violations } = (await page.evaluate(
          "axe.run(document, { runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'] })",
        )) as AxeResult
        const found = violations.flatMap(({ id, nodes }) =>
          nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary.replace(/\s+/g, ' ')}`),
        )
        expect(found).toEqual([])
        expect(problems).toEqual([])
        if (look.name === 'light') {
          expect(await nameless(page)).toEqual([])
          // 200 % of a window of 1280 × 800.
          await page.setViewportSize({ width: 640, height: 400 })
          expect(await sideways(page)).toEqual([])
        } else {
          await page.setViewportSize({ width: 320, height: 640 })
          expect(await sideways(page)).toEqual([])
          // The reader's own spacing (WCAG 1.4.12), then the other direction of writing, in the system's own colours.
          await page.addStyleTag({ content: SPACING })
          expect(await sideways(page)).toEqual([])
          await page.emulateMedia({ forcedColors: 'active' })
          await page.evaluate("document.documentElement.dir = 'rtl'")
          expect(await sideways(page)).toEqual([])
          await page.screenshot({ path: join(SCREENSHOTS, `${state.name}-forced-rtl.png`) })
        }
        await state.leave?.(page)
        await close()
      }, 30_000)
})

describe('narrow screens', () => {
  const phone = (width: number) => ({
    colorScheme: 'light' as const,
    viewport: { width, height: 640 },
  })

  test('[WB133] on a phone the state lies over no words of the captions, wherever they are scrolled', async () => {
    const state = STATES.find(({ name }) => name === 'captions') as State
    const { page, close } = await open(state, phone(390))
    await page.locator('.captions-state').waitFor()
    for (const to of [0, 100, 10_000]) {
      await page.evaluate((top) => document.querySelector('.transcript')?.scrollTo(0, top), to)
      const covered = (await page.evaluate(`(() => {
        const state = document.querySelector('.captions-state').getBoundingClientRect()
        const box = document.querySelector('.transcript').getBoundingClientRect()
        return [...document.querySelectorAll('.turn-head, .w')].filter((each) => {
          const { top, bottom, left, right } = each.getBoundingClientRect()
          const seen = { top: Math.max(top, box.top), bottom: Math.min(bottom, box.bottom) }
          return seen.top < seen.bottom && seen.top < state.bottom && seen.bottom > state.top && left < state.right && right > state.left
        }).map((each) => each.textContent)
      })()`)) as string[]
      expect([to, covered]).toEqual([to, []])
    }
    await close()
  }, 30_000)

  test('[WB134] what the library can be narrowed by is written in full on a narrow screen, in every language', async () => {
    for (const ui of ['en', 'de', 'fr', 'es', 'ar', 'ja']) {
      const { page, close } = await open({ name: 'library', path: '/sessions', settings: { ui } }, phone(320))
      await page.locator('.filters select').first().waitFor()
      const cut = (await page.evaluate(`[...document.querySelectorAll('.filters select')].filter((each) => {
        const whole = each.cloneNode(true)
        whole.style.cssText = 'position: absolute; inline-size: max-content; max-inline-size: none'
        // As wide as what it shows, not as its longest choice.
        for (const option of [...whole.options]) if (option.index !== each.selectedIndex) option.remove()
        each.parentElement.append(whole)
        const wanted = whole.offsetWidth
        whole.remove()
        return wanted > each.offsetWidth + 1
      }).map((each) => each.selectedOptions[0].textContent)`)) as string[]
      expect([ui, cut]).toEqual([ui, []])
      await close()
    }
  }, 60_000)
})

describe('weight', () => {
  /** Gzip bytes of the scripts a page has loaded, as the server sends them (level 9). */
  async function weigh(
    path: string,
    until: (page: Page) => Promise<void>,
    locale = 'en-GB',
  ): Promise<number> {
    const context = await browser.newContext({ permissions: ['microphone'], locale })
    const page = await context.newPage()
    const loaded = new Set<string>()
    page.on('request', (request) => {
      if (request.resourceType() === 'script') loaded.add(new URL(request.url()).pathname)
    })
    await page.goto(mock.url + path)
    await until(page)
    let bytes = 0
    for (const name of loaded) {
      const file = files.get(name)
      if (file && !name.includes('worklet'))
        bytes += Bun.gzipSync(new Uint8Array(await file.body.arrayBuffer()), { level: 9 }).length
    }
    await context.close()
    return bytes
  }

  test('[WB61] captions page and room page', async () => {
    const captions = await weigh('/c/quiet-otter-4207?overlay=1', (page) =>
      page.locator('.caption').first().waitFor(),
    )
    const reading = await weigh('/c/quiet-otter-4207', async (page) => {
      await page.locator('.turn').first().waitFor()
      await page.waitForLoadState('networkidle')
    })
    const german = await weigh(
      '/c/quiet-otter-4207',
      async (page) => {
        await page.locator('.turn').first().waitFor()
        await page.locator('html[lang=de]').waitFor()
        await page.waitForLoadState('networkidle')
      },
      'de-DE',
    )
    const controls = await weigh('/c/quiet-otter-4207', async (page) => {
      await page.locator('.turn').first().waitFor()
      // Who reaches for the controls with the keyboard is led there.
      await page.keyboard.press('Tab')
      await page.locator('.caption-controls :focus').waitFor()
    })
    const live = await weigh(room, async (page) => {
      await press('Just watch')(page)
      await page.locator('.turn').first().waitFor()
    })
    console.log(
      `JavaScript, gzip: overlay ${captions} B, captions ${reading} B, in German ${german} B, with controls ${controls} B, room ${live} B`,
    )
    expect(captions).toBeLessThanOrEqual(25_000)
    // How things stand, keys and the wake lock follow when the text stands.
    expect(reading).toBeLessThanOrEqual(27_000)
    // In another language its own words, not the whole catalogue.
    expect(german).toBeLessThanOrEqual(28_500)
    expect(controls).toBeLessThanOrEqual(29_000)
    expect(live).toBeLessThanOrEqual(60_000)
  }, 30_000)
})
