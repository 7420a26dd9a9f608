import { describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_MODEL, VAD_MODEL } from '../../models/catalogue.ts'
import { EMBEDDED_MODELS } from '../../models/embedded.ts'
import { extractOnce, writeAll } from '../../models/extract.ts'
import { inspectWhisperFile } from '../../models/ggml-file.ts'
import { importModel, listModels, removeModel, verifyModels } from '../../models/installed.ts'
import { locateModel, modelDirectory } from '../../models/locate.ts'
import { formatBytes, formatSeconds, PaceMeter } from '../../models/progress.ts'
import { AppError } from '../../server/core/error.ts'
import { fakeWhisperFile, noise, sha256 } from './fake-model.ts'
import { temporaryDirectories } from './temporary.ts'

const temporaryDirectory = temporaryDirectories()

const VAD_FILE = EMBEDDED_MODELS[VAD_MODEL] as string

function write(bytes: Uint8Array, name = 'own.bin'): string {
  const path = join(temporaryDirectory(), name)
  writeFileSync(path, bytes)
  return path
}

describe('extraction', () => {
  test('[MO13] the copy has the right bytes, or there is no copy', async () => {
    const bytes = noise(50_000)
    const source = write(bytes)
    const target = join(temporaryDirectory(), 'deep', 'er', 'copy.bin')
    await extractOnce(source, target, sha256(bytes))
    expect(readFileSync(target).equals(bytes)).toBe(true)
    const wrong = join(temporaryDirectory(), 'copy.bin')
    await expect(extractOnce(source, wrong, sha256(noise(1)))).rejects.toThrow(/damaged/)
    expect(readdirSync(join(wrong, '..'))).toEqual([])
  })

  test('[MO13] several processes may extract at once', async () => {
    const bytes = noise(200_000)
    const source = write(bytes)
    const directory = temporaryDirectory()
    const target = join(directory, 'copy.bin')
    await Promise.all(Array.from({ length: 8 }, () => extractOnce(source, target, sha256(bytes))))
    expect(readFileSync(target).equals(bytes)).toBe(true)
    expect(readdirSync(directory)).toEqual(['copy.bin'])
  })

  test('[MO45] what a killed start left is taken away; what another is writing is not', async () => {
    const bytes = noise(1000)
    const source = write(bytes)
    const directory = temporaryDirectory()
    const gone = Bun.spawnSync([process.execPath, '-e', '']).pid
    const theirs = `copy.bin.${process.ppid}.abc123.tmp`
    const earlierLife = `copy.bin.${process.pid}.abc123.tmp`
    for (const name of [
      `copy.bin.${gone}.abc123.tmp`,
      earlierLife,
      theirs,
      'copy.bin.part',
      'other.bin.1.a.tmp',
    ])
      writeFileSync(join(directory, name), 'half')
    await extractOnce(source, join(directory, 'copy.bin'), sha256(bytes))
    expect(readdirSync(directory).sort()).toEqual(
      ['copy.bin', theirs, 'copy.bin.part', 'other.bin.1.a.tmp'].sort(),
    )
  })

  test('[MO13] a place that cannot be written is a storage error with the path', async () => {
    const blocked = join(write(noise(1)), 'copy.bin')
    const error = await extractOnce(write(noise(1)), blocked, '').catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'storage', message: expect.stringContaining(blocked) })
  })

  test('[MO13] short writes are continued, and a disk that takes nothing is full', async () => {
    const taken: number[] = []
    await writeAll(
      { write: async (bytes) => ({ bytesWritten: taken.push(bytes.length) && Math.min(3, bytes.length) }) },
      noise(7),
    )
    expect(taken).toEqual([7, 4, 1])
    await expect(writeAll({ write: async () => ({ bytesWritten: 0 }) }, noise(1))).rejects.toMatchObject({
      code: 'ENOSPC',
    })
  })
})

describe('the skeleton of a model file', () => {
  test('[MO14] a whole model is recognised', async () => {
    expect(await inspectWhisperFile(write(fakeWhisperFile()))).toMatchObject({
      multilingual: true,
      tensors: 45,
    })
    expect(await inspectWhisperFile(EMBEDDED_MODELS[DEFAULT_MODEL] as string)).toMatchObject({
      encoderLayers: 6,
      tensors: 245,
    })
  })

  test('[MO14] what is cut off, empty, foreign or garbage is refused and named', async () => {
    const good = fakeWhisperFile()
    const garbage = Buffer.concat([good.subarray(0, 4), noise(50_000)])
    const lateGarbage = Buffer.concat([good.subarray(0, good.length - 3000), noise(3000)])
    const spoilt = [
      good.subarray(0, 0),
      good.subarray(0, 8),
      good.subarray(0, good.length - 1),
      garbage,
      lateGarbage,
      noise(50_000),
    ]
    for (const bytes of [...spoilt, readFileSync(VAD_FILE)]) {
      const path = write(bytes)
      const error = await inspectWhisperFile(path).catch((thrown) => thrown)
      expect(error).toBeInstanceOf(AppError)
      expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining(path) })
    }
  })

  test('[MO14] cut at any of 200 places, it is never taken for whole', async () => {
    const good = fakeWhisperFile()
    for (let i = 0; i < 200; i++) {
      const path = write(good.subarray(0, Math.floor((good.length * i) / 200)))
      await expect(inspectWhisperFile(path)).rejects.toMatchObject({ code: 'invalid' })
    }
  })
})

