import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  modelUrl,
  type PullEntry,
  type PullOptions,
  type PullProgress,
  pullModel,
} from '../../models/pull.ts'
import { AppError } from '../../server/core/error.ts'
import { type Answer, askedFrom, type FakeHub, fakeHub, serveFile, status } from './fake-hub.ts'
import { noise, sha256 } from './fake-model.ts'
import { temporaryDirectories } from './temporary.ts'

const temporaryDirectory = temporaryDirectories()

const FILE = noise(300_000)
const OTHER = noise(300_000, 2)
const ENTRY: PullEntry = { name: 'small', file: 'ggml-small.bin', bytes: FILE.length, sha256: sha256(FILE) }

let hub: FakeHub | undefined
afterEach(() => {
  hub?.close()
  hub = undefined
})

interface Run {
  directory: string
  reports: PullProgress[]
  waits: number[]
  path: string | null
  error: unknown
}

async function pull(answers: Answer[], options: Partial<PullOptions> = {}): Promise<Run> {
  hub = fakeHub(...answers)
  const directory = options.directory ?? temporaryDirectory()
  const reports: PullProgress[] = []
  const waits: number[] = []
  const run: Run = { directory, reports, waits, path: null, error: null }
  try {
    run.path = await pullModel(ENTRY, {
      mirror: hub.url,
      onProgress: (report) => reports.push(report),
      sleep: async (ms) => void waits.push(ms),
      stallMs: 5000,
      ...options,
      directory,
    })
  } catch (error) {
    run.error = error
  }
  return run
}

function expectInstalled(run: Run): void {
  expect(run.error).toBeNull()
  expect(run.path).toBe(join(run.directory, ENTRY.file))
  expect(readFileSync(run.path as string).equals(FILE)).toBe(true)
  expect(readdirSync(run.directory)).toEqual([ENTRY.file])
}

function expectRefused(run: Run, code: string, words: RegExp): void {
  expect(run.error).toBeInstanceOf(AppError)
  expect((run.error as AppError).code).toBe(code as never)
  expect((run.error as AppError).message).toMatch(words)
  expect(existsSync(join(run.directory, ENTRY.file))).toBe(false)
}

const part = (directory: string) => join(directory, `${ENTRY.file}.part`)

describe('a server that behaves', () => {
  test('[MO20] a download ends under its final name with the right hash and leaves nothing else behind', async () => {
    const run = await pull([serveFile(FILE)])
    expectInstalled(run)
    expect(hub?.asked.map(({ path }) => path)).toEqual(['/ggml-small.bin'])
  })

  test('[MO21] progress tells bytes received of all, never going back, then the check', async () => {
    const { reports } = await pull([serveFile(FILE)])
    const received = reports.flatMap((report) => (report.state === 'receiving' ? [report.received] : []))
    expect(received).toEqual([...received].sort((a, b) => a - b))
    expect(received.at(-1)).toBe(FILE.length)
    expect(reports.at(-1)).toEqual({ state: 'checking' })
  })

  test('[MO22] redirects are followed, and the range asked for survives them', async () => {
    const away: Answer = (asked, say) => {
      if (asked.path.startsWith('/real'))
        return serveFile(FILE, askedFrom(asked) === 0 ? { limit: 100_000 } : {})(asked, say)
      say.head(302, { location: '/real/file', 'content-length': 0 })
      say.end()
    }
    const run = await pull([away])
    expectInstalled(run)
    expect(hub?.asked.filter(({ path }) => path === '/real/file').map(askedFrom)).toEqual([0, 100_000])
  })
})

