/** Disks to break: small file systems that fill up, lose power or turn read-only, and system calls that fail. Needs root and Linux. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scene } from './meeting.ts'

export function run(...command: string[]): string {
  const result = Bun.spawnSync(command)
  if (result.exitCode !== 0) throw new Error(`${command.join(' ')}: ${result.stderr.toString().trim()}`)
  return result.stdout.toString()
}

export const needsRoot = () =>
  process.platform === 'linux' && process.getuid?.() === 0 ? null : 'mounting needs root on Linux'
export const needsStrace = () => needsRoot() ?? (Bun.which('strace') ? null : 'strace is not installed')

/** A small file system of its own, gone afterwards. */
export async function onTmpfs<T>(
  megabytes: number,
  use: (directory: string) => Promise<T>,
  options = '',
): Promise<T> {
  const mount = mkdtempSync(join(tmpdir(), 'parley-disk-'))
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m${options}`, 'tmpfs', mount)
  try {
    return await use(join(mount, 'data'))
  } finally {
    Bun.spawnSync(['umount', '-l', mount])
    rmSync(mount, { recursive: true, force: true })
  }
}

/** Takes every free byte. */
export function fill(path: string): void {
  const fd = openSync(path, 'a')
  const block = new Uint8Array(64 * 1024)
  for (let size = block.length; size > 0; ) {
    try {
      if (writeSync(fd, block.subarray(0, size)) < size) size = Math.floor(size / 2)
    } catch {
      size = Math.floor(size / 2)
    }
  }
  closeSync(fd)
}

/** Takes what is free where `at` lies, but for so many bytes. */
export function fillTo(path: string, free: number, at: string): void {
  const { bavail, bsize } = statfsSync(at)
  writeFileSync(path, new Uint8Array(Math.max(0, bavail * bsize - free)))
}

/** What must go on while nothing can be saved: words on the readers' screens, and a warning to the speakers. */
export async function watchTrouble(
  { speakers, viewers }: Pick<Scene, 'speakers' | 'viewers'>,
  ms: number,
): Promise<{ drafts: number; warnedAfter: number | null }> {
  let drafts = 0
  const stops = viewers.map(({ client }) => client.on((event) => event.type === 'draft' && drafts++))
  const began = performance.now()
  const before = speakers.map(({ notices }) => notices.length)
  let warnedAfter: number | null = null
  while (performance.now() - began < ms) {
    await Bun.sleep(50)
    const warned = speakers.some(({ notices }, index) =>
      notices.slice(before[index]).some(({ code }) => code === 'storage'),
    )
    if (warned) warnedAfter ??= performance.now() - began
  }
  for (const stop of stops) stop()
  return { drafts, warnedAfter }
}

/** Makes a system call of a running process fail. */
export const TRACE = (pid: number, inject: string) =>
  Bun.spawn(
    [
      'strace',
      '-f',
      '-q',
      '-o',
      '/dev/null',
      '-e',
      `trace=${inject.split(':')[0]}`,
      '-e',
      `inject=${inject}`,
      '-p',
      String(pid),
    ],
    {
      stdout: 'ignore',
      stderr: 'ignore',
    },
  )

/** A small ext4 of its own on a loop device; `on` mounts it again. */
export async function onExt4<T>(use: (mount: string, on: () => void) => Promise<T>): Promise<T> {
  const work = mkdtempSync(join(tmpdir(), 'parley-power-'))
  const image = join(work, 'disk.img')
  const mount = join(work, 'mnt')
  mkdirSync(mount)
  run('truncate', '-s', '128M', image)
  run('mkfs.ext4', '-q', '-F', image)
  const on = () => run('mount', '-o', 'loop', image, mount)
  on()
  try {
    return await use(mount, on)
  } finally {
    Bun.spawnSync(['umount', '-l', mount])
    rmSync(work, { recursive: true, force: true })
  }
}

/** Resolves when strace has every thread of the process; on a busy machine that takes seconds. */
export async function untilTraced(pid: number): Promise<void> {
  const traced = (task: string) => {
    const path = `/proc/${pid}/task/${task}/status`
    return !existsSync(path) || !/^TracerPid:\s*0$/m.test(readFileSync(path, 'utf8'))
  }
  for (let tries = 0; tries < 200 && !readdirSync(`/proc/${pid}/task`).every(traced); tries++)
    await Bun.sleep(50)
}