describe('list, import, verify, remove', () => {
  test('[MO15] an own model is imported, listed, found, verified and removed', async () => {
    const dataDir = temporaryDirectory()
    const bytes = fakeWhisperFile()
    const { path, name } = await importModel(write(bytes, 'ggml-My-Model.bin'), dataDir)
    expect(name).toBe('my-model')
    expect((await listModels(dataDir)).at(-1)).toMatchObject({
      name,
      state: 'own',
      path,
      sha256: sha256(bytes),
    })
    expect((await locateModel(name, { dataDir })).path).toBe(path)
    expect(await verifyModels(dataDir, name)).toEqual([{ name, path, ok: true, detail: 'SHA-256 matches' }])
    expect(await removeModel(name, dataDir)).toBe(bytes.length)
    expect(readdirSync(modelDirectory(dataDir))).toEqual([])
  })

  test('[MO15] a file of the catalogue is recognised on import whatever it is called', async () => {
    const dataDir = temporaryDirectory()
    const imported = await importModel(write(readFileSync(VAD_FILE), 'stick.bin'), dataDir)
    expect(imported).toMatchObject({
      name: VAD_MODEL,
      path: join(modelDirectory(dataDir), 'ggml-silero-v6.2.0.bin'),
    })
  })

  test('[MO16] nothing broken is imported, and no catalogue name is given to other bytes', async () => {
    const dataDir = temporaryDirectory()
    const cut = fakeWhisperFile().subarray(0, 100_000)
    await expect(importModel(write(cut), dataDir)).rejects.toMatchObject({ code: 'invalid' })
    await expect(importModel(write(fakeWhisperFile(), 'ggml-small.bin'), dataDir)).rejects.toMatchObject({
      code: 'conflict',
    })
    await expect(importModel(write(fakeWhisperFile()), dataDir, { name: '../x' })).rejects.toMatchObject({
      code: 'invalid',
    })
    await expect(importModel('/nowhere.bin', dataDir)).rejects.toMatchObject({ code: 'not-found' })
    expect(existsSync(modelDirectory(dataDir))).toBe(false)
  })

  test('[MO16] another own model of the same name is replaced only when asked', async () => {
    const dataDir = temporaryDirectory()
    await importModel(write(fakeWhisperFile(1)), dataDir)
    await importModel(write(fakeWhisperFile(1)), dataDir) // the same bytes again
    await expect(importModel(write(fakeWhisperFile(2)), dataDir)).rejects.toMatchObject({ code: 'conflict' })
    const { path } = await importModel(write(fakeWhisperFile(2)), dataDir, { replace: true })
    expect(readFileSync(path).equals(fakeWhisperFile(2))).toBe(true)
  })

  test('[MO17] verify reads the bytes, whatever is remembered', async () => {
    const dataDir = temporaryDirectory()
    const { path, name } = await importModel(write(fakeWhisperFile()), dataDir)
    writeFileSync(path, fakeWhisperFile(2))
    expect(await verifyModels(dataDir, name)).toMatchObject([
      { ok: false, detail: expect.stringContaining('damaged') },
    ])
    await expect(verifyModels(dataDir, 'small')).rejects.toThrow(/parley models get small/)
    await expect(verifyModels(dataDir, 'smal')).rejects.toThrow(/Did you mean 'small'/)
  })

  test('[MO17] removing also takes an unfinished download along; removing nothing is said', async () => {
    const dataDir = temporaryDirectory()
    const directory = modelDirectory(dataDir)
    mkdirSync(directory)
    writeFileSync(join(directory, 'ggml-small.bin.part'), noise(1000))
    writeFileSync(join(directory, 'ggml-small.bin.part.etag'), '"v1"')
    expect(await removeModel('small', dataDir)).toBe(1000)
    expect(readdirSync(directory)).toEqual([])
    await expect(removeModel('small', dataDir)).rejects.toMatchObject({ code: 'not-found' })
    await expect(removeModel('smal', dataDir)).rejects.toThrow(/Did you mean/)
  })
})

describe('pace', () => {
  test('[MO18] speed is that of the last five seconds, and the time left follows from it', () => {
    const meter = new PaceMeter()
    expect(meter.pace(1000)).toEqual({ bytesPerSecond: 0, secondsLeft: null })
    meter.add(0, 0)
    meter.add(10, 90) // the first lump says nothing about the line
    expect(meter.pace(2000).secondsLeft).toBeNull()
    for (let second = 1; second <= 10; second++) meter.add(second * 1000, second * 100)
    expect(meter.pace(2000)).toEqual({ bytesPerSecond: 100, secondsLeft: 10 })
    for (let second = 11; second <= 20; second++) meter.add(second * 1000, 1000 + (second - 10) * 1000)
    expect(meter.pace(12_000)).toEqual({ bytesPerSecond: 1000, secondsLeft: 1 })
    meter.add(21_000, 0) // a download that had to start again
    expect(meter.pace(1000).secondsLeft).toBeNull()
  })

  test('[MO18] sizes and times are written for people', () => {
    expect([0, 999, 885_098, 81_768_585, 1_624_555_275].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '885 kB',
      '81.8 MB',
      '1.62 GB',
    ])
    expect([0.4, 59, 61, 3900].map(formatSeconds)).toEqual(['0 s', '59 s', '1 min 01 s', '1 h 05 min'])
  })
})
