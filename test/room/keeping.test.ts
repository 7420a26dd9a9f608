/** What becomes of a recording's bytes while the disk refuses them: server/room/keeping.ts on a disk in the test's hand. */
import { expect, test } from 'bun:test'
import { AppError } from '../../server/core/error.ts'
import { Keeping } from '../../server/room/keeping.ts'

/** A file that takes bytes, or not; after a failed sync `recover` cuts it back to `durable`. */
function handDisk() {
  const disk = {
    bytes: [] as number[],
    full: false,
    durable: 0,
    get written() {
      return disk.bytes.length
    },
    append(bytes: Uint8Array) {
      if (disk.full) throw new AppError('storage', 'full')
      disk.bytes.push(...bytes)
    },
    sync() {
      return disk.full ? Promise.reject(new AppError('storage', 'full')) : Promise.resolve(disk.written)
    },
    recover() {
      if (disk.full) return false
      disk.bytes.length = Math.max(disk.durable, 0)
      return true
    },
    async close() {},
  }
  return disk
}

const bytes = (value: number, count: number) => new Uint8Array(count).fill(value)

test('[FA9] what was refused is appended where it belongs, or not at all: the file may end earlier by then', () => {
  for (const durable of [4, 2]) {
    const disk = handDisk()
    const keeping = new Keeping(disk, () => {})
    keeping.append(bytes(1, 4))
    disk.durable = durable
    disk.full = true
    const refused = bytes(2, 4)
    expect(() => keeping.append(refused)).toThrow('full')
    refused.fill(9) // whose buffer it is may use it again
    expect(() => keeping.append(bytes(3, 4))).toThrow('full')
    expect([keeping.refused, keeping.recover()]).toEqual([true, false])
    disk.full = false
    expect([keeping.recover(), keeping.refused]).toEqual([true, false])
    expect(disk.bytes).toEqual(durable === 4 ? [1, 1, 1, 1, 2, 2, 2, 2] : [1, 1])
  }
})

test('[FA9] a disk that takes numbered sound again by itself refuses no longer', () => {
  const disk = handDisk()
  const keeping = new Keeping(disk, () => {})
  disk.full = true
  expect(() => keeping.append(bytes(1, 4))).toThrow('full')
  disk.full = false
  keeping.append(bytes(1, 4))
  expect([keeping.refused, keeping.waits]).toEqual([false, false])
})

test('[FA9] sound without numbers that the disk did not take is silence in the file, and told', () => {
  const disk = handDisk()
  const owed: [number, number][] = []
  const keeping = new Keeping(disk, (from, to) => owed.push([from, to]))
  keeping.offer(bytes(1, 4))
  disk.full = true
  keeping.offer(bytes(2, 4))
  keeping.offer(bytes(3, 2))
  expect([keeping.written, keeping.end, keeping.refused]).toEqual([4, 10, true])
  disk.full = false
  keeping.offer(bytes(4, 2))
  expect(disk.bytes).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 4, 4])
  expect([owed, keeping.refused]).toEqual([[[4, 10]], false])
})

test('[FA9] after a failed sync the disk counts as refusing until it is tried again', async () => {
  const disk = handDisk()
  const keeping = new Keeping(disk, () => {})
  keeping.append(bytes(1, 4))
  disk.durable = 4
  disk.full = true
  await expect(keeping.sync()).rejects.toMatchObject({ code: 'storage' })
  expect(keeping.refused).toBe(true)
  disk.full = false
  expect(keeping.recover()).toBe(true)
  expect(disk.bytes).toEqual([1, 1, 1, 1])
})
