import { describe, expect, test } from 'bun:test'
import { isOwner, roomRights, sha256 } from '../../server/http/access.ts'
import { hostAllowed, isLoopback, originAllowed } from '../../server/http/origin.ts'

const own = { hostname: 'studio.example', publicUrl: 'https://captions.example:8443' }

describe('names and origins', () => {
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
    [null, false],
    ['', false],
  ] as const) {
    test(`[GA1] Host ${host} is ${allowed ? 'ours' : 'refused'}`, () =>
      expect(hostAllowed(host, own)).toBe(allowed))
  }

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

describe('who may what', () => {
  const access = { mode: 'link' as const, ownerHash: sha256('owner-key') }
  const tokens = { view: sha256('v'), speak: sha256('s'), host: sha256('h') }
  const from = (...secrets: string[]) => ({ loopback: false, secrets })

  test('[GA3] this machine is the owner, a proxy on it is not, and --auth key asks everybody', () => {
    const local = { loopback: true, secrets: [] }
    expect(isOwner(local, access)).toBe(true)
    expect(isOwner(local, { ...access, mode: 'key' })).toBe(false)
    expect(isOwner(from(), access)).toBe(false)
    expect(isOwner(from('owner-key'), { ...access, mode: 'key' })).toBe(true)
    expect(isOwner(from(''), { ...access, ownerHash: sha256('') })).toBe(false)
    expect(isLoopback('127.0.0.1', new Headers())).toBe(true)
    expect(isLoopback('::ffff:127.0.0.1', new Headers())).toBe(true)
    expect(isLoopback('127.0.0.1', new Headers({ 'x-forwarded-for': '10.0.0.9' }))).toBe(false)
    expect(isLoopback('10.0.0.9', new Headers())).toBe(false)
  })

  test('[GA4] each secret gives exactly its role', () => {
    expect(roomRights(tokens, from(), access)).toEqual({ view: false, speak: false, host: false })
    expect(roomRights(tokens, from('v'), access)).toEqual({ view: true, speak: false, host: false })
    expect(roomRights(tokens, from('s'), access)).toEqual({ view: true, speak: true, host: false })
    expect(roomRights(tokens, from('h'), access)).toEqual({ view: true, speak: true, host: true })
    expect(roomRights({ ...tokens, view: null }, from('wrong'), access)).toEqual({
      view: true,
      speak: false,
      host: false,
    })
    expect(roomRights({ view: null, speak: null, host: null }, from(), access).host).toBe(false)
  })
})
