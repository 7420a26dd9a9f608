/** Notices when the npx that started us is gone: npm does not pass signals on, and a server nobody can see would keep its data directory. */
import { readFileSync } from 'node:fs'

const LOOK_EVERY_MS = 500
/** npx → sh → bun run → us; one more for wrappers. */
const LEVELS = 5

export interface Process {
  parent: number
  command: string
  /** Start time in clock ticks: a process id used again is another process. */
  started: string
}

/** The npx among our ancestors, or null (started otherwise, or no /proc here). */
export function findLauncher(
  read: (pid: number) => Process | null = readProcess,
  from = process.ppid,
): number | null {
  let pid = from
  for (let level = 0; level < LEVELS && pid > 1; level++) {
    const found = read(pid)
    if (!found) return null
    if (/^(npm exec|npx)\b/.test(found.command) || /\/(npx|npx-cli\.js)\b/.test(found.command)) return pid
    pid = found.parent
  }
  return null
}

/** Calls `gone` once the launcher has ended. Returns the function that stops looking. Never keeps the process alive. */
export function watchLauncher(
  gone: () => void,
  read: (pid: number) => Process | null = readProcess,
  from = process.ppid,
): () => void {
  const pid = findLauncher(read, from)
  if (pid === null) return () => {}
  const started = read(pid)?.started
  const timer = setInterval(() => {
    if (read(pid)?.started === started) return
    clearInterval(timer)
    gone()
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function readProcess(pid: number): Process | null {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    // The name in parentheses may hold spaces; what follows it may not: state, parent, … start time is field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    if (fields[0] === 'Z') return null
    return { parent: Number(fields[1]), command, started: fields[19] ?? '' }
  } catch {
    return null
  }
}
