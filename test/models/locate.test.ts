import { describe, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_MODEL, findModel, VAD_MODEL } from '../../models/catalogue.ts'
import { EMBEDDED_MODELS } from '../../models/embedded.ts'
import { hashMemory, locateModel, modelDirectory, mustBeUnchanged, sidecarPath } from '../../models/locate.ts'
import { AppError } from '../../server/core/error.ts'
import { secondModel } from '../../server/engine.ts'
import { fakeWhisperFile, noise, sha256 } from './fake-model.ts'
import { temporaryDirectories } from './temporary.ts'

const temporaryDirectory = temporaryDirectories()

const VAD_FILE = EMBEDDED_MODELS[VAD_MODEL] as string
const vad = { kind: 'vad' } as const

async function refusal(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => null,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(AppError)
  return error as AppError
}

/** The file as it would lie after `parley models get`, with `bytes` inside. */
function install(dataDir: string, file: string, bytes: Uint8Array): string {
  mkdirSync(modelDirectory(dataDir), { recursive: true })
  const path = join(modelDirectory(dataDir), file)
  writeFileSync(path, bytes)
  return path
}

/** Reliability note F7 and R10: what whisper.cpp aborts on, and what it loads without a word. */
async function spoiltFiles(): Promise<Record<string, Uint8Array>> {
  const good = await Bun.file(VAD_FILE).bytes()
  const flipped = good.slice()
  for (let i = 0; i < 200; i++) flipped[1000 + i * 4000] = (flipped[1000 + i * 4000] as number) ^ 0x10
  const magic = noise(100_000)
  magic.writeUInt32LE(0x67676d6c, 0)
  return {
    'eight bytes': noise(8),
    'random bytes': noise(100_000),
    'the magic number and garbage': magic,
    'half of it': good.slice(0, good.length / 2),
    '200 flipped bytes': flipped,
  }
}

describe('by name', () => {
  test('[MO5] the bundled models are found without anything installed, with their hash compared', async () => {
    const dataDir = temporaryDirectory()
    const speech = await locateModel(DEFAULT_MODEL, { dataDir })
    expect(speech).toMatchObject({ name: DEFAULT_MODEL, sha256: findModel(DEFAULT_MODEL)?.sha256 })
    expect(statSync(speech.path).size).toBe(81_768_585)
    expect((await locateModel(VAD_MODEL, { dataDir, ...vad })).path).toBe(VAD_FILE)
  })

  test('[MO5] an installed file comes before the bundled one', async () => {
    const dataDir = temporaryDirectory()
    const path = install(dataDir, 'ggml-silero-v6.2.0.bin', await Bun.file(VAD_FILE).bytes())
    expect((await locateModel(VAD_MODEL, { dataDir, ...vad })).path).toBe(path)
  })

  test('[MO6] a damaged copy of a bundled model is passed over, and that is said', async () => {
    const notices: string[] = []
    for (const [what, bytes] of Object.entries(await spoiltFiles())) {
      const dataDir = temporaryDirectory()
      const path = install(dataDir, 'ggml-silero-v6.2.0.bin', bytes)
      const found = await locateModel(VAD_MODEL, { dataDir, ...vad, notice: (line) => notices.push(line) })
      expect({ what, path: found.path }).toEqual({ what, path: VAD_FILE })
      expect(notices.pop()).toContain(`${path} is damaged`)
    }
  })

  test('[MO46] a model whose file changes or goes after it was checked is noticed, and is well again when it is back', async () => {
    const dataDir = temporaryDirectory()
    const good = await Bun.file(VAD_FILE).bytes()
    const path = install(dataDir, 'ggml-silero-v6.2.0.bin', good)
    const model = await locateModel(VAD_MODEL, { dataDir, ...vad })
    await mustBeUnchanged(model, dataDir)
    const flipped = good.slice()
    flipped[5000] = (flipped[5000] as number) ^ 1
    writeFileSync(path, flipped)
    expect((await refusal(mustBeUnchanged(model, dataDir))).message).toContain('has changed')
    rmSync(path)
    expect((await refusal(mustBeUnchanged(model, dataDir))).message).toContain('is gone')
    writeFileSync(path, good)
    await mustBeUnchanged(model, dataDir)
  })

  test('[MO7] a damaged model without a second copy is refused with the file and the remedy, whatever the damage', async () => {
    for (const bytes of Object.values(await spoiltFiles())) {
      const dataDir = temporaryDirectory()
      const path = install(dataDir, 'ggml-small.bin', bytes)
      const error = await refusal(locateModel('small', { dataDir }))
      expect(error.code).toBe('unsupported')
      expect(error.message).toContain(path)
      expect(error.message).toContain('parley models get small --force')
    }
  })

  test('[MO8] a known model that is not installed: the message says how to get it', async () => {
    const error = await refusal(locateModel('large-v3-turbo', { dataDir: temporaryDirectory() }))
    expect(error.code).toBe('not-found')
    expect(error.message).toContain('parley models get large-v3-turbo')
  })

  test('[MO8] an unknown name: the nearest one is proposed, if it is near', async () => {
    const dataDir = temporaryDirectory()
    expect((await refusal(locateModel('smal', { dataDir }))).message).toContain("Did you mean 'small'?")
    expect((await refusal(locateModel('xyzzy', { dataDir }))).message).not.toContain('Did you mean')
  })

  test('[MO9] a voice detector is no speech model and the other way round', async () => {
    const dataDir = temporaryDirectory()
    expect((await refusal(locateModel(VAD_MODEL, { dataDir }))).code).toBe('unsupported')
    expect((await refusal(locateModel(DEFAULT_MODEL, { dataDir, ...vad }))).message).toContain(
      'voice detector',
    )
  })
})

