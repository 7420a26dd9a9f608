/** Who decodes next. */
import { expect, test } from 'bun:test'
import { CADENCE, cadence, isCrowd } from '../../server/core/cadence.ts'
import {
  chooseNext,
  choosePreempted,
  type JobKind,
  type Machine,
  type RunningJob,
  threadsFor,
  type WaitingJob,
} from '../../server/core/scheduling.ts'

const job = (kind: JobKind, deadline: number, change: Partial<WaitingJob> = {}): WaitingJob => ({
  kind,
  deadline,
  submitted: 0,
  cost: 300,
  virtualTime: 0,
  ...change,
})
const busy = (kind: JobKind, change: Partial<RunningJob> = {}): RunningJob => ({
  kind,
  threads: 1,
  started: 0,
  cost: 1000,
  ...change,
})
const two: Machine = { slots: 2, cores: 2, activeStreams: 1 }

test('[SC1] finals before drafts before careful passes, whatever their deadlines', () => {
  const waiting = [job('refine', 0 + 5000), job('draft', 10), job('final', 9000)]
  expect(chooseNext(waiting, [], two, 0)).toBe(2)
  expect(chooseNext(waiting.slice(0, 2), [], two, 0)).toBe(1)
})

test('[SC2] within a class the earliest deadline, and among nearly equal ones the room that used least', () => {
  expect(chooseNext([job('draft', 900), job('draft', 300)], [], two, 0)).toBe(1)
  const fair = [job('draft', 300, { virtualTime: 5000 }), job('draft', 350, { virtualTime: 10 })]
  expect(chooseNext(fair, [], two, 0)).toBe(1)
})

test('[SC3] nothing starts without a free worker', () => {
  expect(chooseNext([job('final', 0)], [busy('draft'), busy('draft')], two, 0)).toBe(-1)
  expect(chooseNext([job('final', 0)], [], { ...two, slots: 0 }, 0)).toBe(-1)
})

test('[SC4] a careful pass leaves a worker to whoever speaks, and has one of two once it has waited too long', () => {
  expect(chooseNext([job('refine', 9000)], [], two, 0)).toBe(0)
  expect(chooseNext([job('refine', 9000)], [busy('refine')], two, 0)).toBe(-1)
  const crowd = { ...two, activeStreams: 4 }
  expect(chooseNext([job('refine', 9000)], [busy('draft')], crowd, 0)).toBe(-1)
  expect(chooseNext([job('refine', 9000)], [busy('draft')], crowd, 9001)).toBe(0)
  expect(chooseNext([job('refine', 9000)], [busy('refine')], { ...two, activeStreams: 0 }, 0)).toBe(0)
  expect(chooseNext([job('refine', 9000)], [busy('refine'), busy('draft')], { ...crowd, slots: 4 }, 0)).toBe(
    0,
  )
})

test('[SC13] however long it has waited, a second pass never goes before live speech, nor takes the last worker beside another', () => {
  const crowd = { ...two, activeStreams: 4 }
  const second = job('refine', 0, { optional: true })
  expect(chooseNext([second, job('draft', 20_000)], [busy('draft')], crowd, 10_000)).toBe(1)
  expect(chooseNext([second], [busy('refine')], crowd, 10_000)).toBe(-1)
  expect(chooseNext([second], [], { ...crowd, overloaded: true }, 10_000)).toBe(-1)
  expect(chooseNext([second], [], { ...two, activeStreams: 0, overloaded: true }, 10_000)).toBe(0)
  // A file has no text yet: its pieces have their turn whatever the load.
  const piece = job('refine', 0)
  expect(
    chooseNext([piece, job('draft', 20_000)], [busy('draft')], { ...crowd, overloaded: true }, 10_000),
  ).toBe(0)
})

const past = (kind: JobKind, deadline: number, change: Partial<WaitingJob> = {}) =>
  job(kind, deadline, { backlog: true, ...change })

test('[SC19] what is said now goes before sound of the past, second passes over it too', () => {
  const speaking = { ...two, occupied: true }
  const flood = past('final', 20_000)
  expect(chooseNext([flood, job('draft', 30_000)], [], speaking, 0)).toBe(1)
  expect(chooseNext([flood, job('refine', 3000, { optional: true })], [], speaking, 0)).toBe(1)
  expect(chooseNext([past('draft', 20_000), past('refine', 60_000), flood], [], speaking, 0)).toBe(0)
  // A draft of the past is none of those that keep second passes waiting.
  const crowd = { ...speaking, activeStreams: 4 }
  expect(chooseNext([flood, job('refine', 3000, { optional: true })], [], crowd, 0)).toBe(1)
})

