import { describe, expect, spyOn, test } from 'bun:test'
import { generate } from 'selfsigned'
import { retryAfterMs } from '../../server/core/retry-after.ts'
import { checkTarget, isPrivateAddress, resolveTarget } from '../../server/core/target.ts'
import { type CallError, call } from '../../server/integration/call.ts'
import { nextWait, PATIENT, QUICK } from '../../server/integration/retry.ts'
import { sign } from '../../server/integration/signature.ts'
import { hang, ok, openStub, status } from './stub.ts'

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (thrown: { code?: string }) => thrown.code ?? 'thrown',
  )
const names: Record<string, string[]> = {
  'public.example': ['93.184.215.14'],
  'inside.example': ['10.1.2.3'],
  'both.example': ['93.184.215.14', '127.0.0.1'],
}
const lookup = async (host: string) => names[host] ?? []

describe('private addresses', () => {
  for (const url of [
    'http://127.0.0.1/',
    'http://localhost.localdomain@127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:a00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1:7f00:1::808:808]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fd12:3456::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://inside.example/',
    'http://both.example/',
    'https://inside.example/',
    'http://①②⑦.⓪.⓪.①/',
  ]) {
    test(`[IN1] ${url} is refused`, async () =>
      expect(await codeOf(resolveTarget(url, { allowPrivate: false, lookup }))).not.toBe('fine'))
  }

  for (const url of [
    'file:///etc/passwd',
    'gopher://x/',
    'ftp://x/',
    'http://user:pass@public.example/',
    'http://public.example\\@127.0.0.1/',
    'http://pub lic.example/',
    'javascript:alert(1)',
    '//x',
    '',
  ]) {
    test(`[IN1] '${url}' is no address to call`, () => expect(() => checkTarget(url)).toThrow())
  }

  test('[IN1] public ones pass, private ones when the owner allows it, unknown ones wait', async () => {
    for (const url of [
      'http://public.example/',
      'https://93.184.215.14/x',
      'http://[2606:4700::1111]/',
      'http://172.32.0.1/',
      'http://192.169.0.1/',
    ])
      expect(await codeOf(resolveTarget(url, { allowPrivate: false, lookup }))).toBe('fine')
    expect((await resolveTarget('http://inside.example/', { allowPrivate: true, lookup })).address).toBe(
      '10.1.2.3',
    )
    expect(await codeOf(resolveTarget('http://nowhere.example/', { allowPrivate: false, lookup }))).toBe(
      'unavailable',
    )
    expect(isPrivateAddress('not an address')).toBe(true)
  })

  test('[IN1] a call goes to the address that was checked, and nothing private is reached', async () => {
    const stub = openStub(ok)
    const error = await call(stub.url, { trust: 'public', lookup }).catch((thrown: CallError) => thrown)
    expect(error).toMatchObject({ retry: false })
    expect(stub.seen).toEqual([])
    await stub.close()
  })
})

test('[SX48] a name that points elsewhere a moment later leads nowhere: resolved once, called by number, checked by name', async () => {
  const answers = [['93.184.216.34'], ['127.0.0.1']]
  let asked = 0
  const flipping = async () => answers[Math.min(asked++, 1)] as string[]
  const fetched = spyOn(globalThis, 'fetch').mockImplementation((async () => new Response('ok')) as never)
  try {
    await call('https://hook.example/x', { trust: 'public', lookup: flipping })
    const [url, init] = fetched.mock.calls[0] as [string, { headers: object; tls: object; redirect: string }]
    expect(url).toBe('https://93.184.216.34/x')
    expect(init).toMatchObject({
      headers: { host: 'hook.example' },
      tls: { serverName: 'hook.example' },
      redirect: 'manual',
    })
    expect(asked).toBe(1)
  } finally {
    fetched.mockRestore()
  }
  // What this rests on: Bun checks the certificate against `serverName`, whatever the address and the Host header say.
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'hook.example' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'hook.example' }] }],
  } as never)
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: { key, cert },
    fetch: () => new Response('ok'),
  })
  const visit = (serverName: string) =>
    fetch(`https://127.0.0.1:${server.port}/`, { tls: { ca: cert, serverName } } as RequestInit).then(
      ({ status }) => status,
      () => 'refused',
    )
  expect([await visit('hook.example'), await visit('other.example')]).toEqual([200, 'refused'])
  await server.stop(true)
})

describe('calls', () => {
  test('[IN2] what is worth trying again', async () => {
    const stub = openStub(ok)
    for (const [behaviour, expected] of [
      [status(302, { location: 'http://127.0.0.1:1/' }), { retry: false, status: 302 }],
      [status(400), { retry: false, status: 400 }],
      [status(429, { 'retry-after': '7' }), { retry: true, after: 7000 }],
      [status(500), { retry: true }],
      [status(503, { 'retry-after': '1' }), { retry: true, after: 1000 }],
      [hang, { retry: true, message: expect.stringContaining('in time') }],
      [() => new Response('x'.repeat(5000)), { retry: false, message: expect.stringContaining('too long') }],
    ] as const) {
      stub.script(behaviour)
      const error = await call(stub.url, { trust: 'owner', timeout: 150, maxBytes: 1000 }).catch(
        (thrown: CallError) => thrown,
      )
      expect(error).toMatchObject(expected as object)
    }
    await stub.close()
    expect(await call(stub.url, { trust: 'owner' }).catch((thrown: CallError) => thrown)).toMatchObject({
      retry: true,
    })
  })

  test('[IN3] waits', () => {
    expect([1, 2, 3].map((attempt) => nextWait(attempt, null, QUICK, () => 0.5))).toEqual([500, 1000, null])
    expect(nextWait(1, 9000, QUICK, () => 0)).toBe(9000)
    expect(nextWait(31, null, PATIENT, () => 0.5)).toBe(3_600_000)
    expect(nextWait(32, null, PATIENT)).toBeNull()
    const now = 4000
    const asked = [
      '3',
      'Thu, 01 Jan 1970 00:00:10 GMT',
      'Thu, 01 Jan 1970 00:00:01 GMT',
      '86400',
      'soon',
      null,
    ]
    expect(asked.map((header) => retryAfterMs(header, now))).toEqual([3000, 6000, 0, 3_600_000, null, null])
  })

  test('[IN4] a signature is what any HMAC-SHA256 makes of time and body', () => {
    // printf '1000.{"a":1}' | openssl dgst -sha256 -hmac secret
    const digest = '79735020b7448fd0956ae8a025e12d8e8e654b3b2d7757e722076546bb0f8e3b'
    expect(sign('secret', '{"a":1}', 1_000_999)).toBe(`t=1000,v1=${digest}`)
  })
})
