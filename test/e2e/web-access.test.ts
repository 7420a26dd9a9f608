/** The owner's account, keys and links in real Chromium against the real server (scripted recogniser, `--auth key`). */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { App } from '../../server/app.ts'
import { said } from '../db/samples.ts'
import { openApp, type TestApp } from '../helpers/app.ts'
import { openBrowser, openPage } from '../helpers/browser.ts'
import { eventually } from '../helpers/room-kit.ts'

let browser: Browser
let server: TestApp
let app: App
const PASSWORD = 'a sentence to remember'

beforeAll(async () => {
  server = await openApp({ auth: 'key' })
  app = server.app
  browser = await openBrowser({ microphone: join(import.meta.dir, '../fixtures/en_jfk.wav') })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

/** A built-in authenticator that says yes. */
async function withAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

test('[WB90] the console’s link sets the account up; a passkey signs in; a key is shown once', async () => {
  const page = await openPage(browser, app.setupUrl ?? '')
  await withAuthenticator(page)
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Save and sign in' }).click()
  await page.getByRole('button', { name: 'Start a meeting' }).waitFor()
  // The link worked once and stands nowhere any more.
  expect(page.url()).not.toContain('#')

  await page.goto(`${app.url}/settings`)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page
    .getByRole('button', { name: /^Remove: / })
    .first()
    .waitFor()
  await page.getByLabel('Name', { exact: true }).fill('recorder')
  await page.getByRole('button', { name: 'Make a key' }).click()
  const secret = await page.getByRole('textbox', { name: 'API keys' }).inputValue()
  expect(secret).toMatch(/^parley_[0-9a-z]{32}$/)
  const models = await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
  expect(models.status).toBe(200)

  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('button', { name: 'Start a meeting' }).waitFor()
  expect(page.problems).toEqual([])
  await page.context().close()
}, 60_000)

test('[WB91, WB152] a room opens with its link only; a withdrawn link says so on the reader’s screen at once', async () => {
  const owner = await openPage(browser, `${app.url}/sign-in`)
  await owner.getByLabel('Password').fill(PASSWORD)
  await owner.getByRole('button', { name: 'Sign in', exact: true }).click()
  await owner.getByRole('button', { name: 'Start a meeting' }).click()
  await owner.waitForURL(/\/r\//)
  await owner.getByRole('button', { name: 'Just watch' }).click()
  await owner.getByRole('button', { name: 'Share' }).first().click()
  const link = await owner.getByLabel('Link', { exact: true }).inputValue()
  expect(link).toMatch(/\/c\/[a-z]+-[a-z]+-\d{4}#[0-9a-z]{26}$/)

  const reader = await openPage(browser, app.url + new URL(link).pathname + new URL(link).hash)
  await reader.locator('[data-state="waiting"], [data-state="live"]').waitFor()
  const stranger = await openPage(browser, app.url + new URL(link).pathname.replace('/c/', '/r/'))
  await stranger.getByRole('heading', { name: 'This room opens with its link' }).waitFor()

  await owner.getByText(/^Links in use/).click()
  await owner.getByRole('button', { name: 'Withdraw: To read' }).click()
  await reader.getByText('This link was withdrawn').first().waitFor({ timeout: 5_000 })
  await reader.reload()
  await reader.getByText('This link was withdrawn').first().waitFor()

  // What opens nothing any more is not offered. Another one, for those who may still read.
  await owner.getByText('This browser does not know the link.').waitFor()
  expect(await owner.getByLabel('Link', { exact: true }).count()).toBe(0)
  await owner.getByRole('button', { name: 'Make a link' }).click()
  await owner.waitForFunction(
    (before) =>
      [...document.querySelectorAll('input')].some(({ value }) => value.includes('/c/') && value !== before),
    link,
  )
  const fresh = await owner.getByLabel('Link', { exact: true }).inputValue()
  const second = await openPage(browser, app.url + new URL(fresh).pathname + new URL(fresh).hash)
  await second.locator('[data-state="waiting"], [data-state="live"]').waitFor()
}, 60_000)

test('[WB135, WB142] when a meeting has ended the way to its transcript is shown to whom it is open, with what opens it', async () => {
  const { room, tokens } = await app.rooms.create()
  const ada = await room.join({ name: 'Ada', key: '', role: 'speaker' })
  await room.record(said('utt_1', ada.id, 'Good morning.', 0))
  const host = await openPage(
    browser,
    `${app.url}/r/${room.id}#${tokens.host}.${tokens.speak}.${tokens.view}`,
  )
  await host.getByRole('button', { name: 'Just watch' }).click()
  const reader = await openPage(browser, `${app.url}/r/${room.id}#${tokens.view}`)
  for (const page of [host, reader]) await page.locator('.room').waitFor()
  await room.end()
  // A host's secret is in no address that is copied or shown; the reading link may be handed on.
  expect(host.url()).toBe(`${app.url}/r/${room.id}`)
  expect(reader.url()).toEndWith(`#${tokens.view}`)
  const way = (page: Page) => page.getByRole('link', { name: 'Open the transcript' })
  await reader.getByText('This meeting has ended').waitFor()
  await way(host).click()
  await host.locator('.r-turn').first().waitFor()
  expect([await way(reader).count(), host.problems, reader.problems]).toEqual([0, [], []])
}, 60_000)

test('[WB140] one browser, two people: each keeps their own words and names, through a reload too', async () => {
  const { room, tokens } = await app.rooms.create()
  const address = `${app.url}/r/${room.id}#${tokens.speak}`
  const names = () => [...room.transcript.participants.values()].map(({ name }) => name)
  const page: Page = await openPage(browser, address)
  const enter = async (name: string, page: Page) => {
    await page.getByLabel('Your name').fill(name)
    await page.getByRole('button', { name: 'Join and speak' }).click()
    await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
  }
  await enter('Ada', page)
  await eventually(() => expect(names()).toEqual(['Ada']))
  const [ada] = room.transcript.participants.keys()
  await room.rename(ada ?? '', 'Countess Lovelace')
  await page.getByText('Countess Lovelace').first().waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
  await eventually(() => expect(room.transcript.present.size).toBe(1))
  expect(names()).toEqual(['Countess Lovelace'])
  const context = page.context()
  await page.close()
  const next = await context.newPage()
  await next.goto(address)
  await enter('Bo', next)
  await eventually(() => expect(names()).toEqual(['Countess Lovelace', 'Bo']))
  await context.close()
}, 60_000)

test('[WB160, SX80] going back shows the page as it was, but after signing out nothing of a meeting', async () => {
  const own = await openBrowser({ back: true })
  try {
    const { room } = await app.rooms.create({ settings: { title: 'Quiet wombats' } })
    const { id: participantId } = await room.join({ name: 'Ada', key: '', role: 'speaker' })
    await room.record(said('utt_b', participantId, 'numbats are striped', 0))
    const session = room.session?.id
    await room.end()
    const page = await openPage(own, `${app.url}/sign-in`)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('button', { name: 'Start a meeting' }).waitFor()
    await page.goto(`${app.url}/s/${session}`)
    await page.getByText('numbats').first().waitFor()
    await page.evaluate(() => addEventListener('pageshow', () => Object.assign(window, { cameBack: true })))
    const back = () => page.evaluate(() => history.back()).catch(() => {})
    const shows = (words: string) =>
      page
        .getByText(words)
        .first()
        .isVisible()
        .catch(() => false)
    const fromMemory = () => page.evaluate(() => 'cameBack' in window).catch(() => false)

    await page.goto(`${app.url}/settings`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor()
    await back()
    await eventually(async () => expect(await shows('numbats')).toBe(true))
    expect(await fromMemory()).toBe(true)

    await page.goto(`${app.url}/settings`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor()
    // What the browser keeps, asked without the network: recordings lie in the same cache as this file.
    const file = `${app.url}/sw.js`
    const cached = () =>
      page.evaluate(
        (url) =>
          fetch(url, { cache: 'only-if-cached', mode: 'same-origin' })
            .then(({ ok }) => ok)
            .catch(() => false),
        file,
      )
    await page.evaluate((url) => fetch(url).then((answer) => answer.text()), file)
    expect(await cached()).toBe(true)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    expect(await cached()).toBe(false)
    await page.evaluate(() => history.go(-2))
    await eventually(async () => expect(await shows('the owner’s sign-in')).toBe(true))
    expect(page.url()).toContain(`/s/${session}`)
    expect(await page.textContent('body')).not.toMatch(/numbats|wombats/)
  } finally {
    await own.close()
  }
}, 60_000)
