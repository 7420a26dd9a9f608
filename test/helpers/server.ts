/** The program as a user starts it: a child process on port 0 with its own data directory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subprocess } from 'bun'

export interface RunningServer {
  url: string
  port: number
  secureUrl: string | null
  directory: string
  process: Subprocess<'ignore', 'pipe', 'pipe'>
  /** Everything it printed so far, both streams. */
  output(): string
  stop(signal?: NodeJS.Signals): Promise<number>
  /** Stop and remove the data directory. */
  dispose(): Promise<void>
}

export interface StartOptions {
  /** Program and first arguments; default: this checkout's server/main.ts. */
  command?: string[]
  args?: string[]
  env?: Record<string, string>
  directory?: string
  cwd?: string
  /** Default 0: any. */
  port?: number
  /** ms until the listening line. */
  timeout?: number
}

const MAIN = join(import.meta.dir, '..', '..', 'server', 'main.ts')

export async function startServer(options: StartOptions = {}): Promise<RunningServer> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'parley-server-'))
  const command = options.command ?? [process.execPath, MAIN]
  const child = Bun.spawn(
    [
      ...command,
      'serve',
      '--port',
      String(options.port ?? 0),
      '--host',
      '127.0.0.1',
      '--data-dir',
      directory,
      '--no-open',
      ...(options.args ?? []),
    ],
    {
      stdout: 'pipe',
      stderr: 'pipe',
      stdin: 'ignore',
      env: options.env ?? { ...process.env, PARLEY_LOG_LEVEL: 'info' },
      cwd: options.cwd,
    },
  )
  let output = ''
  const listening = Promise.withResolvers<{ url: string; port: number; secureUrl: string | null }>()
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      output += decoder.decode(chunk, { stream: true })
      const line = output.split('\n').find((each) => each.startsWith('{"event":"listening"'))
      if (line) listening.resolve(JSON.parse(line))
    }
  }
  const reading = Promise.all([read(child.stdout), read(child.stderr)]).catch(() => {})
  const late = setTimeout(
    () => listening.reject(new Error(`no listening line:\n${output}`)),
    options.timeout ?? 60_000,
  )
  child.exited.then(async (code) => {
    await reading
    listening.reject(new Error(`the server ended with ${code}:\n${output}`))
  })
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return child.exited
  }
  try {
    const { url, port, secureUrl } = await listening.promise
    return {
      url,
      port,
      secureUrl,
      directory,
      process: child,
      output: () => output,
      stop,
      async dispose() {
        await stop()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    clearTimeout(late)
  }
}

/** Waits until the recogniser is ready (the model has passed its self-test). */
export async function untilReady(server: Pick<RunningServer, 'url'>, timeout = 60_000): Promise<void> {
  const until = Date.now() + timeout
  for (;;) {
    const response = await fetch(`${server.url}/readyz`)
    if (response.ok) return
    if (Date.now() > until) throw new Error(`not ready: ${await response.text()}`)
    await Bun.sleep(200)
  }
}

/** As the server itself counts them: a line that was cut here is not noticed there at once. */
export async function openSockets({ port }: { port: number }): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(/^parley_open_sockets (\d+)$/m.exec(metrics)?.[1])
}
