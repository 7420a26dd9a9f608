/**
 * `bun run bench browser [-- --clips en_*] [--seconds 600] [--directory ../shared/speech] [--command dist/parley]
 * [--texts]`: the recordings
 * are the microphone of a real Chromium, one after the other in one meeting; what the store holds afterwards is compared with
 * the references, and with the same recordings transcribed as files by the same server. One row per language.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Utterance, utteranceText } from '../../server/core/transcript.ts'
import { openBrowser, openPage } from '../helpers/browser.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'
import { joinWithSilence } from '../helpers/wav.ts'
import { type Clip, loadClips } from './clips.ts'
import { markdown } from './table.ts'
import { errorRate } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    clips: { type: 'string', default: 'en_*' },
    seconds: { type: 'string', default: '600' },
    directory: { type: 'string', default: join(import.meta.dir, '..', '..', '..', 'shared', 'speech') },
    command: { type: 'string', default: '' },
    language: { type: 'string', default: '' },
    texts: { type: 'boolean', default: false },
  },
})

/** Silence before the first recording (the page has to be open and joined by then), between two and after the last, seconds. */
const BEFORE = 8
const BETWEEN = 2
const AFTER = 4

const wanted = values.clips.split(',')
const isWanted = (id: string) =>
  wanted.some((want) => (want.endsWith('*') ? id.startsWith(want.slice(0, -1)) : id === want))
const scratch = mkdtempSync(join(tmpdir(), 'parley-bench-browser-'))
const rows: Record<string, string>[] = []
try {
  const byLanguage = Map.groupBy(loadClips(values.directory, isWanted), (clip) => clip.language)
  for (const [language, clips] of byLanguage) {
    if (!language) continue
    const server = await startServer({
      command: values.command ? [values.command] : undefined,
      args: values.language ? ['--language', values.language] : [],
    })
    try {
      await untilReady(server)
      rows.push(await meeting(server, language, within(clips, Number(values.seconds))))
      console.log(JSON.stringify(rows.at(-1)))
    } finally {
      await server.dispose()
    }
  }
  console.log(`\n${markdown(rows)}`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** As many as fit, at least one. */
function within(clips: readonly Clip[], seconds: number): Clip[] {
  let sum = 0
  return clips.filter((clip, index) => {
    sum += clip.seconds
    return index === 0 || sum <= seconds
  })
}

async function meeting(server: RunningServer, language: string, clips: Clip[]) {
  const files = clips.map((clip) => join(values.directory, `${clip.id}.wav`))
  const seconds = clips.reduce((sum, clip) => sum + clip.seconds + BETWEEN, BEFORE + AFTER)
  const microphone = joinWithSilence(join(scratch, `${language}.wav`), files, BEFORE, BETWEEN, AFTER)
  const browser = await openBrowser({ microphone })
  let live = ''
  try {
    const page = await openPage(browser, server.url)
    await page.getByRole('button', { name: /start a meeting/i }).click()
    await page.waitForURL(/\/r\//)
    await page.getByLabel(/your name/i).fill('Ada')
    await page.getByRole('button', { name: /join and speak/i }).click()
    await Bun.sleep(seconds * 1000)
    live = await settled(server)
  } finally {
    await browser.close()
  }
  const reference = clips.map((clip) => clip.reference).join(' ')
  const offline = await offlineText(server, files, language)
  const recording = join(scratch, `${language}-recorded.wav`)
  await Bun.write(recording, await fetch(`${server.url}/api/sessions/${await sessionId(server)}/audio`))
  const heard = await offlineText(server, [recording], language)
  if (values.texts) console.log(`live: ${live}\nrecording: ${heard}\nfiles: ${offline}`)
  const rate = (text: string) => errorRate(reference, text, language).toFixed(2)
  return {
    language,
    clips: String(clips.length),
    seconds: seconds.toFixed(0),
    'browser, live': rate(live),
    'its recording, offline': rate(heard),
    'files, offline': rate(offline),
    difference: (errorRate(reference, live, language) - errorRate(reference, offline, language)).toFixed(2),
  }
}

/** The stored transcript, when it has not changed for six seconds. */
async function settled(server: RunningServer): Promise<string> {
  let text = ''
  for (let same = 0; same < 6; await Bun.sleep(1000)) {
    const { sessions } = (await (await fetch(`${server.url}/api/sessions`)).json()) as {
      sessions: { id: string }[]
    }
    const { transcript } = (await (await fetch(`${server.url}/api/sessions/${sessions[0]?.id}`)).json()) as {
      transcript: { utterances: Utterance[] }
    }
    const now = transcript.utterances.map(utteranceText).join(' ')
    same = now === text ? same + 1 : 0
    text = now
  }
  return text
}

async function sessionId(server: RunningServer): Promise<string> {
  const { sessions } = (await (await fetch(`${server.url}/api/sessions`)).json()) as {
    sessions: { id: string }[]
  }
  return sessions[0]?.id ?? ''
}

async function offlineText(
  server: RunningServer,
  files: readonly string[],
  language: string,
): Promise<string> {
  const texts: string[] = []
  for (const file of files) {
    const form = new FormData()
    form.set('file', Bun.file(file), 'clip.wav')
    form.set('model', 'whisper-1')
    form.set('response_format', 'text')
    if (values.language) form.set('language', language)
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form })
    if (!response.ok) throw new Error(`${file}: ${response.status} ${await response.text()}`)
    texts.push((await response.text()).trim())
  }
  return texts.join(' ')
}
