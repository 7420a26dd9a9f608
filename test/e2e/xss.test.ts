/** What people say, type and are called, on every page of the real server in real Chromium: it is shown, never carried out. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { newId } from '../../server/core/id.ts'
import { openBrowser } from '../helpers/browser.ts'
import { openSite, type Site } from '../security/kit.ts'

/** A host that nothing of ours ever asks: a request to it would be the payload's. */
const CANARY = 'canary.invalid'
const CODES = ['__hit(1)', 'top.__hit&&top.__hit(1)', `fetch("//${CANARY}/x")`]
const SHAPES = [
  (code: string) => `<script>${code}</script>`,
  (code: string) => `<img src=x onerror=${code}>`,
  (code: string) => `"><svg/onload=${code}>`,
  (code: string) => `' onmouseover=${code} autofocus onfocus=${code} x='`,
  (code: string) => `</title><script>${code}</script>`,
  (code: string) => `</textarea><script>${code}</script>`,
  (code: string) => `</style><script>${code}</script>`,
  (code: string) => `<iframe srcdoc="<script>${code}</script>"></iframe>`,
  (code: string) => `<iframe src="javascript:${code}">`,
  (code: string) => `<a href="javascript:${code}" autofocus>x</a>`,
  (code: string) => `[x](javascript:${code})`,
  (code: string) => `![x](http://${CANARY}/i.png "${code}")`,
  (code: string) => `<details open ontoggle=${code}>x</details>`,
  (code: string) =>
    `<math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=${code} src>">`,
  (code: string) => `<object data="javascript:${code}"></object>`,
  (code: string) => `<base href="//${CANARY}/"><script>${code}</script>`,
  (code: string) =>
    `<link rel=stylesheet href="//${CANARY}/s.css"><style>@import "//${CANARY}/i.css"</style>${code}`,
  (code: string) => `<meta http-equiv=refresh content="0;url=javascript:${code}">`,
  (code: string) => `{{constructor.constructor('${code}')()}}`,
  (code: string) => `\${${code}}`,
  (code: string) => `<video><source onerror=${code}></video>`,
  (code: string) => `<body onload=${code}>`,
  (code: string) => `<input autofocus onfocus=${code}>`,
  (code: string) => `\u003cscript\u003e${code}\u003c/script\u003e`,
  (code: string) => `%3Cscript%3E${code}%3C/script%3E`,
  (code: string) => `&lt;script&gt;${code}&lt;/script&gt;`,
  (code: string) => `<mark>${code}</mark><x onpointerrawupdate=${code}>`,
  (code: string) =>
    `{"__k":{"type":"script","props":{"children":"${code}"}},"constructor":null,"__html":"<img src=x onerror=${code}>"}`,
  (code: string) => `<noscript><p title="</noscript><img src=x onerror=${code}>">`,
  (code: string) => `--><script>${code}</script><!--`,
  (code: string) => `]]><script>${code}</script>`,
  (code: string) => `<x-y><template shadowrootmode=open><slot onslotchange=${code}></slot></template></x-y>`,
  (code: string) =>
    `jaVasCript:/*-/*\`/*\\\`/*'/*"/**/(/* */oNcliCk=${code} )//%0D%0A//</stYle/</titLe/</scRipt/--!>\\x3csVg/<sVg/oNloAd=${code}//>\\x3e`,
  (code: string) => `\u202e<img src=x onerror=${code}>`,
]
const PAYLOADS = SHAPES.flatMap((shape) => CODES.map(shape))

let site: Site
let browser: Browser
let sessionId = ''