test('[SC19] it leaves a worker to whoever speaks or did a moment ago, and takes all when nobody does', () => {
  const flood = past('final', 20_000)
  const running = [busy('final', { backlog: true })]
  expect(chooseNext([flood], running, { ...two, occupied: true }, 0)).toBe(-1)
  expect(chooseNext([flood], running, { ...two, activeStreams: 0, occupied: true }, 0)).toBe(-1)
  expect(chooseNext([flood], running, { ...two, activeStreams: 0 }, 0)).toBe(0)
  expect(chooseNext([flood], [], { ...two, activeStreams: 0, occupied: true }, 0)).toBe(0)
  expect(chooseNext([flood], [busy('draft')], { ...two, occupied: true }, 0)).toBe(0)
  expect(chooseNext([flood], [busy('draft')], { ...two, activeStreams: 4, occupied: true }, 0)).toBe(-1)
  // A careful pass can be stopped when somebody goes on.
  const pause = { ...two, activeStreams: 0, occupied: true }
  expect(chooseNext([job('refine', 9000)], [busy('refine')], pause, 0)).toBe(0)
  const piece = job('refine', 9000, { stops: 2 })
  expect(chooseNext([piece], [busy('refine')], pause, 0)).toBe(-1)
  expect(chooseNext([piece], [busy('draft')], pause, 0)).toBe(0)
  expect(chooseNext([flood], [], { ...two, slots: 1, occupied: true }, 0)).toBe(0)
})

test('[SC19] what waited too long for its first words has its turn before drafts, one decode at a time', () => {
  const crowd = { ...two, activeStreams: 8, occupied: true }
  const flood = past('final', 100)
  const draft = job('draft', 20_000)
  expect(chooseNext([draft, flood], [busy('draft')], crowd, 99)).toBe(0)
  expect(chooseNext([draft, flood], [busy('draft')], crowd, 100)).toBe(1)
  expect(chooseNext([draft, flood], [busy('final', { backlog: true })], crowd, 10_000)).toBe(0)
  expect(chooseNext([draft, flood], [busy('refine')], crowd, 10_000)).toBe(0)
  expect(chooseNext([job('final', 20_000), flood], [], crowd, 10_000)).toBe(0)
  expect(chooseNext([draft, past('refine', 100, { optional: true })], [], crowd, 10_000)).toBe(0)
  // Pieces of files as well: however many of them are late, one worker is left to who speaks.
  expect(chooseNext([draft, job('refine', 100)], [busy('refine')], crowd, 10_000)).toBe(0)
  expect(chooseNext([draft, flood], [], { ...crowd, slots: 1 }, 10_000)).toBe(1)
})

test('[SC19] nothing is stopped for sound of the past', () => {
  const running = [busy('draft', { started: 100 }), busy('refine', { started: 100 })]
  expect(choosePreempted(past('final', 500), running, two, 300)).toBe(-1)
  expect(choosePreempted(past('draft', 0), running, two, 300)).toBe(-1)
})

test('[SC5] a careful pass makes way for a final at once, for a draft when it would be late, unless somebody is nearly done', () => {
  const running = [busy('draft'), busy('refine', { started: 100 })]
  expect(choosePreempted(job('final', 500), running, two, 300)).toBe(1)
  expect(choosePreempted(job('draft', 5000), running, two, 300)).toBe(-1)
  expect(choosePreempted(job('draft', 300), running, two, 300)).toBe(1)
  expect(choosePreempted(job('final', 500), running, two, 1090)).toBe(-1)
  expect(choosePreempted(job('final', 500), [busy('draft', { cost: 350 }), busy('refine')], two, 300)).toBe(
    -1,
  )
  expect(choosePreempted(job('final', 500), [busy('refine')], two, 300)).toBe(-1)
})

const three = { ...two, slots: 3, cores: 3 }

test('[SC2] where nothing else tells them apart who came first', () => {
  const later = job('draft', 300, { submitted: 20 })
  expect(chooseNext([later, job('draft', 350, { submitted: 10 })], [], two, 0)).toBe(1)
  expect(chooseNext([later, job('draft', 400, { virtualTime: -1 })], [], two, 0)).toBe(1)
  expect(chooseNext([later, job('draft', 401, { virtualTime: -1 })], [], two, 0)).toBe(0)
})

test('[SC4] one live job that waits, or one careful pass at work, is enough to keep another waiting', () => {
  const crowd = { ...three, activeStreams: 3 }
  const second = job('refine', 9000, { optional: true })
  const mixed = [busy('draft'), busy('refine')]
  expect(chooseNext([second], mixed, crowd, 10_000)).toBe(-1)
  expect(chooseNext([job('draft', 20_000), job('refine', 100)], mixed, crowd, 10_000)).toBe(0)
  // As many speak as there are workers: it waits until its time is up.
  const drafts = [busy('draft'), busy('draft')]
  expect(chooseNext([second], drafts, crowd, 8999)).toBe(-1)
  expect(chooseNext([second], drafts, crowd, 9000)).toBe(0)
  expect(chooseNext([second], drafts, { ...crowd, activeStreams: 2 }, 0)).toBe(0)
})

