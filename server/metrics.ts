/** What happened so far, counted for /metrics: kinds, codes and numbers; never names, words or addresses. */
import { gauge, type Metric } from './http/health.ts'
import type { Log } from './log.ts'
import type { Bus } from './room/bus.ts'
import type { Rooms } from './room/rooms.ts'

const COUNTERS = {
  events_total: { label: 'event', help: 'Room events by kind; stored ones and drafts.' },
  connections_total: { label: 'protocol', help: 'Sockets opened, by protocol.' },
  closed_total: { label: 'code', help: 'Sockets closed, by close code.' },
  http_answers_total: { label: 'status', help: 'HTTP answers by status.' },
  log_lines_total: { label: 'level', help: 'Lines logged, by level.' },
} as const

export type CounterName = keyof typeof COUNTERS

export interface Metrics {
  count(name: CounterName, value: string | number): void
  /** The same bus; what passes over it is counted. */
  tap(bus: Bus): Bus
  /** The same log; its lines are counted. */
  tapLog(log: Log): Log
  /** Counted so far. */
  list(): Metric[]
}

export function createMetrics(): Metrics {
  const counted = new Map<CounterName, Map<string, number>>()
  const count = (name: CounterName, value: string | number) => {
    const values = counted.get(name) ?? new Map<string, number>()
    counted.set(name, values.set(String(value), (values.get(String(value)) ?? 0) + 1))
  }
  return {
    count,
    tap: (bus) => ({
      publish(roomId, envelope) {
        count('events_total', envelope.event.type)
        bus.publish(roomId, envelope)
      },
      subscribe: (roomId, listener) => bus.subscribe(roomId, listener),
      close: () => bus.close(),
    }),
    tapLog(log) {
      const line =
        (level: 'debug' | 'info' | 'warn' | 'error') =>
        (...given: Parameters<Log['error']>) => {
          count('log_lines_total', level)
          log[level](...given)
        }
      return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
    },
    list: () =>
      [...counted].map(([name, values]) => ({
        name,
        help: COUNTERS[name].help,
        type: 'counter',
        values: Object.fromEntries(
          [...values].map(([value, total]) => [`{${COUNTERS[name].label}="${value}"}`, total]),
        ),
      })),
  }
}

/** How rooms and sockets are now. */
export async function gauges(parts: {
  rooms: Pick<Rooms, 'live' | 'trouble'>
  sockets: { count(): number }
  freeBytes: number
}): Promise<Metric[]> {
  const live = await parts.rooms.live()
  const seats = live.flatMap((room) => room.seats)
  return [
    gauge('open_sockets', 'Sockets open now.', parts.sockets.count()),
    gauge('live_meetings', 'Meetings running now.', live.length),
    gauge('recordings', 'Recordings open now.', seats.length),
    gauge(
      'unrecognised_seconds',
      'Sound received and not yet recognised, all recordings together.',
      Math.round(seats.reduce((sum, seat) => sum + seat.backlog(), 0) / 1000),
    ),
    gauge(
      'storage_trouble',
      'Something cannot be saved now.',
      (await parts.rooms.trouble()) === null ? 0 : 1,
    ),
    gauge('disk_free_bytes', 'Free space where meetings are kept.', parts.freeBytes),
  ]
}
