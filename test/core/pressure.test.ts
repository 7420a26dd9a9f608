import { expect, test } from 'bun:test'
import { resolveConfig } from '../../server/config.ts'
import { limitsOf } from '../../server/core/limits.ts'
import { type Holder, Pressure } from '../../server/core/pressure.ts'

const MB = 1024 * 1024
const LIMITS = { growth: 800 * MB, each: 20 * MB }
const holder = (name: string, change: Partial<Holder> = {}) => ({
  name,
  address: '10.0.0.1',
  heardAt: 0,
  answeredAt: 0,
  ...change,
})
const names = (sockets: { name: string }[]) => sockets.map(({ name }) => name)

test('[PC24] from half the limit on everybody is asked again and again, and nobody is ended', () => {
  const pressure = new Pressure<ReturnType<typeof holder>>(LIMITS)
  const sockets = [holder('a', { answeredAt: 9000 }), holder('b', { heardAt: 9000 })]
  expect(pressure.step(100 * MB, sockets, 0)).toEqual({ ask: [], end: [] })
  expect(pressure.step(290 * MB, sockets, 9500)).toEqual({ ask: [], end: [] })
  expect(names(pressure.step(600 * MB, sockets, 10_000).ask)).toEqual(['a', 'b'])
  expect(pressure.step(600 * MB, sockets, 20_000 - 5001)).toEqual({ ask: [], end: [] })
  // It goes on being asked, and falls silent when the memory is free again.
  expect(names(pressure.step(600 * MB, sockets, 20_000).ask)).toEqual(['a', 'b'])
  // Asking keeps those alive who do not answer; that must not be for ever.
  const late = holder('c', { answeredAt: 10_001 })
  expect(names(pressure.step(600 * MB, [...sockets, late], 30_001).end)).toEqual(['a', 'b'])
  expect(pressure.step(200 * MB, sockets, 40_000)).toEqual({ ask: [], end: [] })
})

test('[PC24] it is asked anew as soon as memory has grown by another eighth, so that who came after the last time is asked too', () => {
  const pressure = new Pressure<ReturnType<typeof holder>>(LIMITS)
  const early = [holder('early', { answeredAt: 10_050 })]
  const flood = [holder('flood1', { heardAt: 10_100 }), holder('flood2', { heardAt: 10_110 })]
  const all = [...early, ...flood]
  pressure.step(0, early, 0)
  expect(pressure.step(300 * MB, early, 10_000).ask).toEqual(early)
  expect(pressure.step(390 * MB, all, 10_400).ask).toEqual([])
  expect(pressure.step(410 * MB, all, 10_150).ask).toEqual([])
  expect(pressure.step(410 * MB, all, 10_500).ask).toEqual(all)
  for (const socket of early) socket.answeredAt = 10_550
  // A second to answer in, and the ask after it does not begin another.
  expect(pressure.step(820 * MB, all, 11_400).end).toEqual([])
  expect(names(pressure.step(820 * MB, all, 11_500).end)).toEqual(['flood1', 'flood2'])
})

test('[PC24] below half the limit it is asked as memory grows, and who cannot answer for long is left alone', () => {
  const pressure = new Pressure<ReturnType<typeof holder>>(LIMITS)
  const slow = [holder('slow')]
  pressure.step(0, slow, 0)
  expect(pressure.step(210 * MB, slow, 10_000)).toEqual({ ask: slow, end: [] })
  for (let now = 10_250; now < 60_000; now += 250)
    expect(pressure.step(300 * MB, slow, now)).toEqual({ ask: [], end: [] })
  expect(pressure.step(315 * MB, slow, 60_000)).toEqual({ ask: slow, end: [] })
  // It counts from the least since: what was free meanwhile and is taken again is a reason too.
  expect(pressure.step(220 * MB, slow, 61_000)).toEqual({ ask: [], end: [] })
  expect(pressure.step(325 * MB, slow, 62_000)).toEqual({ ask: slow, end: [] })
})

test('[PC24] at the limit those end who could not answer, as many as it takes, the longest unheard first', () => {
  const pressure = new Pressure<ReturnType<typeof holder>>(LIMITS)
  const good = holder('good', { heardAt: 10_500 })
  const paused = holder('paused', { answeredAt: 10_100 })
  const bad = Array.from({ length: 5 }, (_, i) => holder(`bad${i}`, { heardAt: 5000 - i }))
  const all = [good, paused, ...bad]
  pressure.step(100 * MB, all, 0)
  pressure.step(950 * MB, all, 10_000)
  // There is a second to answer in.
  expect(pressure.step(950 * MB, all, 10_900).end).toEqual([])
  expect(names(pressure.step(925 * MB, all, 11_000).end)).toEqual(['bad4', 'bad3', 'bad2'])
  // What was freed shows a little later.
  expect(pressure.step(925 * MB, all, 11_200).end).toEqual([])
  expect(names(pressure.step(901 * MB, [good, paused, ...bad.slice(0, 2)], 11_500).end)).toEqual([
    'bad1',
    'bad0',
  ])
})

test('[PC24] well beyond the limit a third of a second has to do, and those end who hold what is beyond half of it', () => {
  const pressure = new Pressure<ReturnType<typeof holder>>(LIMITS)
  const good = holder('good', { answeredAt: 10_250 })
  const bad = Array.from({ length: 70 }, (_, i) => holder(`bad${i}`, { heardAt: 9000 + i }))
  const all = [good, ...bad]
  pressure.step(0, all, 0)
  pressure.step(500 * MB, all, 10_000)
  expect(pressure.step(870 * MB, all, 10_300).end).toEqual([])
  expect(pressure.step(890 * MB, all, 10_299).end).toEqual([])
  const { end } = pressure.step(890 * MB, all, 10_300)
  expect(names(end)).toEqual(bad.slice(0, 26).map(({ name }) => name))
  const left = all.filter((socket) => !end.includes(socket))
  expect(pressure.step(890 * MB, left, 10_599).end).toEqual([])
  expect(pressure.step(890 * MB, left, 10_600).end).toHaveLength(26)
})

test('[PC24] where everybody answers, the address goes whose silent sockets are most; a few are forgiven', () => {
  const run = (count: number) => {
    const pressure = new Pressure<ReturnType<typeof holder>>(LIMITS)
    const silent = Array.from({ length: count }, (_, i) =>
      holder(`s${i}`, { address: 'x', heardAt: i, answeredAt: 10_100 }),
    )
    const readers = Array.from({ length: 30 }, (_, i) =>
      holder(`r${i}`, { heardAt: 7000, answeredAt: 10_100 }),
    )
    pressure.step(0, [], 0)
    pressure.step(810 * MB, [...silent, ...readers], 10_000)
    return names(pressure.step(810 * MB, [...silent, ...readers], 11_000).end)
  }
  expect(run(8)).toEqual([])
  expect(run(9)).toEqual(['s0', 's1'])
})

test('[PC24] the limit is 640 MiB, an eighth of a small machine’s memory, and never less than 128 MiB', () => {
  const { config } = resolveConfig({}, {})
  const of = (gib: number) => limitsOf(config, gib * 1024 ** 3).unfinishedBytes / 1024 ** 2
  expect([of(64), of(5), of(2), of(0.5)]).toEqual([640, 640, 256, 128])
})