test('[SC5] of two careful passes the younger makes way; one on two threads is nearly done sooner', () => {
  const final = job('final', 500)
  const [old, young] = [busy('refine', { started: 0 }), busy('refine', { started: 100 })]
  expect(choosePreempted(final, [old, young], two, 300)).toBe(1)
  expect(choosePreempted(final, [young, old], two, 300)).toBe(0)
  expect(choosePreempted(final, [busy('draft'), busy('refine', { threads: 2 })], two, 300)).toBe(1)
  expect(choosePreempted(final, [busy('draft'), busy('refine', { threads: 2 })], two, 400)).toBe(-1)
  expect(choosePreempted(final, [busy('draft'), busy('refine', { stops: 1 })], two, 300)).toBe(1)
  expect(choosePreempted(final, [busy('draft'), busy('refine', { stops: 2 })], two, 300)).toBe(-1)
  // Three tenths more than it should have taken is an overdraft.
  const late = [busy('draft', { started: 1200 }), busy('refine')]
  expect(choosePreempted(final, late, two, 1300)).toBe(-1)
  expect(choosePreempted(final, late, two, 1301)).toBe(1)
  // A draft stops nothing while it can wait.
  expect(choosePreempted(job('draft', 400), [busy('draft'), busy('refine')], two, 300)).toBe(1)
  expect(choosePreempted(job('draft', 401), [busy('draft'), busy('refine')], two, 300)).toBe(-1)
})

test('[SC14] a second pass that takes far longer than it should makes way, however often it was stopped', () => {
  const stuck = (optional: boolean) => [
    busy('draft', { started: 4900 }),
    busy('refine', { stops: 2, optional }),
  ]
  expect(choosePreempted(job('final', 5200), stuck(true), two, 5000)).toBe(1)
  expect(choosePreempted(job('final', 5200), stuck(false), two, 5000)).toBe(-1)
  const young = [busy('draft'), busy('refine', { stops: 2, optional: true })]
  expect(choosePreempted(job('final', 5200), young, two, 500)).toBe(-1)
})

test('[SC6] the threads of all jobs never exceed the cores; alone a job may have more than one', () => {
  expect(threadsFor({ kind: 'draft' }, 0, [], two)).toBe(2)
  expect(threadsFor({ kind: 'draft' }, 1, [], two)).toBe(1)
  expect(threadsFor({ kind: 'draft' }, 0, [busy('refine')], two)).toBe(1)
  expect(threadsFor({ kind: 'refine' }, 0, [], two)).toBe(1)
  expect(threadsFor({ kind: 'refine' }, 0, [], { ...two, activeStreams: 0 })).toBe(2)
  // More workers than cores: everybody has one thread all the same.
  expect(threadsFor({ kind: 'draft' }, 1, [], { ...two, slots: 4 })).toBe(1)
  expect(threadsFor({ kind: 'refine' }, 0, [], { ...two, slots: 4 })).toBe(1)
  const flood = { kind: 'final', backlog: true } as const
  expect(threadsFor(flood, 0, [], two)).toBe(1)
  expect(threadsFor(flood, 0, [], { ...two, activeStreams: 0, occupied: true })).toBe(1)
  expect(threadsFor(flood, 0, [], { ...two, activeStreams: 0 })).toBe(2)
})

test('[SC7] drafts come less often as more people speak, within limits', () => {
  expect(cadence(1, 100, 2)).toBe(CADENCE.shortest)
  expect(cadence(4, 330, 2)).toBe(1269)
  expect(cadence(50, 330, 2)).toBe(CADENCE.longest)
})

test('[SC17] where more people speak than there are cores, drafts come no faster than they have to', () => {
  expect(cadence(2, 200, 2)).toBe(CADENCE.shortest)
  expect([3, 4, 6].map((speakers) => cadence(speakers, 200, 2))).toEqual([1000, 1000, 1154])
  // Slow machines: two are no more than there are cores, and thrift does not make anybody wait much longer than a second.
  expect([2, 3, 4].map((speakers) => cadence(speakers, 320, 2))).toEqual([615, 1000, 1231])
  // Fast ones, and those with many cores, notice nothing.
  expect(cadence(4, 100, 2)).toBe(CADENCE.shortest)
  expect(cadence(12, 200, 16)).toBe(CADENCE.shortest)
})

test('[SC16] three and more are a crowd on two cores, two only where they are slow', () => {
  expect([1, 2, 3, 8].map((speakers) => isCrowd(speakers, 200, 2))).toEqual([false, false, true, true])
  expect(isCrowd(2, 320, 2)).toBe(true)
  expect(isCrowd(3, 150, 2)).toBe(false)
})
