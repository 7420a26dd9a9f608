/** Alive, ready, and what is going on: for supervisors, load balancers and Prometheus (decision D22). */
import { Hono } from 'hono'
import type { EngineStatus } from '../asr/speech-event.ts'
import { describe } from './validate.ts'

export interface HealthDeps {
  engine: { status(): EngineStatus }
  /** Why something cannot be saved now, or null. */
  trouble?: () => Promise<string | null>
  /** Counters kept by others, read at each scrape. Names without prefix; values by label text such as `{protocol="simple"}`. */
  counters?: () => Metric[] | Promise<Metric[]>
}

export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge'
  values: Record<string, number>
}

export function healthRoutes({ engine, counters = () => [], trouble = async () => null }: HealthDeps): Hono {
  const app = new Hono()
  const tags = ['health']
  app.get('/healthz', describe('The process serves', { tags }), (c) => c.json({ status: 'ok' }))
  app.get(
    '/readyz',
    describe('The model has passed its self-test, and what is said can be saved', { tags }),
    async (c) => {
      const status = engine.status()
      const problem = await trouble()
      const ready = status.ready && problem === null
      if (!ready) c.header('Retry-After', '2')
      return c.json({ ready, detail: problem ?? status.detail }, ready ? 200 : 503)
    },
  )
  /** As whisper.cpp's server answers. */
  app.get('/health', describe('As whisper.cpp’s server answers', { tags }), (c) => {
    if (engine.status().ready) return c.json({ status: 'ok' })
    c.header('Retry-After', '2')
    return c.json({ status: 'loading model' }, 503)
  })
  app.get('/metrics', describe('Prometheus metrics', { tags, type: 'text/plain' }), async (c) => {
    c.header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
    return c.body(renderMetrics([...engineMetrics(engine.status()), ...(await counters())]))
  })
  return app
}

/** One number as it is now. */
export function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', values: { '': value } }
}

function engineMetrics(status: EngineStatus): Metric[] {
  return [
    gauge('ready', 'The recogniser can be used.', status.ready ? 1 : 0),
    gauge('workers', 'Recogniser processes.', status.workers),
    gauge('realtime_factor', 'Seconds of speech decoded per second in the self-test.', status.realTimeFactor),
    gauge('active_speakers', 'People speaking now.', status.activeSpeakers),
    gauge('speaker_capacity', 'Speakers this machine can carry by its self-test.', status.capacity),
    gauge(
      'speakers_comfortable',
      'Speakers at once for whom every word still comes in time, by the self-test.',
      status.comfortable ?? status.capacity,
    ),
    gauge('queued_jobs', 'Decodes waiting for a worker.', status.queued),
    gauge('resident_memory_bytes', 'Memory of the server process.', process.memoryUsage.rss()),
    gauge('uptime_seconds', 'Age of the server process.', Math.round(process.uptime())),
  ]
}

/** The text format 0.0.4. */
export function renderMetrics(metrics: readonly Metric[]): string {
  let text = ''
  for (const { name, help, type, values } of metrics) {
    text += `# HELP parley_${name} ${help}\n# TYPE parley_${name} ${type}\n`
    for (const [labels, value] of Object.entries(values)) text += `parley_${name}${labels} ${value}\n`
  }
  return text
}
