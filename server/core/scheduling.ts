/** Who decodes next, who is stopped for it, and with how many threads: pure decisions over numbers (engine note §8). */

export type JobKind = 'final' | 'draft' | 'refine'

export interface WaitingJob {
  kind: JobKind
  /** Clock times, ms. */
  submitted: number
  deadline: number
  /** Expected cost on one thread, ms. */
  cost: number
  /** Fairness group's virtual time: CPU already used by its weight. */
  virtualTime: number
  /** How often it was stopped for others. */
  stops?: number
  /** A second pass over text that is there already: it never keeps others waiting, whatever becomes of it. */
  optional?: boolean
  /** It hears sound of the past that came all at once (core/hurry.ts). */
  backlog?: boolean
}

export interface RunningJob {
  kind: JobKind
  threads: number
  started: number
  cost: number
  /** As in WaitingJob. */
  stops?: number
  optional?: boolean
  backlog?: boolean
}

export interface Machine {
  slots: number
  cores: number
  /** Streams in which somebody is speaking now; sound of the past is nobody's voice. */
  activeStreams: number
  /** Somebody speaks or did a moment ago, and is likely to go on. */
  occupied?: boolean
  /** Decodes start late: second passes wait until they do not. */
  overloaded?: boolean
}

/** Stopping the same careful pass more often would waste more than it gives, unless it takes much longer than it should. */
const MOST_STOPS = 2

/** Jobs whose deadlines lie so close together are ordered by fairness instead. */
const SAME_TIME = 100

/** What makes way for what is said now: careful passes, pieces of files, and everything that hears sound of the past. */
function yields({ kind, backlog }: Pick<WaitingJob, 'kind' | 'backlog'>): boolean {
  return kind === 'refine' || backlog === true
}

/**
 * Index of the job to start now, or −1: finals first, then drafts, both by deadline; what makes way for them when nothing is
 * hurt, and one at a time of what waited too long for its first words.
 */
export function chooseNext(
  waiting: readonly WaitingJob[],
  running: readonly RunningJob[],
  machine: Machine,
  now: number,
): number {
  const free = machine.slots - running.length
  if (free <= 0) return -1
  // Many of them that are overdue would keep everybody waiting who speaks.
  const turn = machine.slots === 1 || !running.some(yields)
  const rank = (job: WaitingJob) => rankOf(job, turn && now >= job.deadline)
  let best = -1
  for (let i = 0; i < waiting.length; i++) {
    const job = waiting[i] as WaitingJob
    if (rank(job) === 2 && !mayStart(job, free, running, machine, now)) continue
    const other = waiting[best]
    if (!other || (rank(job) === rank(other) ? isBefore(job, other) : rank(job) < rank(other))) best = i
  }
  return best
}

/** 0 = final, 1 = draft, or what waited too long for its first words and has its turn, 2 = what makes way. */
function rankOf(job: WaitingJob, overdue: boolean): number {
  if (yields(job)) return overdue && !job.optional ? 1 : 2
  return job.kind === 'final' ? 0 : 1
}

function isBefore(a: WaitingJob, b: WaitingJob): boolean {
  if (Math.abs(a.deadline - b.deadline) > SAME_TIME) return a.deadline < b.deadline
  return a.virtualTime !== b.virtualTime ? a.virtualTime < b.virtualTime : a.submitted < b.submitted
}

/** What makes way, where nothing else waits, must leave a slot to whoever speaks; alone on the machine it may take everything. */
function mayStart(
  job: WaitingJob,
  free: number,
  running: readonly RunningJob[],
  machine: Machine,
  now: number,
): boolean {
  // Careful passes can be stopped when somebody goes on after a pause, but not for ever; what hears sound of the past cannot.
  const stoppable = job.kind === 'refine' && (job.stops ?? 0) < MOST_STOPS
  if (machine.activeStreams === 0 && (stoppable || !machine.occupied)) return true
  if (machine.overloaded && job.optional) return false
  if (machine.slots === 1 || free >= 2) return true
  if (running.some(yields)) return false
  return machine.activeStreams < machine.slots || now >= job.deadline
}

/**
 * With so much left a job is nearly finished, ms: others wait for it, since what a stopped pass has cost is lost. Finals are asked
 * for before a pause is over, and can. And so much more than it should have taken is an overdraft.
 */
const NEARLY = 300
const OVERDRAFT = 0.3

/**
 * The running careful pass to stop so that `job` can start in time, or −1. Nearly finished ones are left alone; not those that
 * take much longer than they should: they try one temperature after the other, for many seconds.
 */
export function choosePreempted(
  job: WaitingJob,
  running: readonly RunningJob[],
  machine: Machine,
  now: number,
): number {
  if (yields(job) || running.length < machine.slots) return -1
  let newest = -1
  for (let i = 0; i < running.length; i++) {
    const other = running[i] as RunningJob
    const left = other.cost - (now - other.started) * other.threads
    const overdrawn = left < -OVERDRAFT * other.cost
    if (left < NEARLY && !overdrawn) return -1
    if (other.kind !== 'refine') continue
    if ((other.stops ?? 0) >= MOST_STOPS && !(overdrawn && other.optional)) continue
    if (newest < 0 || other.started > (running[newest] as RunningJob).started) newest = i
  }
  // A draft can wait as long as its deadline allows; a final never should.
  if (newest >= 0 && job.kind === 'draft' && now + 100 < job.deadline) return -1
  return newest
}

/** Most threads that still pay for one window of this size of model (engine note §5: 1.7–1.9× with two). */
const MOST_THREADS = 4

/** Threads for a job about to start. The sum over all jobs never exceeds the cores: spinning threads starve each other. */
export function threadsFor(
  job: Pick<WaitingJob, 'kind' | 'backlog'>,
  waiting: number,
  running: readonly RunningJob[],
  machine: Machine,
): number {
  const used = running.reduce((sum, job) => sum + job.threads, 0)
  const free = Math.max(1, machine.cores - used)
  if (waiting > 0) return Math.max(1, Math.min(free, Math.floor(machine.cores / machine.slots)))
  const beside = machine.activeStreams > 0 || (machine.occupied && job.backlog)
  if (yields(job) && beside) return Math.max(1, Math.min(free, Math.floor(machine.cores / machine.slots)))
  return Math.min(MOST_THREADS, free)
}