describe('by path', () => {
  test('[MO7] every kind of damage is refused by its hash, and the message names the file', async () => {
    for (const bytes of Object.values(await spoiltFiles())) {
      const path = join(temporaryDirectory(), 'ggml-silero-v6.2.0.bin')
      writeFileSync(path, bytes)
      const error = await refusal(locateModel(path, { dataDir: temporaryDirectory(), ...vad }))
      expect(error.code).toBe('unsupported')
      expect(error.message).toContain(path)
    }
  })

  test('[MO10] a known file is recognised by its bytes under any name', async () => {
    const path = join(temporaryDirectory(), 'detector.bin')
    copyFileSync(VAD_FILE, path)
    expect(await locateModel(path, { dataDir: temporaryDirectory(), ...vad })).toMatchObject({
      path,
      name: VAD_MODEL,
    })
  })

  test('[MO10] a file nobody knows is refused, with the command that makes it known', async () => {
    const path = join(temporaryDirectory(), 'own.bin')
    writeFileSync(path, fakeWhisperFile())
    const error = await refusal(locateModel(path, { dataDir: temporaryDirectory() }))
    expect(error.message).toContain(`parley models import ${path}`)
  })

  test('[MO11] an imported file is accepted as long as it is the one that was imported', async () => {
    const dataDir = temporaryDirectory()
    const bytes = fakeWhisperFile()
    const path = install(dataDir, 'ggml-own.bin', bytes)
    writeFileSync(sidecarPath(path), `${sha256(bytes)}  ggml-own.bin\n`)
    expect(await locateModel('own', { dataDir })).toMatchObject({ path, name: 'own', entry: null })
    writeFileSync(path, fakeWhisperFile(2))
    expect((await refusal(locateModel('own', { dataDir }))).message).toContain('Import it again')
  })

  test('[MO8] a path that is not there is said to be not there', async () => {
    const error = await refusal(locateModel('/nowhere/model.bin', { dataDir: temporaryDirectory() }))
    expect(error).toMatchObject({
      code: 'not-found',
      message: 'There is no model file at /nowhere/model.bin.',
    })
    // As in the command line of whisper.cpp's example.
    const path = './nowhere/ggml-large-v3-turbo.bin'
    const known = await refusal(locateModel(path, { dataDir: temporaryDirectory() }))
    expect(known.message).toContain('parley models get large-v3-turbo')
  })
})

describe('memory of hashes', () => {
  test('[MO12] an unchanged file is not read again; a changed one is, even with its old size and date', async () => {
    const dataDir = temporaryDirectory()
    const path = install(dataDir, 'ggml-small.bin', await Bun.file(VAD_FILE).bytes())
    const { mtime, atime } = statSync(path)
    expect((await locateModel(path, { dataDir, ...vad })).name).toBe(VAD_MODEL)

    // A memory that says something else shows whether it is asked.
    const memory = hashMemory(dataDir)
    const remembered = JSON.parse(await Bun.file(memory).text())
    remembered[path].sha256 = '0'.repeat(64)
    writeFileSync(memory, JSON.stringify(remembered))
    await refusal(locateModel(path, { dataDir, ...vad }))

    writeFileSync(path, await Bun.file(VAD_FILE).bytes())
    utimesSync(path, atime, mtime)
    expect((await locateModel(path, { dataDir, ...vad })).name).toBe(VAD_MODEL)
  })

  test('[MO12] a memory that is broken or cannot be written costs time, nothing else', async () => {
    const dataDir = temporaryDirectory()
    writeFileSync(join(dataDir, 'cache'), 'a file where a directory should be')
    expect((await locateModel(VAD_MODEL, { dataDir, ...vad })).path).toBe(VAD_FILE)
    const other = temporaryDirectory()
    mkdirSync(join(other, 'cache'))
    writeFileSync(hashMemory(other), '{"half')
    expect((await locateModel(VAD_MODEL, { dataDir: other, ...vad })).path).toBe(VAD_FILE)
  })
})

test('[MO47] a second model that cannot be used is left out, one that does not exist is refused', async () => {
  const dataDir = temporaryDirectory()
  const said: string[] = []
  const log = { error: (line: string) => void said.push(line), warn: () => {} }
  const path = join(dataDir, 'ggml-own.bin')
  writeFileSync(path, fakeWhisperFile())
  expect(await secondModel({ refineModel: path, dataDir }, log)).toBeNull()
  expect(said).toHaveLength(1)
  expect(said[0]).toContain(`parley models import ${path}`)
  await refusal(secondModel({ refineModel: 'no-such-model', dataDir }, log))
  expect(await secondModel({ refineModel: '', dataDir }, log)).toBeNull()
  expect((await secondModel({ refineModel: DEFAULT_MODEL, dataDir }, log))?.name).toBe(DEFAULT_MODEL)
  expect(said).toHaveLength(1)
})
