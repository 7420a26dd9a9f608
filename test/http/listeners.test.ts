/** What a start says that cannot listen. */
import { expect, test } from 'bun:test'
import { resolveConfig } from '../../server/config.ts'
import { hostFor, type ListenerParts, openListeners } from '../../server/http/listeners.ts'
import { isLoopback, visitorOf } from '../../server/http/origin.ts'
import { silentLog } from '../../server/log.ts'
import type { Config } from '../../server/settings.ts'
import { openApp } from '../helpers/app.ts'

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

test('[CN16] unless told otherwise it listens on every address, IPv6 and IPv4', async () => {
  expect(resolveConfig({}, {}).config.host).toBe('::')
  const server = await openApp({ host: '::' })
  try {
    for (const name of ['127.0.0.1', '[::1]', 'localhost']) {
      const at = `http://${name}:${server.app.port}`
      // Whoever sits at the machine is its owner by either way.
      expect([name, (await fetch(`${at}/api/rooms`)).status]).toEqual([name, 200])
      const elsewhere = await fetch(`${at}/api/rooms`, { headers: { 'x-forwarded-for': '203.0.113.9' } })
      expect([name, elsewhere.status]).toEqual([name, 401])
    }
  } finally {
    await server.close()
  }
})

test('[CN16] a system without IPv6 is served by IPv4 alone; an address that was asked for stays', () => {
  expect(hostFor('::', () => false)).toBe('0.0.0.0')
  expect(hostFor('::', () => true)).toBe('::')
  expect(hostFor('::1', () => false)).toBe('::1')
  expect(hostFor('127.0.0.1')).toBe('127.0.0.1')
})

test('[CN16] an IPv4 caller is the same visitor, and this machine the same, over a socket of both kinds', () => {
  expect(visitorOf('::ffff:203.0.113.9', new Headers(), '')).toBe('203.0.113.9')
  for (const address of ['::1', '127.0.0.1', '127.0.0.53', '::ffff:127.0.0.1', '::ffff:127.0.0.53'])
    expect([address, isLoopback(address, new Headers())]).toEqual([address, true])
  expect(isLoopback('::ffff:10.0.0.9', new Headers())).toBe(false)
})