describe('a line that breaks', () => {
  test('[MO23] a cut download continues at the byte where it stopped, and only the same version', async () => {
    const run = await pull([serveFile(FILE, { limit: 100_000 }), serveFile(FILE)])
    expectInstalled(run)
    expect(hub?.asked[1]?.headers.range).toBe('bytes=100000-')
    expect(hub?.asked[1]?.headers['if-range']).toBe('"v1"')
    expect(run.waits).toEqual([1000])
  })

  test('[MO24] what an earlier run left is continued, with its version remembered', async () => {
    const first = await pull([serveFile(FILE, { limit: 120_000 }), status(503)], { attempts: 2 })
    expectRefused(first, 'unavailable', /kept/)
    hub?.close()
    const second = await pull([serveFile(FILE)], { directory: first.directory })
    expectInstalled(second)
    expect(hub?.asked.map(askedFrom)).toEqual([120_000])
    expect(hub?.asked[0]?.headers['if-range']).toBe('"v1"')
    expect(second.reports[0]).toMatchObject({ state: 'receiving', resumedFrom: 120_000 })
  })

  test('[MO25] silence is given up after the stall time and the download goes on with a new request', async () => {
    const silent: Answer = (_, say) => {
      say.head(200, { 'content-length': FILE.length, etag: '"v1"' })
      say.body(FILE.subarray(0, 50_000))
    }
    const run = await pull([silent, serveFile(FILE)], { stallMs: 100 })
    expectInstalled(run)
    expect(hub?.asked.map(askedFrom)).toEqual([0, 50_000])
    expect(run.reports.find((report) => report.state === 'waiting')).toMatchObject({
      attempt: 1,
      seconds: 1,
      reason: expect.stringContaining('nothing came'),
    })
  })

  test('[MO25] a server that never answers at all is silence too', async () => {
    const run = await pull([() => {}, serveFile(FILE)], { stallMs: 100 })
    expectInstalled(run)
  })

  test('[MO26] pauses double up to 30 s, start again after progress, and Retry-After is honoured', async () => {
    const run = await pull([
      status(500),
      status(502),
      serveFile(FILE, { limit: 10 }),
      status(429, { 'retry-after': 7 }),
      status(503),
      serveFile(FILE),
    ])
    expectInstalled(run)
    expect(run.waits).toEqual([1000, 2000, 1000, 7000, 4000])
  })

  test('[MO27] after a number of tries without a byte it gives up and keeps what it has', async () => {
    const run = await pull([serveFile(FILE, { limit: 10_000 }), status(500)], { attempts: 3 })
    expectRefused(run, 'unavailable', /500.*kept/)
    expect(readFileSync(part(run.directory)).equals(FILE.subarray(0, 10_000))).toBe(true)
  })

  test('[MO27] nobody listening: the message names the host', async () => {
    const gone = fakeHub(status(200))
    gone.close()
    const run = await pull([status(200)], { mirror: gone.url, attempts: 2 })
    expectRefused(run, 'unavailable', /127\.0\.0\.1:\d+: .*(refused|reached)/)
  })

  test('[MO28] stopping by the user keeps the part, and the next run continues', async () => {
    const stop = new AbortController()
    const half: Answer = (_, say) => {
      say.head(200, { 'content-length': FILE.length, etag: '"v1"' })
      say.body(FILE.subarray(0, 90_000))
    }
    const reason = new Error('stopped')
    const first = await pull([half], {
      signal: stop.signal,
      onProgress: (report) => {
        if (report.state === 'receiving' && report.received === 90_000) stop.abort(reason)
      },
    })
    expect(first.error).toBe(reason)
    hub?.close()
    const second = await pull([serveFile(FILE)], { directory: first.directory })
    expectInstalled(second)
    expect(hub?.asked.map(askedFrom)).toEqual([90_000])
  })
})

describe('a server that cannot continue', () => {
  test('[MO29] whole file instead of the rest: taken from its first byte', async () => {
    const whole: Answer = (_, say) => {
      say.head(200, { 'content-length': FILE.length })
      say.body(FILE)
      say.end()
    }
    const run = await pull([serveFile(FILE, { limit: 100_000 }), whole])
    expectInstalled(run)
  })

  test('[MO29] another version at the server (ETag changed): taken from its first byte', async () => {
    const run = await pull([
      serveFile(OTHER, { limit: 100_000, etag: '"old"' }),
      serveFile(FILE, { etag: '"new"' }),
    ])
    expectInstalled(run)
  })

  test('[MO30] 416, or a range that begins elsewhere, starts the download again without one', async () => {
    const elsewhere: Answer = (_, say) => {
      const rest = FILE.subarray(50_000)
      say.head(206, { 'content-length': rest.length, 'content-range': `bytes 50000-299999/${FILE.length}` })
      say.body(rest)
      say.end()
    }
    for (const refusal of [status(416, { 'content-range': `bytes */${FILE.length}` }), elsewhere]) {
      const run = await pull([serveFile(FILE, { limit: 100_000 }), refusal, serveFile(FILE)])
      expectInstalled(run)
      expect(hub?.asked.map(askedFrom)).toEqual([0, 100_000, 0])
      hub?.close()
    }
  })

  test('[MO30] a range of a file of another size starts again too', async () => {
    const shorter: Answer = (_, say) => {
      say.head(206, { 'content-length': 10, 'content-range': 'bytes 100000-100009/100010' })
      say.body(FILE.subarray(0, 10))
      say.end()
    }
    expectInstalled(await pull([serveFile(FILE, { limit: 100_000 }), shorter, serveFile(FILE)]))
  })
})

