/** Two people in two browsers, a reader and a captions page, the real recogniser: cuts and a reload in mid-speech lose no word and show none twice. */
import { afterAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { type Utterance, utteranceText } from '../../server/core/transcript.ts'
import { errorRate } from '../bench/wer.ts'
import { openBrowser, openPage } from '../helpers/browser.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { joinWithSilence } from '../helpers/wav.ts'

const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const clip = (name: string) => join(FIXTURES, `${name}.wav`)
const said = (name: string) => readFileSync(join(FIXTURES, `${name}.txt`), 'utf8').trim()
const ADA = ['en_ls_2412_153948_0001', 'en_sense_0870']
const BO = ['en_lj027_0127']

let server: RunningServer | undefined
const browsers: Browser[] = []
afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()))
  await server?.dispose()
}, 30_000)

const tokens = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []

/** The lines on a screen, by id, as they read. */
async function linesOn(page: Page): Promise<[id: string, text: string][]> {
  const lines = await page
    .locator('.line')
    .evaluateAll((all) =>
      all.map((each) => [(each as HTMLElement).dataset.line ?? '', each.textContent ?? '']),
    )
  return lines.map(([id = '', text = '']) => [id, tokens(text).join(' ')])
}

async function speak(page: Page, name: string): Promise<void> {
  await page.getByLabel(/your name/i).fill(name)
  await page.getByRole('button', { name: /join and speak/i }).click()
  await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
}

test('[JO7] two voices, two readers: offline and reload in mid-speech lose no word and show none twice', async () => {
  const started = await startServer()
  server = started
  await untilReady(started)
  const [first, second] = await Promise.all([
    openBrowser({ microphone: joinWithSilence(join(started.directory, 'ada.wav'), ADA.map(clip), 2) }),
    openBrowser({ microphone: joinWithSilence(join(started.directory, 'bo.wav'), BO.map(clip), 2) }),
  ])
  browsers.push(first, second)
  const ada = await openPage(first, started.url)
  await ada.getByRole('button', { name: /start a meeting/i }).click()
  await ada.waitForURL(/\/r\//)
  const { pathname, hash } = new URL(ada.url())
  const reader = await openPage(second, started.url + pathname)
  await reader.getByRole('button', { name: 'Just watch' }).click()
  const captions = await openPage(second, `${started.url}/c/${pathname.split('/')[2]}`)

  // Ada speaks; her line is cut in the middle of it, for longer than a sentence.
  await speak(ada, 'Ada Lovelace')
  await until(async () => (await linesOn(captions)).length > 0, 60_000, 'first words')
  await ada.context().setOffline(true)
  await Bun.sleep(6_000)
  await ada.context().setOffline(false)
  // Meanwhile the reader's page is loaded anew.
  await reader.reload()
  await reader.getByRole('button', { name: 'Just watch' }).click()

  const api = async <T>(path: string): Promise<T> => (await (await fetch(started.url + path)).json()) as T
  const { sessions } = await api<{ sessions: { id: string }[] }>('/api/sessions')
  const stored = async (name: string): Promise<Utterance[]> => {
    const { transcript } = await api<{
      transcript: { utterances: Utterance[]; participants: { id: string; name: string }[] }
    }>(`/api/sessions/${sessions[0]!.id}`)
    const ids = new Set(transcript.participants.filter((each) => each.name === name).map((each) => each.id))
    return transcript.utterances.filter((each) => name === '' || ids.has(each.participantId))
  }
  const textOf = async (name: string) => (await stored(name)).map(utteranceText).join(' ')
  const adaSaid = ADA.map(said).join(' ')
  await until(
    async () => tokens(await textOf('Ada Lovelace')).length >= tokens(adaSaid).length * 0.95,
    60_000,
    'all of Ada',
  )

  // Bo speaks, and loads his page anew in mid-speech: it goes on by itself, his recording begins again.
  const bo = await openPage(second, started.url + pathname + hash)
  await speak(bo, 'Bo Diddley')
  await until(async () => tokens(await textOf('Bo Diddley')).length > 3, 60_000, 'Bo')
  await captions.context().setOffline(true)
  await bo.reload()
  await bo.getByRole('button', { name: 'Mute', exact: true }).waitFor()
  await Bun.sleep(3_000)
  await captions.context().setOffline(false)
  const boSaid = tokens(BO.map(said).join(' '))
  await until(
    async () =>
      tokens(await textOf('Bo Diddley'))
        .slice(-6)
        .includes(boSaid.at(-1) as string),
    60_000,
    'Bo to his last word',
  )
  await Promise.all([first.close(), bo.close()])
  browsers.splice(0, 1)
  // Refinements come within ten seconds of their line.
  let settled = ''
  await until(
    async () => {
      const now = JSON.stringify((await stored('')).map(({ id, rev }) => [id, rev]))
      const same = now === settled
      settled = now
      if (!same) await Bun.sleep(4_000)
      return same
    },
    60_000,
    'that nothing changes any more',
  )

  // Every word of Ada's, once; of Bo's what he said before the reload, and then all of it.
  expect(errorRate(adaSaid, await textOf('Ada Lovelace'), 'en')).toBeLessThanOrEqual(8)
  const heard = await textOf('Bo Diddley')
  const possible = boSaid.map((_, k) => [...boSaid.slice(0, k), ...boSaid].join(' '))
  expect(Math.min(...possible.map((text) => errorRate(text, heard, 'en')))).toBeLessThanOrEqual(8)
  // Both screens show what is stored, line by line and word by word, nothing twice.
  // The line a reload cut off is final a few seconds after the new page speaks.
  const wanted = async () =>
    (await stored('')).map((each): [string, string] => [each.id, tokens(utteranceText(each)).join(' ')])
  for (const page of [reader, captions]) {
    const same = async () => Bun.deepEquals(await linesOn(page), await wanted())
    await until(same, 30_000, 'what is stored').catch(() => {})
    expect(await linesOn(page)).toEqual(await wanted())
  }
  expect(reader.problems.filter((text) => !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(text))).toEqual([])
}, 300_000)