beforeAll(async () => {
  site = await openSite({ config: { publicUrl: '' } })
  const { room } = site
  await room.configure({ vocabulary: PAYLOADS.slice(0, 20).join(' ').slice(0, 1900) })
  for (const [index, payload] of PAYLOADS.entries()) {
    await room.join({ name: payload.slice(0, 80), key: `k${index}`, role: 'speaker' })
    const said = await site.say(payload)
    await room.record({
      type: 'utterance-translated',
      translation: { utteranceId: said.id, language: 'de', rev: 1, text: payload },
    })
  }
  await room.setTitle(PAYLOADS.slice(0, 4).join(' ').slice(0, 199))
  sessionId = room.session?.id ?? ''
  const moments = [{ utteranceId: 'utt_s0', start: 0 }]
  const bullet = (text: string) => ({ text, moments, owner: text, due: text })
  const bullets = PAYLOADS.map(bullet)
  await site.app.store.append(sessionId, {
    type: 'gap',
    gap: {
      id: newId('evt'),
      participantId: [...room.transcript.participants.keys()][0] ?? '',
      start: 0,
      end: 900,
      reason: 'network',
    },
  })
  const archive = site.app.store as unknown as { saveSummary(summary: object): Promise<void> }
  await archive.saveSummary({
    id: 'sum_x',
    sessionId,
    createdAt: Date.now(),
    model: PAYLOADS[1],
    template: 'minutes',
    body: {
      overview: bullets,
      decisions: bullets,
      actions: bullets,
      topics: bullets,
      covered: 1,
      total: 1,
      dropped: 0,
    },
  })
  browser = await openBrowser()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

/** Opens a page that tells of everything a payload could do. */
async function watched(path: string): Promise<{ page: Page; hits: string[] }> {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })
  const page = await context.newPage()
  const hits: string[] = []
  await page.exposeFunction('__hit', (value: unknown) => void hits.push(`ran ${value}`))
  await page.exposeFunction('__policy', (text: string) => void hits.push(`policy ${text}`))
  await page.addInitScript(() => {
    const told = globalThis as unknown as { __policy(text: string): void }
    document.addEventListener('securitypolicyviolation', (event) =>
      told.__policy(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    )
  })
  page.on('dialog', (dialog) => {
    hits.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(site.url) && !/^(data|blob|ws|file):/.test(request.url()))
      hits.push(`request ${request.url()}`)
  })
  await page.goto(path.startsWith('/') ? site.url + path : path)
  return { page, hits }
}

const shown = async (page: Page, text: string) =>
  // biome-ignore lint/performance/useDomNodeTextContent: only what is visible counts
  page.waitForFunction((wanted) => document.body.innerText.includes(wanted), text, { timeout: 15_000 })

/** The exported page as somebody opens it: from a disk. */
async function exported(): Promise<string> {
  const file = `${site.directory}/export.html`
  await Bun.write(file, await site.call('owner', 'GET', `/api/sessions/${sessionId}/export.html`))
  return `file://${file}`
}

test('[SX18] 100 payloads in names, title, lines, translations, notes, summaries and searches run nowhere', async () => {
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(100)
  const first = '<script>__hit(1)</script>'
  const views: [string, string | null][] = [
    ['/', null],
    ['/sessions', first],
    [`/sessions?q=${encodeURIComponent('script hit')}`, null],
    [`/sessions?q=${encodeURIComponent(PAYLOADS[2] ?? '')}`, null],
    [`/s/${sessionId}`, first],
    [`/r/${site.room.id}`, null],
    [`/c/${site.room.id}`, null],
    [`/c/${site.room.id}?language=de&title=${encodeURIComponent(PAYLOADS[1] ?? '')}`, null],
    [`/settings?x=${encodeURIComponent(PAYLOADS[0] ?? '')}#${encodeURIComponent(PAYLOADS[1] ?? '')}`, null],
    [`/r/${encodeURIComponent(PAYLOADS[1] ?? '')}`, null],
    [await exported(), first],
  ]
  // The watch itself: markup put into a page by force is told of.
  const probe = await watched('/')
  await probe.page.evaluate(() => {
    document.body.innerHTML = '<img src=x onerror=__hit(1)>'
  })
  await probe.page.waitForTimeout(300)
  expect(probe.hits.join()).toContain('policy script-src')
  await probe.page.context().close()
  const wrong: string[] = []
  for (const [path, text] of views) {
    const { page, hits } = await watched(path)
    await page.waitForLoadState('networkidle').catch(() => {})
    if (text) await shown(page, text).catch(() => wrong.push(`${path}: the payload is not shown at all`))
    if (path.startsWith('/r/') && !path.includes('%')) {
      await page.getByRole('button', { name: 'Just watch' }).click()
      await shown(page, '__hit(1)').catch(() => wrong.push(`${path}: no line is shown`))
      await site.say(first, 'utt_late')
    }
    if (path.startsWith('/c/'))
      await shown(page, '__hit').catch(() => wrong.push(`${path}: no line is shown`))
    // Everything that can be pointed at, opened or focused is, a little.
    for (const name of ['Summary', 'People', 'Share', 'Options', 'Notes']) {
      const button = page.getByRole('button', { name }).first()
      if (await button.isVisible().catch(() => false)) await button.click({ timeout: 1000 }).catch(() => {})
    }
    await page.keyboard.press('Tab')
    await page.mouse.move(400, 300)
    await Bun.sleep(150)
    for (const hit of hits) wrong.push(`${path.slice(0, 60)}: ${hit}`)
    await page.context().close()
  }
  expect(wrong).toEqual([])
}, 240_000)
