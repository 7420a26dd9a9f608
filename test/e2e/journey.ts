/** The main job, as people do it: speak in one browser, read it in another, find it again. Used on the sources and on the executable. */
import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Utterance, utteranceText } from '../../server/core/transcript.ts'
import { errorRate } from '../bench/wer.ts'
import { openBrowser, openPage } from '../helpers/browser.ts'
import { type RunningServer, untilReady } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { joinWithSilence } from '../helpers/wav.ts'

const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const CLIP = 'en_ls_2412_153948_0001'
const reference = readFileSync(join(FIXTURES, `${CLIP}.txt`), 'utf8')

export async function journey(server: RunningServer): Promise<void> {
  await untilReady(server)
  const [speaking, reading] = await Promise.all([
    // The recording plays from the moment the microphone opens: people do not speak before they are in either.
    openBrowser({
      microphone: joinWithSilence(join(server.directory, 'mic.wav'), [join(FIXTURES, `${CLIP}.wav`)], 2),
    }),
    openBrowser(),
  ])
  try {
    const speaker = await openPage(speaking, server.url)
    await speaker.getByRole('button', { name: /start a meeting/i }).click()
    await speaker.waitForURL(/\/r\//)
    const roomId = new URL(speaker.url()).pathname.split('/')[2] as string
    const reader = await openPage(reading, `${server.url}/c/${roomId}`)

    await speaker.getByLabel(/your name/i).fill('Ada Lovelace')
    await speaker.getByRole('button', { name: /join and speak/i }).click()

    // While the recording still plays, the reader sees its first words.
    const log = reader.getByRole('log')
    const live = await until(async () => {
      // biome-ignore lint/performance/useDomNodeTextContent: what a reader sees, line by line
      const text = await log.innerText()
      return wordsOf(text).length >= 8 ? text : null
    }, 14_000)
    expect(live).toContain('Ada Lovelace')

    // The finals match the reference.
    const session = await until(async () => {
      const { sessions } = await api<{ sessions: { id: string; utterances: number }[] }>('/api/sessions')
      const found = sessions[0]
      if (!found) return null
      const text = await transcriptOf(found.id)
      return wordsOf(text).length >= wordsOf(reference).length * 0.9 ? found : null
    }, 25_000)
    await Bun.sleep(2500) // a refinement may still come
    const text = await transcriptOf(session.id)
    expect(errorRate(reference, text, 'en')).toBeLessThanOrEqual(10)

    // Both screens agree with the store.
    // biome-ignore lint/performance/useDomNodeTextContent: what a reader sees, line by line
    const shown = await log.innerText()
    expect(errorRate(text, withoutHeadings(shown), 'en')).toBeLessThanOrEqual(5)

    // Found by a word in the middle of it.
    const rare = wordsOf(reference).sort((a, b) => b.length - a.length)[0] as string
    const { hits } = await api<{ hits: { session: { id: string }; wordStart: number }[] }>(
      `/api/search?q=${rare}`,
    )
    expect(hits[0]?.session.id).toBe(session.id)

    // Its audio is there, and is what was said: not silence.
    const audio = await fetch(`${server.url}/api/sessions/${session.id}/audio`)
    expect(audio.status).toBe(200)
    expect((await audio.arrayBuffer()).byteLength).toBeGreaterThan(8 * 32_000)

    // Its export parses.
    const srt = await (await fetch(`${server.url}/api/sessions/${session.id}/export.srt`)).text()
    expect(srt).toMatch(/^1\r?\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\r?\n/)
    expect(speaker.problems).toEqual([])
    expect(reader.problems).toEqual([])
  } finally {
    await Promise.all([speaking.close(), reading.close()])
  }

  async function api<T>(path: string): Promise<T> {
    const response = await fetch(server.url + path)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async function transcriptOf(sessionId: string): Promise<string> {
    const { transcript } = await api<{ transcript: { utterances: Utterance[] } }>(
      `/api/sessions/${sessionId}`,
    )
    return transcript.utterances.map(utteranceText).join(' ')
  }
}

/** The captions page without names and clock times. */
function withoutHeadings(shown: string): string {
  return shown.replaceAll('Ada Lovelace', '').replace(/^\s*(AL|\d?\d:\d\d(:\d\d)?)\s*$/gm, '')
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []
}
