import { describe, expect, test } from 'bun:test'
import type { NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import type { AuthMode } from '../../server/core/rights.ts'
import {
  hostAllowed,
  isForeignPage,
  isLoopback,
  originAllowed,
  originFor,
  ownMachine,
  visitorOf,
} from '../../server/http/origin.ts'
import { ownNetworks } from '../../server/http/visitor-address.ts'
import { below, seeded } from '../helpers/seeded.ts'
import { openHttpKit } from './kit.ts'

const own = { hostname: 'studio.example', publicUrl: 'https://captions.example:8443' }

describe('names and origins', () => {
  test('[SX3] a page of another site asks in the background; who follows a link from it comes as anybody', () => {
    const from = (site: string, mode: string) =>
      isForeignPage(new Headers({ 'sec-fetch-site': site, 'sec-fetch-mode': mode }))
    expect(from('cross-site', 'cors')).toBe(true)
    expect(from('cross-site', 'no-cors')).toBe(true)
    expect(from('cross-site', 'navigate')).toBe(false)
    // Another program's page on this machine, or of a neighbouring name: the owner's cookie comes with what it asks.
    expect(from('same-site', 'no-cors')).toBe(true)
    expect(from('same-site', 'cors')).toBe(true)
    expect(from('same-site', 'navigate')).toBe(false)
    expect(from('same-origin', 'cors')).toBe(false)
    expect(isForeignPage(new Headers())).toBe(false)
  })

  for (const [host, allowed] of [
    ['localhost:8123', true],
    ['127.0.0.1:8123', true],
    ['[::1]:8123', true],
    ['192.168.1.7', true],
    ['studio.local:8123', true],
    ['studio:8123', true],
    ['STUDIO.example', true],
    ['captions.example:8443', true],
    ['evil.example:8123', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['', false],
  ] as const) {
    test(`[GA1] Host ${host} is ${allowed ? 'ours' : 'refused'}`, () =>
      expect(hostAllowed(host, own)).toBe(allowed))
  }

  test('[SX1] a server for this machine alone has no name that others in the network may give themselves', () => {
    const alone = { ...own, alone: true }
    expect(hostAllowed('printer.local:8123', own)).toBe(true)
    expect(hostAllowed('printer.local:8123', alone)).toBe(false)
    const known = ['studio.local:8123', 'localhost:8123', '127.0.0.1', '[::1]:8123', 'captions.example']
    for (const host of known) expect([host, hostAllowed(host, alone)]).toEqual([host, true])
  })

  for (const [origin, host, allowed] of [
    [null, 'localhost:8123', true],
    ['http://localhost:8123', 'localhost:8123', true],
    ['https://captions.example:8443', '10.0.0.2:8123', true],
    ['http://localhost:9999', 'localhost:8123', false],
    ['https://evil.example', 'localhost:8123', false],
    ['null', 'localhost:8123', false],
    ['garbage', 'localhost:8123', false],
  ] as const) {
    test(`[GA2] a page of ${origin} ${allowed ? 'may' : 'may not'} change things at ${host}`, () =>
      expect(originAllowed(origin, host, own.publicUrl)).toBe(allowed))
  }
})

describe('[GA6] the address of links and reading pages', () => {
  for (const [called, publicUrl, expected] of [
    ['http://192.168.1.7:8123/ws', '', 'http://192.168.1.7:8123'],
    ['https://studio.local:8443/asr', '', 'https://studio.local:8443'],
    ['http://192.168.1.7:9090/', '', 'http://192.168.1.7:8123'],
    ['http://captions.example/ws', 'https://captions.example', 'https://captions.example'],
    ['http://127.0.0.1:8123/ws', 'https://captions.example', 'https://captions.example'],
  ] as const)
    test(`[GA6] ${called}${publicUrl && `, known as ${publicUrl}`} → ${expected}`, () =>
      expect(originFor(new URL(called), publicUrl, { pageless: 9090, pages: 8123 })).toBe(expected))

  test('[GA6] a new room behind a proxy is given out with the address people use', async () => {
    const kit = await openHttpKit({ config: { auth: 'open', publicUrl: 'https://captions.example' } })
    const { links } = await kit.json<{ links: Record<string, string> }>('POST', '/api/rooms', {}, 201)
    for (const link of Object.values(links)) expect(link).toStartWith('https://captions.example/')
    await kit.close()
  })
})

describe('who may what', () => {
  const open = async (mode: AuthMode = 'link') => {
    const kit = await openHttpKit({ config: { auth: mode } })
    const { tokens, room } = await kit.rooms.create()
    return { ...kit, tokens, roomId: room.id }
  }
  const from = (...secrets: string[]) => ({ loopback: false, secrets })
  const local = { loopback: true, secrets: [] }

  test('[GA3] this machine is the owner, a proxy on it is not, and --auth key asks everybody', async () => {
    for (const [mode, owner, stranger] of [
      ['link', true, false],
      ['key', false, false],
      ['open', true, true],
    ] as const) {
      const kit = await open(mode)
      expect([mode, kit.access.isOwner(local), kit.access.isOwner(from())]).toEqual([mode, owner, stranger])
      expect(kit.access.isOwner(from(kit.access.addKey('x', ['admin']).secret))).toBe(true)
      expect(kit.access.isOwner(from(''))).toBe(mode === 'open')
      await kit.close()
    }
    expect(isLoopback('127.0.0.1', new Headers())).toBe(true)
    expect(isLoopback('::ffff:127.0.0.1', new Headers())).toBe(true)
    expect(isLoopback('127.0.0.1', new Headers({ 'x-forwarded-for': '10.0.0.9' }))).toBe(false)
    expect(isLoopback('10.0.0.9', new Headers())).toBe(false)
  })

  test('[GA8] whoever is here has called us localhost or by an address of this machine, not by a name made like one', () => {
    const called = (host: string) => ownMachine('127.0.0.1', new Headers({ host }), '')
    for (const host of [
      'localhost:8123',
      'parley.localhost',
      '127.0.0.1:8123',
      '127.3.2.1',
      '[::1]:8123',
      '',
    ])
      expect([host, called(host)]).toEqual([host, true])
    for (const host of [
      '127.0.0.1.evil.local',
      '127.evil.local:8123',
      'evil.local',
      '192.168.1.7',
      '0.0.0.0',
    ])
      expect([host, called(host)]).toEqual([host, false])
  })

  test('[SX62] limits count by where a call comes from, whatever its headers say; an IPv6 network is one visitor', () => {
    const random = seeded(3)
    const one = () => below(random, 256)
    const made = Array.from({ length: 1000 }, () => [one(), one(), one(), one()].join('.'))
    const asked = (address: string, publicUrl: string) =>
      new Set(made.map((name) => visitorOf(address, new Headers({ 'x-forwarded-for': name }), publicUrl)))
    expect([...asked('203.0.113.9', '')]).toEqual(['203.0.113.9'])
    expect([...asked('203.0.113.9', 'https://captions.example')]).toEqual(['203.0.113.9'])
    expect([...asked('127.0.0.1', '')]).toEqual(['127.0.0.1'])
    // The proxy on this machine is believed, and of what it passes on only what it wrote itself, the last.
    expect(asked('127.0.0.1', 'https://captions.example').size).toBe(new Set(made).size)
    const chain = new Headers({ 'x-forwarded-for': '198.51.100.1, 203.0.113.7' })
    expect(visitorOf('127.0.0.1', chain, 'https://captions.example')).toBe('203.0.113.7')
    const six = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:0DB8:1:2:0:0:0:7', '2001:db8:1:2:a:b:c:d']
    expect([...new Set(six.map((address) => visitorOf(address, new Headers(), '')))]).toHaveLength(1)
    expect(visitorOf('2001:db8:1:3::1', new Headers(), '')).not.toBe(visitorOf(six[0], new Headers(), ''))
    expect(visitorOf('::ffff:203.0.113.9', new Headers(), '')).toBe('203.0.113.9')
    // But the neighbours of this machine's own networks are one each, as over IPv4.
    expect(visitorOf('fe80::1%eth0', new Headers(), '')).toBe('fe80::1')
    let cards: ReturnType<typeof networkInterfaces> = {}
    let now = 0
    const own = ownNetworks(
      () => cards,
      () => now,
    )
    const neighbour = () => visitorOf('2001:DB8:1:2::9', new Headers(), '', own)
    expect(neighbour()).toBe('2001:db8:1:2::/64')
    cards = { eth0: [{ family: 'IPv6', address: '2001:db8:1:2::1' } as NetworkInterfaceInfo] }
    now = 60_000
    expect(neighbour()).toBe('2001:db8:1:2::9')
    expect(visitorOf('2001:db8:1:3::9', new Headers(), '', own)).toBe('2001:db8:1:3::/64')
  })

  test('[SX62] what a proxy passes on that is no address makes nobody a visitor of their own; a port does not either', () => {
    const named = (text: string) =>
      visitorOf('127.0.0.1', new Headers({ 'x-forwarded-for': text }), 'https://captions.example')
    for (const text of ['somebody', 'x'.repeat(12_000), '1.2.3', '[::1', '203.0.113.7:1:2', 'unknown', ','])
      expect([text, named(text)]).toEqual([text, '127.0.0.1'])
    expect(new Set(['203.0.113.7', '203.0.113.7:4711', ' 203.0.113.7:80 '].map(named)).size).toBe(1)
    expect(named('[2001:db8:1:2::1]:4711')).toBe(named('2001:db8:1:2::9'))
  })

  test('[GA4] each secret gives exactly its role, and the name alone gives nothing', async () => {
    const { access, tokens, roomId, rooms, close } = await open()
    const rights = (...secrets: string[]) => access.rights(from(...secrets), roomId)
    expect(rights()).toEqual({ view: false, speak: false, host: false })
    expect(rights('wrong')).toEqual({ view: false, speak: false, host: false })
    expect(rights(tokens.view)).toEqual({ view: true, speak: false, host: false })
    expect(rights(tokens.speak)).toEqual({ view: true, speak: true, host: false })
    expect(rights(tokens.host)).toEqual({ view: true, speak: true, host: true })
    expect(rights(`${tokens.speak}.${tokens.view}`)).toEqual({ view: true, speak: true, host: false })
    const other = await rooms.create()
    expect(rights(other.tokens.host)).toEqual({ view: false, speak: false, host: false })
    await close()
  })
})
