/** The terminal in which the server was started is closed (an SSH line breaks): it stops in order, unless nohup says otherwise. */
import { afterEach, expect, test } from 'bun:test'
import { createRoom, MAIN } from '../faults/kit.ts'
import { record } from '../helpers/native-client.ts'
import { type RunningServer, startServer } from '../helpers/server.ts'

const servers: RunningServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose()
})

async function start(command: string[]): Promise<RunningServer> {
  const server = await startServer({ command, args: ['--no-tls', '--backend', 'fake'] })
  servers.push(server)
  return server
}

test.skipIf(process.platform !== 'linux')(
  '[OP9] the terminal is closed: clients are told to come back, and it ends with 0',
  async () => {
    const server = await start(['env', '--default-signal=HUP', ...MAIN])
    const { id } = await createRoom(server.url)
    const closed = Promise.withResolvers<number>()
    const connect = (url: string) => {
      const socket = new WebSocket(url)
      socket.addEventListener('close', ({ code }) => closed.resolve(code))
      return socket
    }
    const screen = record({ url: server.url, room: id, connect })
    await screen.until(() => screen.client.status === 'open')
    server.process.kill('SIGHUP')
    expect(await closed.promise).toBe(1012)
    expect(await server.process.exited).toBe(0)
    screen.close()
  },
  20_000,
)

test.skipIf(process.platform !== 'linux')(
  '[OP9] started with nohup it goes on',
  async () => {
    const server = await start(['nohup', ...MAIN])
    server.process.kill('SIGHUP')
    for (let i = 0; i < 5; i++) {
      await Bun.sleep(100)
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    }
    expect(server.process.exitCode).toBeNull()
  },
  20_000,
)
