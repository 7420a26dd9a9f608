import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudioKeeper, type KeptTrack, resumeCompression } from '../../server/media/keeper.ts'
import { recordingFiles, takeable } from '../../server/media/recording-files.ts'
import { openTrack } from '../../server/media/track-audio.ts'
import { bytesOf, CHILD } from './sound.ts'

const clip = (await bytesOf('clip.wav')).slice(-64_000)

function setUp(command: string[]) {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-keeper-'))
  mkdirSync(join(dataDir, 'audio', 's1'), { recursive: true })
  const tracks = new Map<string, KeptTrack>()
  for (const [id, ended] of [
    ['t1', true],
    ['t2', false],
  ] as const) {
    const path = join('audio', 's1', `${id}.pcm`)
    writeFileSync(join(dataDir, path), clip)
    tracks.set(id, { id, sessionId: 's1', path, ended, encoding: 'pcm' })
  }
  const said: string[] = []
  const keeper = createAudioKeeper({
    dataDir,
    command,
    tracks: async () => [...tracks.values()],
    saveTrack: async (track) => void tracks.set(track.id, track),
    report: (_level, message) => said.push(message),
  })
  return { dataDir, tracks, said, keeper, files: () => readdirSync(join(dataDir, 'audio', 's1')).sort() }
}

test('[ME15] an ended recording becomes Opus, one still open stays', async () => {
  const { dataDir, tracks, said, keeper, files } = setUp(CHILD)
  keeper.sessionEnded('s1')
  await keeper.idle()
  expect(said).toEqual(['recording compressed'])
  expect(files()).toEqual(['t1.opus', 't2.pcm'])
  const track = tracks.get('t1') as KeptTrack
  expect(track).toMatchObject({ encoding: 'opus', path: join('audio', 's1', 't1.opus') })
  const audio = openTrack(dataDir, track)
  expect(audio.samples).toBe(32_000)
  audio.close()
  expect(statSync(join(dataDir, track.path)).size).toBeLessThan(clip.length / 5)
})

for (const [name, command] of [
  ['fails', [process.execPath, '-e', 'process.exit(1)']],
  ['writes nothing', [process.execPath, '-e', '0']],
  [
    'writes half',
    [process.execPath, '-e', "require('fs').writeFileSync(process.argv.at(-1).slice(5), 'OggS')"],
  ],
] as const) {
  test(`[ME15] a compressor that ${name} costs nothing`, async () => {
    const { said, keeper, files, tracks } = setUp([...command])
    keeper.sessionEnded('s1')
    await keeper.idle()
    expect(said).toEqual(['recording not compressed'])
    expect(files()).toEqual(['t1.pcm', 't2.pcm'])
    expect(tracks.get('t1')?.encoding).toBe('pcm')
  })
}

test('[ME15] the file a crash left behind goes with the next run, half drafts too', async () => {
  const { dataDir, tracks, keeper, files } = setUp(CHILD)
  keeper.sessionEnded('s1')
  await keeper.idle()
  writeFileSync(join(dataDir, 'audio', 's1', 't1.pcm'), clip)
  expect(tracks.get('t1')?.encoding).toBe('opus')
  keeper.sessionEnded('s1')
  await keeper.idle()
  expect(files()).toEqual(['t1.opus', 't2.pcm'])
})

test('[ME15] a start takes up ended meetings, not running ones', async () => {
  const { keeper, files } = setUp(CHILD)
  const session = (endedAt: number | null) => async () => [{ id: 's1', endedAt, hasAudio: true }]
  await resumeCompression(keeper, session(null), async () => [])
  await keeper.idle()
  expect(files()).toEqual(['t1.pcm', 't2.pcm'])
  await resumeCompression(keeper, session(5), async () => [])
  await keeper.idle()
  expect(files()).toEqual(['t1.opus', 't2.pcm'])
})

test('[ME22] a start takes up every meeting that was not packed, however many came after it', async () => {
  const { keeper, files } = setUp(CHILD)
  const newer = Array.from({ length: 200 }, (_, n) => ({ id: `newer${n}`, endedAt: null, hasAudio: true }))
  await resumeCompression(
    keeper,
    async (limit) => newer.slice(0, limit),
    async () => ['s1'],
  )
  await keeper.idle()
  expect(files()).toEqual(['t1.opus', 't2.pcm'])
})

test('[ME15] a meeting deleted meanwhile leaves no file', async () => {
  const { tracks, keeper, files, dataDir } = setUp(CHILD)
  const all = [...tracks.values()]
  let asked = 0
  const late = createAudioKeeper({
    dataDir,
    command: CHILD,
    tracks: async () => (asked++ === 0 ? all : []),
    saveTrack: async () => {
      throw new Error('must not be stored')
    },
    report() {},
  })
  late.sessionEnded('s1')
  await late.idle()
  expect(files()).toEqual(['t1.pcm', 't2.pcm'])
  expect(existsSync(join(dataDir, 'audio', 's1', 't1.opus.part'))).toBe(false)
  await keeper.close()
})

test('[ME19] a recording that is packed while somebody reads its meeting is heard all the same', async () => {
  const { dataDir, tracks, keeper } = setUp(CHILD)
  const before = tracks.get('t1') as KeptTrack
  const read = openTrack(dataDir, before)
  keeper.sessionEnded('s1')
  await keeper.idle()
  expect(existsSync(join(dataDir, before.path))).toBe(false)
  expect((await read.read(0, 32_000)).length).toBe(32_000)
  read.close()
  const late = openTrack(dataDir, before)
  expect([late.samples, (await late.read(0, 32_000)).length]).toEqual([32_000, 32_000])
  late.close()
  const named = { ...before, start: 0, participantId: 'p', bytes: clip.length }
  const missing = { ...named, path: join('audio', 's1', 't9.pcm') }
  const [file] = recordingFiles(dataDir, takeable(dataDir, [missing, named]), () => 'Ada')
  const parts: Uint8Array[] = []
  for await (const part of file?.stream() ?? []) parts.push(part)
  expect([file?.name, Buffer.concat(parts).length]).toEqual(['1 Ada.wav', 44 + 64_000])
  expect(() => openTrack(dataDir, missing)).toThrow('not there any more')
})
