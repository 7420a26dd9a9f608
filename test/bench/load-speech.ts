/** L5 and L6 of the load table: how many people the real recogniser keeps up with, who comes after them, and how late words are shown. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { record } from '../helpers/native-client.ts'
import { startServer, untilReady } from '../helpers/server.ts'
import { clipsNamed, speechDirectory } from './clips.ts'
import { goldOf } from './gold.ts'
import { asSpoken, meeting, playlist, toPcm16 } from './live.ts'
import { percentile } from './measure.ts'
import { markdown } from './table.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  strict: false,
  options: {
    speakers: { type: 'string', default: '1,2,4,6,8' },
    seconds: { type: 'string', default: '45' },
    model: { type: 'string', default: '' },
    runs: { type: 'string', default: '3' },
  },
})
const seconds = Number(values.seconds)
const model = String(values.model)
const CLIPS = 'en_jfk,en_ami_*,en_ls_*,en_lj006*,en_lj009*,en_lj027*,en_lj050*,en_mfa*,en_sense*'
/** The bars of the load table: finals this late at most, and this share of the cores, ms. */
const FINAL_WITHIN = 3000
const BUSY = 0.8

async function parts() {
  const clips = clipsNamed(speechDirectory(), CLIPS)
  const gold = await goldOf(clips)
  return (count: number) =>
    Array.from({ length: count }, (_, index) => playlist(clips, gold, seconds, index, count))
}

const start = (most: number) =>
  startServer({
    args: ['--language', 'en', '--max-speakers', String(most), ...(model ? ['--model', model] : [])],
  })

/** One speaker after the other, `runs` times: median and 95th percentile of each figure, and the worst of the runs. */
export async function partialLatency(): Promise<void> {
  const part = (await parts())(1)
  const server = await start(64)
  const rows: Record<string, string>[] = []
  const figures: { shown: number[]; final: number[] }[] = []
  try {
    await untilReady(server)
    for (let run = 1; run <= Number(values.runs); run++) {
      const { figures: takes } = await meeting(server, part)
      const shown = takes.flatMap((take) => take.shown)
      const final = takes.flatMap((take) => take.afterSpeech)
      figures.push({ shown, final })
      rows.push({ run: String(run), ...row(shown, final) })
    }
  } finally {
    await server.dispose()
  }
  const all = row(
    figures.flatMap(({ shown }) => shown),
    figures.flatMap(({ final }) => final),
  )
  console.log(markdown([...rows, { run: 'all', ...all }]))
}

function row(shown: number[], final: number[]): Record<string, string> {
  const seconds = (list: number[], share: number) => (percentile(list, share) / 1000).toFixed(2)
  return {
    'word shown p50, s': seconds(shown, 0.5),
    'p95, s': seconds(shown, 0.95),
    'final after speech p50, s': seconds(final, 0.5),
    'final p95, s': seconds(final, 0.95),
  }
}

/** More and more speakers until finals are late or the cores are full; then one more at the door of such a meeting. */
export async function speakersAtOnce(): Promise<void> {
  const of = await parts()
  const server = await start(64)
  const rows: Record<string, string>[] = []
  let most = 0
  let promised = 0
  try {
    await untilReady(server)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    promised = Number(/speaker_capacity (\d+)/.exec(metrics)?.[1] ?? 0)
    for (const count of String(values.speakers).split(',').map(Number)) {
      const run = await meeting(server, of(count))
      const final = run.figures.flatMap((take) => take.afterSpeech)
      const share = run.cpuSeconds / ((run.audioSeconds / count) * availableParallelism())
      const shown = run.figures.flatMap((take) => take.shown)
      const good = percentile(final, 0.95) <= FINAL_WITHIN && share < BUSY
      if (good) most = Math.max(most, count)
      rows.push({
        speakers: String(count),
        ...row(shown, final),
        'share of the cores': share.toFixed(2),
        'within the bars': good ? 'yes' : 'no',
      })
    }
  } finally {
    await server.dispose()
  }
  console.log(markdown(rows))
  console.log(`${model || 'base-q8_0'}: ${most} at once within the bars; the self-test promises ${promised}`)
  if (most > 0) console.log(`one more: ${await oneMore(most)}`)
}

/** What somebody is told who wants to speak while as many speak as there are places. */
async function oneMore(places: number): Promise<string> {
  const server = await start(places)
  try {
    await untilReady(server)
    const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    const { room } = (await (await fetch(`${server.url}/api/rooms`, post)).json()) as { room: { id: string } }
    const talking = clipsNamed(speechDirectory(), 'en_lj*').flatMap(({ pcm }) => [...pcm])
    let over = false
    const speakers = Array.from({ length: places }, (_, index) => {
      const speaker = record({ url: server.url, room: room.id, name: `speaker ${index}` })
      const recording = speaker.client.record()
      void asSpoken(
        Float32Array.from(talking),
        (frame) => recording.write(toPcm16(frame)),
        () => over,
      )
      return speaker
    })
    await Bun.sleep(5000)
    const late = record({ url: server.url, room: room.id, name: 'one more' })
    const told = await new Promise<string>((resolve) => {
      late.client.on((event) => {
        if (event.type === 'notice') resolve(event.message)
        if (event.type === 'status' && event.status === 'open') resolve('came in')
      })
      setTimeout(() => resolve('nothing'), 10_000)
    })
    over = true
    for (const each of [...speakers, late]) each.close()
    return told
  } finally {
    await server.dispose()
  }
}
