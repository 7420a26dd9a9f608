/** A certificate that is renewed while Parley runs. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { generate } from 'selfsigned'
import { resolveConfig } from '../../server/config.ts'
import { type Certificate, givenCertificate } from '../../server/http/certificate.ts'
import { watchCertificate } from '../../server/http/certificate-watch.ts'
import { openListeners } from '../../server/http/listeners.ts'
import { silentLog } from '../../server/log.ts'

async function certificate(name: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' })
  return { cert: made.cert, key: made.private }
}

/** The common name a new connection is shown. */
function shownAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.end()
    })
    socket.on('error', reject)
  })
}

test('[HT32] HTTPS goes on with a renewed certificate; open connections stay', async () => {
  const [old, fresh] = [await certificate('old.test'), await certificate('new.test')]
  const listeners = openListeners({
    config: { ...resolveConfig({}, {}).config, host: '127.0.0.1', port: 0 },
    certificate: old,
    gate: async (request, server) =>
      server.upgrade(request, { data: {} as never }) ? undefined : new Response('here'),
    websocket: { message: (socket, data) => void socket.send(data) },
    onAnswer: () => {},
    log: silentLog,
  })
  const port = listeners.securePort as number
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, {
    tls: { rejectUnauthorized: false },
  } as unknown as string[])
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  expect(await shownAt(port)).toBe('old.test')
  listeners.renew(fresh)
  expect(await shownAt(port)).toBe('new.test')
  const answer = new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(data), { once: true })
  })
  socket.send('still here')
  expect(await answer).toBe('still here')
  listeners.renew(old)
  expect(await shownAt(port)).toBe('old.test')
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }))
  await listeners.close()
  await closed
})

test('[HT33] renewed files are taken up when certificate and key fit together; unreadable ones are said once', async () => {
  const [old, fresh] = [await certificate('old.test'), await certificate('new.test')]
  const directory = mkdtempSync(join(tmpdir(), 'parley-certificate-'))
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  const write = (pair: Certificate) => {
    writeFileSync(cert, pair.cert)
    writeFileSync(key, pair.key)
  }
  write(old)
  const taken: Certificate[] = []
  const said: string[] = []
  let looks = 0
  const stop = watchCertificate({
    read: () => {
      looks++
      return givenCertificate(cert, key)
    },
    current: old,
    renewed: (each) => void taken.push(each),
    log: { ...silentLog, warn: (message) => void said.push(message) },
    every: 1,
  })
  const look = async () => {
    const from = looks
    while (looks < from + 3) await Bun.sleep(1)
  }
  await look()
  write({ cert: fresh.cert, key: old.key }) // the key comes later
  await look()
  rmSync(cert)
  await look()
  expect([taken, said.length]).toEqual([[], 1])
  write(fresh)
  await look()
  stop()
  expect(taken).toEqual([fresh])
  rmSync(directory, { recursive: true })
})
