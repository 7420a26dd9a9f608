/** What a start says that cannot listen. */
import { expect, test } from 'bun:test'
import { resolveConfig } from '../../server/config.ts'
import { type ListenerParts, openListeners } from '../../server/http/listeners.ts'
import { silentLog } from '../../server/log.ts'
import type { Config } from '../../server/settings.ts'

function open(given: Partial<Config>) {
  const config = { ...resolveConfig({}, {}).config, host: '127.0.0.1', port: 0, ...given }
  const websocket = { message() {} } as unknown as ListenerParts['websocket']
  return openListeners({
    config,
    certificate: null,
    gate: async () => new Response('ok'),
    websocket,
    onAnswer() {},
    log: silentLog,
  })
}

test('[CN12] an address of another machine is told as such', () => {
  for (const host of ['192.0.2.77', 'no.such.host'])
    expect(() => open({ host })).toThrow(`'${host}' is no address of this machine. Choose one with --host`)
})

test('[CN12] a taken port of its own is told with its flag', async () => {
  const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
  const port = other.port as number
  try {
    expect(() => open({ whisperlivePort: port })).toThrow(
      `Port ${port} is taken by another program. Choose another with --whisperlive-port`,
    )
  } finally {
    await other.stop(true)
  }
})

test('[CN12] IPv6 addresses become addresses that can be opened', async () => {
  const listeners = open({ host: '::1' })
  try {
    expect(listeners.url).toBe(`http://[::1]:${listeners.port}`)
    expect(await (await fetch(listeners.url)).text()).toBe('ok')
  } finally {
    await listeners.close()
  }
})
