/**
 * `bun run bench [-- --speakers 1,2,4,6,8] [--seconds 45] [--peers] [--texts] [--clips en_*] [--model NAME|FILE] [--refine-model NAME|FILE]
 * [--directory ../shared/speech]`: people speak over real sockets into the running server at real time; one row per number of
 * speakers, and with `--peers` one for WhisperLive and WhisperLiveKit hearing the same with the same weights, one after the
 * other, then the ratios.
 */
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { plainName } from '../../models/catalogue.ts'
import { importModel } from '../../models/installed.ts'
import { startServer, untilReady } from '../helpers/server.ts'
import { edgeErrors } from './alignment.ts'
import { commit, keep } from './cache.ts'
import { BENCH_CLIPS, clipsNamed, speechDirectory } from './clips.ts'
import { goldOf } from './gold.ts'
import { meeting, type Part, playlist } from './live.ts'
import { percentile, type TakeFigures } from './measure.ts'
import { measurePeer } from './peers/compare.ts'
import { installPeers } from './peers/install.ts'
import { ratios } from './peers/ratios.ts'
import { PEERS, startPeer } from './peers/systems.ts'
import { markdown, summarise } from './table.ts'
import { rate } from './wer.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    speakers: { type: 'string', default: '' },
    seconds: { type: 'string', default: '' },
    clips: { type: 'string', default: BENCH_CLIPS },
    directory: { type: 'string', default: speechDirectory() },
    model: { type: 'string', default: '' },
    'refine-model': { type: 'string', default: '' },
    peers: { type: 'boolean', default: false },
    /** Each person's words as well, and how many of them are wrong. */
    texts: { type: 'boolean', default: false },
  },
})

const speakers = (values.speakers || (values.peers ? '1' : '1,2,4,6,8')).split(',').map(Number)
const seconds = Number(values.seconds || (values.peers ? '75' : '45'))
const model = [values.model || 'base-q8_0', values['refine-model']].filter(Boolean).map(nameOf).join(' + ')

function nameOf(model: string): string {
  return plainName(basename(model))
}

/** A model by its name, or a file, which is imported first as its users would. */
async function named(key: 'model' | 'refine-model', dataDir: string): Promise<string[]> {
  const wanted = values[key]
  if (!wanted) return []
  if (!existsSync(wanted)) return [`--${key}`, wanted]
  const { name } = await importModel(resolve(wanted), dataDir, { name: `bench-${nameOf(wanted)}` })
  return [`--${key}`, name]
}

async function main(): Promise<void> {
  const clips = clipsNamed(values.directory, values.clips)
  // Before the clock runs: minutes, the first time.
  const peers = values.peers ? await installPeers((line) => console.error(line)) : null
  const gold = await goldOf(clips)
  console.log(`commit ${commit()}, model ${model}, ${seconds} s per speaker`)
  const off = [...gold.values()].flatMap(edgeErrors)
  console.log(
    `clock: aligned word ends lie ${percentile(off, 0.5).toFixed(0)} ms (median; 5–95 %: ` +
      `${percentile(off, 0.05).toFixed(0)}…${percentile(off, 0.95).toFixed(0)}) after the end of the sound, at ${off.length} pauses`,
  )
  const parts = (count: number) =>
    Array.from({ length: count }, (_, index) => playlist(clips, gold, seconds, index, count))
  const rows = await ours(parts)
  if (peers) {
    const [part] = parts(1) as [Part]
    for (const name of PEERS) {
      const peer = await startPeer(name, peers, join(import.meta.dir, '..', 'fixtures', 'en_jfk.wav'))
      try {
        const row = summarise(await measurePeer(peer, part))
        // Those are displays of ours.
        delete row['shown by default']
        delete row['erased by default']
        delete row['erased by steady']
        rows.push(kept({ system: name, speakers: '1', ...row }))
      } finally {
        await peer.stop()
      }
    }
  }
  console.log(`\n${markdown(rows)}`)
  const [first, ...others] = rows as [Record<string, string>]
  if (peers)
    console.log(
      `\n${markdown(others.filter(({ system }) => system !== 'Parley').map((row) => ratios(first, row)))}`,
    )
}

async function ours(parts: (count: number) => Part[]): Promise<Record<string, string>[]> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-bench-'))
  const models = [...(await named('model', directory)), ...(await named('refine-model', directory))]
  const server = await startServer({
    directory,
    // Overload is measured here: nobody is kept waiting at the door.
    args: ['--language', 'en', '--max-speakers', '64', ...models],
  })
  try {
    await untilReady(server)
    const rows: Record<string, string>[] = []
    for (const count of speakers) {
      const figures = await meeting(server, parts(count))
      if (values.texts) for (const each of figures.figures) printTexts(each)
      rows.push(kept({ system: 'Parley', speakers: String(count), ...summarise(figures) }))
    }
    return rows
  } finally {
    await server.dispose()
  }
}

function printTexts({ clip, fast, refined, texts }: TakeFigures): void {
  console.log(`${clip}: fast ${rate(fast).toFixed(1)}, refined ${rate(refined).toFixed(1)}`)
  console.log(`  F ${texts.fast}\n  R ${texts.refined}`)
}

function kept(row: Record<string, string>): Record<string, string> {
  keep(values.peers ? 'peers' : 'speakers', row, model)
  return row
}

await main()
