/** Other people's servers as child processes of a test file: started when their address answers, ended with the file. */
import { afterAll } from 'bun:test'
import { join } from 'node:path'
import type { Subprocess } from 'bun'

export const CLIENTS = join(import.meta.dir, 'clients')

const children: Subprocess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

export async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const { port } = server
  await server.stop(true)
  return port as number
}

/** Starts a program and waits until its address answers. */
export async function start(command: string[], health: string): Promise<Subprocess> {
  const child = Bun.spawn(command, { stdout: 'ignore', stderr: 'pipe', stdin: 'ignore' })
  children.push(child)
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null)
      throw new Error(`${command[1]} ended: ${await new Response(child.stderr).text()}`)
    const answer = await fetch(health).catch(() => null)
    await answer?.body?.cancel()
    if (answer) return child
    await Bun.sleep(200)
  }
  throw new Error(`${command[1]} does not answer`)
}

/** Waits for something that comes true within two minutes; `output` is shown if it does not. */
export async function until(what: () => boolean, output: () => string): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (what()) return
    await Bun.sleep(100)
  }
  throw new Error(`this never came true:\n${output()}`)
}