describe('a server that lies', () => {
  test('[MO31] wrong bytes are deleted, nothing is installed, and the message says so', async () => {
    const run = await pull([serveFile(OTHER)])
    expectRefused(run, 'unavailable', /wrong SHA-256 for small.*deleted/)
    expect(readdirSync(run.directory)).toEqual([])
    expect(hub?.asked.length).toBe(1)
  })

  test('[MO32] wrong bytes after a continuation: one more download from the start', async () => {
    const directory = temporaryDirectory()
    writeFileSync(part(directory), OTHER.subarray(0, 100_000))
    const run = await pull([serveFile(FILE)], { directory })
    expectInstalled(run)
    expect(hub?.asked.map(askedFrom)).toEqual([100_000, 0])
  })

  test('[MO33] a file of another length is refused by its header, before any byte is kept', async () => {
    const run = await pull([serveFile(FILE.subarray(0, 1000))])
    expectRefused(run, 'unavailable', /1,000 bytes instead of 300,000/)
  })

  test('[MO33] more bytes than the model has are never written', async () => {
    const chunked: Answer = (_, say) => {
      say.head(200, { 'transfer-encoding': 'chunked' })
      for (let i = 0; i < 10; i++) {
        say.body(Buffer.from(`${(100_000).toString(16)}\r\n`))
        say.body(FILE.subarray(0, 100_000))
        say.body(Buffer.from('\r\n'))
      }
      say.body(Buffer.from('0\r\n\r\n'))
      say.end()
    }
    const run = await pull([chunked])
    expectRefused(run, 'unavailable', /another file/)
    expect(readFileSync(part(run.directory)).length).toBeLessThanOrEqual(FILE.length)
  })

  test('[MO34] 404 and other refusals are final at once', async () => {
    for (const [code, kind] of [
      [404, 'not-found'],
      [403, 'unavailable'],
      [401, 'unavailable'],
    ] as const) {
      const run = await pull([status(code)])
      expectRefused(run, kind, new RegExp(`answered ${code} for /ggml-small.bin`))
      expect(hub?.asked.length).toBe(1)
      hub?.close()
    }
  })

  test('[MO35] a circle of redirects ends with a message', async () => {
    const run = await pull([status(302, { location: '/round' })])
    expectRefused(run, 'unavailable', /circle/)
  })
})

describe('this machine', () => {
  test('[MO36] too little space: refused before the first request, with both figures', async () => {
    const run = await pull([serveFile(FILE)], { freeBytes: async () => 1000 })
    expectRefused(run, 'storage', /67\.4 MB are needed, 1 kB are free/)
    expect(hub?.asked.length).toBe(0)
  })

  test('[MO36] a directory that cannot be written is said in words', async () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    expectRefused(
      await pull([serveFile(FILE)], { directory: join(file, 'models') }),
      'storage',
      /Cannot write/,
    )
  })

  test('[MO37] two downloads of one model: the second is refused, the first is not disturbed', async () => {
    let finish = () => {}
    const slow: Answer = (asked, say) => {
      finish = () => void serveFile(FILE)(asked, say)
      started.resolve()
    }
    const started = Promise.withResolvers<void>()
    const directory = temporaryDirectory()
    const first = pull([slow], { directory })
    await started.promise
    const own = hub as FakeHub
    const second = await pullModel(ENTRY, { directory, mirror: own.url }).catch((error) => error)
    expect(second).toBeInstanceOf(AppError)
    expect(second.code).toBe('conflict')
    finish()
    expectInstalled(await first)
  })

  test('[MO37] the lock of a process that died is taken over', async () => {
    const directory = temporaryDirectory()
    const dead = Bun.spawnSync(['true']).pid
    writeFileSync(`${part(directory)}.lock`, String(dead))
    expectInstalled(await pull([serveFile(FILE)], { directory }))
  })

  test('[MO37] the lock of a living process holds', async () => {
    const directory = temporaryDirectory()
    writeFileSync(`${part(directory)}.lock`, String(process.ppid))
    expectRefused(await pull([serveFile(FILE)], { directory }), 'conflict', /another process/)
  })
})

describe('other ways', () => {
  test('[MO38] a proxy gets the whole address', async () => {
    const proxy = fakeHub(serveFile(FILE))
    try {
      const run = await pull([status(500)], { mirror: 'http://hub.invalid/models/', proxy: proxy.url })
      expectInstalled(run)
      expect(proxy.asked[0]?.path).toBe('http://hub.invalid/models/ggml-small.bin')
    } finally {
      proxy.close()
    }
  })

  test('[MO38] without one, HTTP_PROXY decides', async () => {
    const proxy = fakeHub(status(404))
    const code = `import { pullModel } from ${JSON.stringify(join(import.meta.dir, '../../models/pull.ts'))}
      await pullModel(${JSON.stringify(ENTRY)}, { directory: process.argv[1], mirror: 'http://hub.invalid' }).catch(() => {})`
    const env = { ...process.env, HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: '', no_proxy: '' }
    await Bun.spawn([process.execPath, '-e', code, temporaryDirectory()], { env, stderr: 'inherit' }).exited
    proxy.close()
    expect(proxy.asked.map(({ path }) => path)).toEqual(['http://hub.invalid/ggml-small.bin'])
  })

  test('[MO39] a mirror replaces the base address; passwords in it stay out of messages', async () => {
    expect(modelUrl(ENTRY, 'https://mirror.example/x//')).toBe('https://mirror.example/x/ggml-small.bin')
    expect(() => modelUrl(ENTRY, 'ftp://mirror.example')).toThrow(/http or https/)
    expect(() => modelUrl(ENTRY, 'mirror')).toThrow(/http or https/)
    const own = fakeHub(status(404))
    const run = await pull([status(404)], { mirror: own.url.replace('http://', 'http://user:secret@') })
    own.close()
    expectRefused(run, 'not-found', /answered 404/)
    expect((run.error as AppError).message).not.toContain('secret')
  })
})
