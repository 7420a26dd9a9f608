/** Recordings of ended meetings become Opus: one at a time, in a child of low priority, and never less than one whole copy on disk. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { AppError } from '../core/error.ts'
import { childEnvironment } from '../setup/environment.ts'
import { selfCommand } from '../setup/self.ts'
import { createOpusWriter, openOpusFile } from './opus-file.ts'

/** The parts of db's AudioTrack that matter here. */
export interface KeptTrack {
  id: string
  sessionId: string
  path: string
  ended: boolean
  encoding: 'pcm' | 'flac' | 'opus' | 'none'
}

export interface KeeperDeps<T extends KeptTrack = KeptTrack> {
  /** Absolute; track paths are relative to it. */
  dataDir: string
  tracks(sessionId: string): Promise<T[]>
  saveTrack(track: T): Promise<void>
  /** `level` tells whether somebody should look. */
  report(level: 'info' | 'warn', message: string, fields: Record<string, string | number>): void
  /** Start of the compressor's command line (tests); default: this program's own `decode` verb. */
  command?: string[]
}

export interface AudioKeeper {
  /** The meeting is over and stored; its recordings may be compressed. Returns at once. */
  sessionEnded(sessionId: string): void
  /** Resolves when nothing is waiting (tests, shutdown of a batch). */
  idle(): Promise<void>
  /** Stops the running child; its half file goes, the PCM stays for the next start. */
  close(): Promise<void>
}

export function createAudioKeeper<T extends KeptTrack>(deps: KeeperDeps<T>): AudioKeeper {
  const stop = new AbortController()
  let tail: Promise<void> = Promise.resolve()
  return {
    sessionEnded(sessionId) {
      tail = tail.then(() => compressSession(deps, sessionId, stop.signal)).catch(() => {})
    },
    idle: () => tail,
    close() {
      stop.abort()
      return tail
    },
  }
}

/** Meetings looked through at the start for files that a crash left behind. */
const RECENT = 200

/**
 * Takes up what a stop or crash interrupted. `unpacked`: ended meetings, however old, with recordings that are still PCM;
 * days of them may wait where packing was cut off.
 */
export async function resumeCompression(
  keeper: AudioKeeper,
  sessions: (limit: number) => Promise<{ id: string; endedAt: number | null; hasAudio: boolean }[]>,
  unpacked: () => Promise<string[]>,
): Promise<void> {
  const recent = (await sessions(RECENT)).filter(({ endedAt, hasAudio }) => endedAt !== null && hasAudio)
  for (const id of new Set([...recent.map(({ id }) => id), ...(await unpacked())])) keeper.sessionEnded(id)
}

async function compressSession<T extends KeptTrack>(
  deps: KeeperDeps<T>,
  sessionId: string,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  for (const track of await deps.tracks(sessionId)) {
    if (signal.aborted) return
    if (track.encoding !== 'pcm') removeLeftover(deps, track)
    else if (track.ended) {
      await compressTrack(deps, track, signal).catch((cause: unknown) => {
        const code = cause instanceof AppError ? cause.code : 'internal'
        if (!signal.aborted) deps.report('warn', 'recording not compressed', { track: track.id, code })
      })
    }
  }
}

/** A crash between storing the new path and removing the old file leaves the old file: it goes now. */
function removeLeftover(deps: KeeperDeps, track: KeptTrack): void {
  rmSync(join(deps.dataDir, track.path.replace(/\.[a-z]+$/, '.pcm')), { force: true })
}

/** Write aside, sync, check, rename, store the new path, remove the old: at every step one whole copy is known. */
async function compressTrack<T extends KeptTrack>(
  deps: KeeperDeps<T>,
  track: T,
  signal: AbortSignal,
): Promise<void> {
  const source = join(deps.dataDir, track.path)
  const path = track.path.replace(/\.pcm$/, '.opus')
  const target = join(deps.dataDir, path)
  const draft = `${target}.part`
  const before = statSync(source).size
  if (before < 2) return
  const began = performance.now()
  try {
    await runCompressor(deps.command ?? selfCommand('decode'), source, draft, signal)
    const audio = openOpusFile(draft)
    const { samples } = audio
    audio.close()
    if (samples !== before >> 1) throw new AppError('internal', 'The compressed recording is not whole.')
    const present = (await deps.tracks(track.sessionId)).some((each) => each.id === track.id)
    if (!present) return // deleted meanwhile
    renameSync(draft, target)
    syncDirectory(dirname(target))
    await deps.saveTrack({ ...track, path, encoding: 'opus' })
    rmSync(source, { force: true })
    const ms = Math.round(performance.now() - began)
    deps.report('info', 'recording compressed', { track: track.id, before, after: statSync(target).size, ms })
  } finally {
    rmSync(draft, { force: true })
  }
}

async function runCompressor(
  command: string[],
  source: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const child = Bun.spawn([...command, `--compress=${source}`, `--to=${target}`], {
    env: childEnvironment(),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    setPriority(child.pid, 19)
  } catch {
    // Already gone, or a system without priorities: then it runs as it is.
  }
  const code = await child.exited
  signal.removeEventListener('abort', kill)
  if (code !== 0)
    throw new AppError('internal', 'The compressor failed.', { cause: new Error(`exit ${code}`) })
}

/** Bytes per step: ten seconds of PCM. */
const STEP = 320_000

/** The child's part: PCM16LE mono 16 kHz → Ogg Opus, synced. */
export function compressFile(source: string, target: string): void {
  const from = openSync(source, 'r')
  const to = openSync(target, 'w', 0o600)
  try {
    const writer = createOpusWriter()
    const put = (pages: Uint8Array[]) => {
      for (const page of pages) for (let done = 0; done < page.length; ) done += writeSync(to, page, done)
    }
    const bytes = new Uint8Array(STEP)
    for (let at = 0; ; ) {
      const count = readSync(from, bytes, 0, STEP, at)
      if (count < 2) break
      put(writer.push(new Int16Array(bytes.slice(0, count & ~1).buffer)))
      at += count & ~1
    }
    put(writer.end())
    fsyncSync(to)
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

function syncDirectory(path: string): void {
  if (!existsSync(path)) return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
