/** R38: nginx in front, with its own defaults (60 s of patience, buffers): stopped and started in mid-meeting, then a long silence through it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkNumbers, sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { compare, createRoom, readKept, startNode } from './kit.ts'
import { within } from './meeting.ts'

/** Longer than nginx waits for a word from either side, s. */
const SILENCE = 70

/** An nginx of our own before `port`; only what a WebSocket needs is set. */
async function startNginx(port: number) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-nginx-'))
  const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const own = probe.port
  probe.stop(true)
  const file = join(directory, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;
     events {}
     http {
       access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
       fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
       server { listen 127.0.0.1:${own}; location / {
         proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_set_header Host $http_host;
         proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
       } }
     }`,
  )
  const begin = async () => {
    const child = Bun.spawn(['nginx', '-p', directory, '-c', file], { stdout: 'ignore', stderr: 'ignore' })
    for (let waited = 0; waited < 10_000; waited += 50, await Bun.sleep(50))
      if (
        await fetch(`http://127.0.0.1:${own}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        break
    return child
  }
  let child = await begin()
  const end = async () => {
    child.kill('SIGTERM')
    await child.exited
  }
  return {
    url: `http://127.0.0.1:${own}`,
    async restart(after: number) {
      await end()
      await Bun.sleep(after)
      child = await begin()
    },
    async dispose() {
      await end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function behindNginx() {
  const node = await startNode()
  const nginx = await startNginx(node.server.port)
  try {
    const { id: room } = await createRoom(node.server.url)
    const speakers = [0, 1].map((i) => record({ url: nginx.url, room, name: `S${i}` }))
    const viewer = record({ url: nginx.url, room, role: 'viewer' })
    const all = [...speakers, viewer]
    await Promise.all(all.map((each) => each.until(() => each.client.status === 'open')))
    const sent = new Map<string, Uint8Array>()
    const count = async (from: number, meanwhile: () => Promise<void>) => {
      const recordings = speakers.map(({ client }) => client.record())
      const sounds = speakers.map((_, i) => sayNumbers(i * 1000 + from, i * 1000 + from + 19))
      const talking = recordings.map((recording, i) => speak(recording, sounds[i] as Uint8Array, 2))
      await meanwhile()
      await Promise.all(talking)
      await within(
        60_000,
        Promise.all(recordings.map((recording) => recording.end())),
        'the recordings did not end',
      )
      for (const [i, { stream }] of recordings.entries()) sent.set(stream, sounds[i] as Uint8Array)
    }
    await count(1, async () => {
      await Bun.sleep(2000)
      await nginx.restart(2000)
    })
    const before = all.map(({ events }) => events.length)
    await Bun.sleep(SILENCE * 1000)
    const cut = all.filter(({ events }, i) =>
      events.slice(before[i]).some((event) => event.type === 'status'),
    ).length
    await count(21, async () => {})
    const goal = Math.max(...speakers.map(({ client }) => client.transcript.seq))
    await viewer.until(() => viewer.client.transcript.seq >= goal)
    for (const each of all) each.close()
    await node.server.stop()
    const kept = await readKept(node.directory)
    const losses = compare(kept, all, sent)
    const verdicts = speakers.map((_, i) => checkNumbers(kept.utterances, i * 1000 + 1, i * 1000 + 40))
    const numbersMissing = verdicts.reduce((sum, { missing }) => sum + missing.length, 0)
    const numbersDoubled = verdicts.reduce((sum, { doubled }) => sum + doubled.length, 0)
    const { ackedLost, finalsLost, holes, duplicates } = losses
    return {
      ...losses,
      numbersMissing,
      numbersDoubled,
      gaps: kept.gaps,
      ok:
        ackedLost + finalsLost + holes + duplicates + numbersMissing + numbersDoubled + kept.gaps + cut === 0,
      note: `${cut} of 3 connections cut in ${SILENCE} s of silence`,
    }
  } finally {
    await nginx.dispose()
    await node.dispose()
  }
}

export const nginxFaults: Fault[] = [
  {
    id: 'R38',
    name: `nginx in front with its defaults, restarted in mid-meeting, then ${SILENCE} s of silence`,
    runs: 1,
    longRuns: 3,
    waits: true,
    missing: () => (Bun.which('nginx') ? null : 'nginx is not installed'),
    run: behindNginx,
  },
]
