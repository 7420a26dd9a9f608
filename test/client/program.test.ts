/** What `parley/client` gives a program: sound in, words out, through cuts. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { fileSource, type Line, microphone, ParleyClient, transcribe } from 'parley/client'
import { type ChaosProxy, startChaosProxy } from '../helpers/chaos-proxy.ts'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import { until } from '../helpers/until.ts'
import { writeWav } from '../helpers/wav.ts'
import { openSite, type Site } from '../security/kit.ts'

let site: Site
let proxy: ChaosProxy
let wav: string
const COUNT = 12
const SAID = Array.from({ length: COUNT }, (_, index) => String(index + 1)).join(' ')
beforeAll(async () => {
  site = await openSite({ numbers: true })
  proxy = await startChaosProxy(site.app.port)
  wav = writeWav(join(site.directory, 'numbers.wav'), sayNumbers(1, COUNT))
})
afterAll(async () => {
  await proxy.close()
  await site.close()
})

const room = () => ({ room: site.room.id, token: site.tokens.speaker })

test('[CL10] a file becomes text, line by line, and a cut in the middle is no matter', async () => {
  const lines: [string, Line][] = []
  const statuses: string[] = []
  const { text } = await transcribe({
    url: proxy.url,
    ...room(),
    name: 'Ada',
    source: fileSource(wav),
    onStatus: (status) => statuses.push(status),
    onFinal(line, about) {
      lines.push([line, about])
      if (lines.length === 3) proxy.cut()
    },
  })
  expect(text).toBe(SAID)
  expect(lines.map(([line]) => line).join(' ')).toBe(SAID)
  expect(lines[0]?.[1]).toMatchObject({ speaker: 'Ada', revised: false, start: expect.any(Number) })
  expect(statuses).toContain('waiting')
}, 30_000)

test('[CL10] a file is read no faster than what may be held is taken', async () => {
  const sound = sayNumbers(1, COUNT)
  async function* atOnce() {
    for (let at = 0; at < sound.length; at += 3_200) yield sound.subarray(at, at + 3_200)
  }
  const { text } = await transcribe({ url: site.url, ...room(), source: atOnce(), keepMs: 4_000 })
  expect(text).toBe(SAID)
}, 30_000)

test('[CL10] a microphone is heard until it is stopped; its last words count', async () => {
  const over = new AbortController()
  const raw = join(site.directory, 'numbers.pcm')
  await Bun.write(raw, sayNumbers(1, COUNT))
  // A recorder that writes what there is and then goes on listening.
  const command = ['bash', '-c', `cat ${raw}; exec sleep 60`]
  let finals = 0
  const { text } = await transcribe({
    url: site.url,
    ...room(),
    source: microphone({ command, signal: over.signal }),
    onFinal() {
      if (++finals === COUNT) over.abort()
    },
  })
  expect(text).toBe(SAID)
}, 30_000)

test('[CL10] a room that is not there, or a server, is an error at the beginning', async () => {
  for (const [url, says] of [
    [site.url, 'does not open the room no-such-room'],
    ['http://127.0.0.1:9', 'no Parley answers there'],
  ] as const) {
    const failed = await transcribe({ url, room: 'no-such-room', source: fileSource(wav) }).catch(String)
    expect(failed).toContain(says)
  }
})

test('[CL10] what can no longer be sent is read no further: without a server, and when the meeting is ended', async () => {
  let left = 0
  async function* forEver() {
    try {
      for (;;) yield new Uint8Array(3_200)
    } finally {
      left++
    }
  }
  const nowhere = transcribe({ url: 'http://127.0.0.1:9', ...room(), source: forEver() }).catch(String)
  expect(await nowhere).toContain('no Parley answers there')
  await until(() => left === 1)
  const told: string[] = []
  const statuses: string[] = []
  const host = new ParleyClient({
    url: site.url,
    room: site.room.id,
    token: site.tokens.host,
    role: 'viewer',
  })
  const ended = transcribe({
    url: site.url,
    ...room(),
    source: forEver(),
    onStatus: (status) => statuses.push(status),
    onNotice: (message) => told.push(message),
  }).catch(String)
  await until(() => statuses.includes('open') && host.transcript.session?.endedAt === null)
  host.endMeeting()
  expect(await ended).toContain('The meeting has ended')
  await until(() => left === 2)
  // Pieces on their way at that moment are answered, too.
  const lost = told.filter((message) => message.includes('of sound'))
  expect(lost).toEqual([expect.stringMatching(/^\d+\.\d s of sound could not be kept\.$/)])
  host.close()
}, 30_000)

test('[CL12] after a cut a client is called what it was called meanwhile', async () => {
  const hellos: string[] = []
  const client = new ParleyClient({
    url: proxy.url,
    ...room(),
    name: 'Ada',
    random: () => 0,
    connect(url) {
      const socket = new WebSocket(url)
      const send = socket.send.bind(socket)
      socket.send = (data: string) => {
        const said = JSON.parse(data) as { type: string; name: string }
        if (said.type === 'hello') hellos.push(said.name)
        send(data)
      }
      return socket
    },
  })
  const called = () => client.transcript.participants.get(client.participantId ?? '')?.name
  await until(() => called() === 'Ada')
  await site.room.rename(client.participantId ?? '', 'Countess')
  await until(() => called() === 'Countess')
  proxy.cut()
  await until(() => hellos.length === 2 && client.status === 'open')
  // What it called itself just before the cut is on no log yet.
  proxy.freeze()
  client.rename('Ida')
  proxy.cut()
  await until(() => called() === 'Ida')
  expect(hellos).toEqual(['Ada', 'Countess', 'Ida'])
  expect(site.room.transcript.participants.get(client.participantId ?? '')?.name).toBe('Ida')
  // Once it is, what others make of it holds again; in another meeting it is who it says.
  await site.room.rename(client.participantId ?? '', 'Grace')
  await until(() => called() === 'Grace')
  proxy.cut()
  await until(() => hellos.length === 4 && client.status === 'open')
  await site.room.end()
  await until(() => client.transcript.session?.endedAt !== null)
  proxy.cut()
  await until(() => hellos.length === 5)
  expect(hellos.slice(3)).toEqual(['Grace', 'Ida'])
  client.close()
}, 30_000)

test('[CL11] the example in the documentation runs', async () => {
  const example = join(import.meta.dir, '..', '..', 'docs', 'examples', 'subtitles.ts')
  const { room: id, token } = room()
  const child = Bun.spawn(
    [process.execPath, example, '--server', site.url, '--room', id, '--token', token, wav],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  const [out, said] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  expect([await child.exited, out.trim()], said).toEqual([0, SAID])
}, 30_000)
