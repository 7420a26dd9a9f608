/** What can speak besides a microphone, in real Chromium against the real server with the scripted recogniser: a recording, a tab, both. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import type { App } from '../../server/app.ts'
import { openApp, type TestApp } from '../helpers/app.ts'
import { openBrowser, openPage } from '../helpers/browser.ts'

const FIXTURES = join(import.meta.dir, '..', 'fixtures')
/** 5.3 s. */
const CLIP = join(FIXTURES, 'en_lj006_0114.wav')
const SHARED = 'The shared tab'

let browser: Browser
let server: TestApp
let app: App

beforeAll(async () => {
  server = await openApp()
  app = server.app
  browser = await openBrowser({ microphone: join(FIXTURES, 'en_jfk.wav'), sharedTab: SHARED })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

async function lobby(
  name: string,
  source: 'File' | 'Tab or system' | 'Both',
): Promise<Awaited<ReturnType<typeof openPage>>> {
  const page = await openPage(browser, app.url)
  await page.getByRole('button', { name: 'Start a meeting' }).click()
  await page.getByLabel('Your name').fill(name)
  const radio = page.getByRole('radio', { name: source })
  await radio.focus()
  await page.keyboard.press('Space')
  expect(await radio.isChecked()).toBe(true)
  return page
}

/** Ms of sound that the server has of each voice of the newest meeting. */
async function recorded(): Promise<{ name: string; ms: number }[]> {
  const api = async <T>(path: string) => (await (await fetch(app.url + path)).json()) as T
  const { sessions } = await api<{ sessions: { id: string }[] }>('/api/sessions?limit=1')
  const { tracks, transcript } = await api<{
    tracks: { participantId: string; bytes: number }[]
    transcript: { participants: { id: string; name: string }[] }
  }>(`/api/sessions/${sessions[0]?.id}`)
  return tracks.map(({ participantId, bytes }) => ({
    name: transcript.participants.find(({ id }) => id === participantId)?.name ?? '',
    ms: bytes / 32,
  }))
}

test('[WB82] a recording speaks in the room: words, held, gone on with, its end said', async () => {
  const page = await lobby('Archive', 'File')
  const join = page.getByRole('button', { name: 'Join and speak' })
  // What the browser cannot play is said before anybody enters.
  await page.locator('input[type=file]').setInputFiles({
    name: 'notes.wav',
    mimeType: 'audio/wav',
    buffer: Buffer.from('no sound at all'),
  })
  await page.getByText('That recording cannot be played').waitFor()
  expect(await join.isDisabled()).toBe(true)
  await page.locator('input[type=file]').setInputFiles(CLIP)
  await page.getByText('0:05 ·').waitFor()
  await join.click()
  const hold = page.getByRole('button', { name: 'Pause: en_lj006_0114.wav' })
  await hold.waitFor()
  await page.locator('.line').first().waitFor()
  await hold.click()
  const on = page.getByRole('button', { name: 'Resume: en_lj006_0114.wav' })
  await on.waitFor()
  await page.getByText('/ 0:05').waitFor()
  await on.click()
  await page.getByText('“en_lj006_0114.wav” has been played to its end.').waitFor({ timeout: 20_000 })
  await page.getByRole('button', { name: 'Speak too' }).waitFor()
  // All of it, and no more than the pause besides.
  const [voice] = await recorded()
  expect(voice?.name).toBe('Archive')
  expect(voice?.ms).toBeGreaterThan(5_200)
  // A reload asks again instead of opening a microphone.
  await page.getByRole('button', { name: 'Play another recording' }).click()
  await page.getByRole('radio', { name: 'File' }).waitFor()
  expect(page.problems).toEqual([])
  await page.context().close()
}, 60_000)

test('[WB83] the sound of a tab speaks, alone and as a second speaker beside the microphone', async () => {
  const page = await lobby('Ada', 'Both')
  const shared = await page.context().newPage()
  await shared.goto(`${app.url}/?shared`)
  await shared.evaluate(`(() => {
    document.title = ${JSON.stringify(SHARED)}
    const context = new AudioContext()
    const tone = context.createOscillator()
    tone.connect(context.destination)
    tone.start()
  })()`)
  await page.bringToFront()
  await page.getByRole('button', { name: 'Join and speak' }).click()
  await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
  await page.locator('.person', { hasText: 'Ada · Tab or system' }).waitFor()
  await page.locator('.turn').nth(1).waitFor()
  const speakers = await page
    .locator('.turn .speaker')
    .evaluateAll((all) => [...new Set(all.map((each) => each.textContent))])
  expect(speakers.length).toBeGreaterThan(1)
  await page.context().close()
}, 60_000)
