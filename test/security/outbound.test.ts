/** Whatever others than the owner can say about an address to call, and whatever a neighbour answers, nothing private is reached. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDeliveries } from '../../db/deliveries.ts'
import { pullModel } from '../../models/pull.ts'
import { openai } from '../../server/asr/backends/openai.ts'
import { isPrivateAddress, mayRedirect } from '../../server/core/target.ts'
import { decodeRequest } from '../helpers/decoding.ts'
import { until } from '../helpers/until.ts'
import { openStub } from '../integration/stub.ts'
import { openSite } from './kit.ts'

/** A service inside the network that nobody outside may reach: it only counts. */
const hits: string[] = []
const answer = (request: Request) => {
  hits.push(`${request.method} ${request.url}`)
  return new Response('secret')
}
const canary = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
const { port } = canary
/** The same port on the machine's IPv6 loopback, where it has one. */
const canary6 = (() => {
  try {
    return Bun.serve({ port, hostname: '::1', fetch: answer })
  } catch {
    return null
  }
})()
afterAll(async () => {
  await canary.stop(true)
  await canary6?.stop(true)
})

const FORMS = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.1.',
  '127.255.255.254',
  '0.0.0.0',
  '0',
  '①②⑦.⓪.⓪.①',
  '１２７.0.0.1',
  '127。0。0。1',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'foo.localhost',
  'ip6-localhost',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[2002:7f00:1::]',
  '[fe80::1]',
  '[fc00::1]',
  'user@127.0.0.1',
  'public.example@127.0.0.1',
  '127.0.0.1#@public.example',
  'public.example\\@127.0.0.1',
  '%31%32%37.0.0.1',
  '127.0.0.1%2f',
  '169.254.169.254',
  '10.0.0.1',
  '192.168.0.1',
  '172.16.0.1',
  '100.64.0.1',
]
const addresses = FORMS.flatMap((host) => {
  const at = host.search(/[#\\]/)
  const put = at < 0 ? `${host}:${port}` : `${host.slice(0, at)}:${port}${host.slice(at)}`
  return [`http://${put}/x`, `https://${put}/x`]
})

test('[SX49] no form of a private address becomes a room’s webhook, and one that is there already is not called', async () => {
  const site = await openSite()
  const accepted: string[] = []
  for (const url of addresses) {
    const { status } = await site.call('owner', 'POST', `/api/rooms/${site.room.id}/webhooks`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url }),
    })
    if (status < 400) accepted.push(url)
  }
  expect(accepted).toEqual([])
  // As a backup or an edited database could bring them along.
  const queue = openDeliveries(site.directory)
  const hooks = addresses
    .filter((url) => URL.canParse(url))
    .map((url, index) => {
      const hook = { id: `hook_${index}`, roomId: site.room.id, url, secret: 'x', active: true, error: null }
      queue.saveHook({ ...hook, createdAt: Date.now() })
      return hook.id
    })
  await site.room.join({ name: 'Ada', key: 'k', role: 'host' })
  await site.say('call me')
  const session = site.room.session?.id ?? ''
  await until(() => hooks.every((id) => (queue.cursor(id, session)?.attempts ?? 0) > 0))
  expect(hits).toEqual([])
  queue.close()
  await site.close()
}, 40_000)

test('[SX49] a neighbour that sends its visitors on leads nowhere: language model, translator, forward URL, bucket, remote recogniser, model hub', async () => {
  const asked = new Set<string>()
  const stub = openStub()
  for (const code of [302, 307]) {
    stub.script((request) => {
      asked.add(new URL(request.url).pathname.split('/')[1] ?? '')
      return new Response(null, { status: code, headers: { location: `http://127.0.0.1:${port}/${code}` } })
    })
    const site = await openSite({
      config: {
        llmUrl: `${stub.url}/llm`,
        llmModel: 'm',
        translateUrl: `${stub.url}/translate`,
        forwardUrl: `${stub.url}/forward`,
        maxMessages: 1,
        s3Bucket: 'bucket',
        s3Endpoint: stub.url,
        s3AccessKey: 'a',
        s3SecretKey: 's',
      },
    })
    asked.clear()
    await site.room.join({ name: 'Ada', key: 'k', role: 'host' })
    await site.say('send me on')
    const session = `/api/sessions/${site.room.session?.id}`
    const init = { headers: { 'content-type': 'application/json' } }
    await site.call('owner', 'POST', `${session}/summaries`, { ...init, body: '{"language":null}' })
    await site.call('owner', 'POST', `${session}/translations`, { ...init, body: '{"language":"de"}' })
    await site.room.end()
    await until(() => ['llm', 'translate', 'forward', 'bucket'].every((place) => asked.has(place)))
    const remote = await openai.load({
      modelPath: '',
      gpu: false,
      libraryPath: null,
      settings: { url: `${stub.url}/remote`, key: 'k', model: 'm' },
    })
    await remote.decode(window).catch(() => {})
    const directory = mkdtempSync(join(tmpdir(), 'parley-outbound-'))
    const entry = { name: 'm', file: 'm.bin', bytes: 100, sha256: '0'.repeat(64) }
    const pulled = await pullModel(entry, { directory, mirror: `${stub.url}/hub` }).catch(
      (thrown: Error) => thrown.message,
    )
    expect(pulled).toContain('may not be called')
    rmSync(directory, { recursive: true })
    expect([...asked].sort()).toEqual(['bucket', 'forward', 'hub', 'llm', 'remote', 'translate'])
    await site.close()
    expect(hits).toEqual([])
  }
  await stub.close()
}, 60_000)

test('[SX49] a download is sent on from outside to outside, or within one server; never inwards, never from https to http', async () => {
  const names: Record<string, string[]> = { 'cdn.example': ['93.184.215.14'], 'in.example': ['10.0.0.1'] }
  const lookup = async (host: string) => names[host] ?? []
  const may = (from: string, to: string) => mayRedirect(new URL(from), new URL(to), lookup)
  expect(await may('https://hub.example/a', 'https://cdn.example/b')).toBe(true)
  expect(await may('http://10.0.0.9:8080/a', 'http://10.0.0.9:8080/b')).toBe(true)
  for (const [from, to] of [
    ['https://hub.example/a', 'https://in.example/b'],
    ['https://hub.example/a', 'http://cdn.example/b'],
    ['https://hub.example/a', 'https://[::ffff:10.0.0.1]/b'],
    ['http://10.0.0.9:8080/a', 'http://10.0.0.9:9090/b'],
    ['http://hub.example/a', 'file:///etc/passwd'],
  ] as const)
    expect([to, await may(from, to)]).toEqual([to, false])
  expect(isPrivateAddress('93.184.215.14')).toBe(false)
})

/** One second of sound for the remote recogniser. */
const window = decodeRequest({ kind: 'final', padding: 128 })
