/** R19–R21, R23: a screen that never reads, a speaker that floods, a crowd that returns at once, one person in two tabs. */

import { join } from 'node:path'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import { deafReaders } from './deaf.ts'
import type { Fault } from './fault.ts'
import type { FloodEnd } from './flood.ts'
import { createRoom, startNode } from './kit.ts'
import { holdMeeting } from './meeting.ts'

/** Resident memory of a process, MB. */
async function memory(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text()
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}

export const crowdFaults: Fault[] = [
  {
    id: 'R19',
    name: 'ten screens that never read',
    runs: 1,
    longRuns: 3,
    missing: () => (Bun.which('python3') ? null : 'needs python3'),
    run: (seed) => {
      let grown = 0
      let cut = 0
      const sockets = 10
      return holdMeeting({
        seed,
        numbers: 120,
        async disturb(scene) {
          const deaf = await deafReaders(scene, sockets)
          const before = await memory(scene.node.server.process.pid)
          // Large events, as many as a connection may send: an hour's worth of a meeting passes in seconds.
          const hosts = Array.from({ length: 6 }, (_, index) =>
            record({ url: scene.node.server.url, room: scene.room, name: `host ${index}` }),
          )
          await hosts[0]?.until(() => hosts.every(({ client }) => client.status === 'open'))
          const load = (times: number) => {
            for (const { client } of hosts)
              for (let i = 0; i < times && client.status === 'open'; i++)
                client.configure({ vocabulary: 'x'.repeat(1990) })
          }
          load(150)
          const noise = setInterval(() => load(1), 60)
          while (scene.speaking()) await Bun.sleep(200)
          clearInterval(noise)
          for (const host of hosts) host.close()
          grown = (await memory(scene.node.server.process.pid)) - before
          cut = await deaf.cut()
        },
      }).then((outcome) => ({
        ...outcome,
        note:
          outcome.note ||
          `server +${Math.max(0, Math.round(grown))} MB, ${cut} of ${sockets} cut, everybody else saw everything`,
        ok: outcome.ok && grown < 60 && cut === sockets,
      }))
    },
  },
  {
    id: 'R20',
    name: 'ten connections send sound as fast as they can',
    runs: 1,
    longRuns: 5,
    run: (seed) => {
      let ends: FloodEnd[] = []
      let grown = 0
      return holdMeeting({
        seed,
        numbers: 40,
        async disturb(scene) {
          await Bun.sleep(1000)
          const { pid } = scene.node.server.process
          const before = await memory(pid)
          let peak = before
          const watch = setInterval(async () => {
            peak = Math.max(peak, await memory(pid))
          }, 50)
          ends = await flood(scene.node.server.port, scene.room, 10)
          clearInterval(watch)
          grown = peak - before
        },
      }).then((outcome) => ({
        ...outcome,
        note:
          outcome.note ||
          `closed with ${[...new Set(ends.map(({ code }) => code))].join(', ')} within ${Math.max(...ends.map(({ ms }) => ms / 1000)).toFixed(1)} s of its first frame, server +${Math.round(grown)} MB`,
        ok: outcome.ok && ends.length === 10 && ends.every(({ code }) => code === 4029) && grown < 100,
      }))
    },
  },
  {
    id: 'R21',
    name: 'a restart with 300 screens',
    runs: 1,
    longRuns: 3,
    run: (seed) => {
      let back = 0
      return holdMeeting({
        seed,
        numbers: 40,
        viewers: 300,
        async disturb({ node, viewers, healed }) {
          await Bun.sleep(1500)
          await node.kill()
          await node.restart()
          healed()
          const began = performance.now()
          await viewers[0]?.until(() => viewers.every(({ client }) => client.status === 'open'), 30_000)
          back = (performance.now() - began) / 1000
        },
      }).then((outcome) => ({
        ...outcome,
        note: outcome.note || `all back within ${back.toFixed(1)} s`,
        ok: outcome.ok && back <= 15,
      }))
    },
  },
  {
    id: 'R23',
    name: 'one person in two tabs, reloaded 20 times',
    runs: 1,
    longRuns: 3,
    run: async (seed) => {
      const node = await startNode()
      try {
        const room = await createRoom(node.server.url)
        const sound = sayNumbers(1, 4)
        let refused = 0
        const all = []
        for (let tab = 0; tab < 20; tab++) {
          const recorder = record({
            url: node.server.url,
            room: room.id,
            name: 'A',
            participantKey: `key-${seed}`,
          })
          all.push(recorder)
          recorder.client.on((event) => {
            if (event.type === 'refused' && event.closeCode === 4103) refused++
          })
          await recorder.until(() => recorder.client.status === 'open')
          const recording = recorder.client.record()
          void speak(recording, sound, 4)
          await Bun.sleep(100)
        }
        const last = all.at(-1)
        await last?.until(() => refused === 19, 10_000)
        const present = last?.client.transcript.present.size
        const people = last?.client.transcript.participants.size
        for (const recorder of all) recorder.close()
        return {
          ok: refused === 19 && present === 1 && people === 1,
          note: `${refused} older tabs told, ${people} participant`,
        }
      } finally {
        await node.dispose()
      }
    },
  },
]

/** From a process of its own: what it does to itself must not count as the server's time. */
async function flood(port: number, room: string, connections: number): Promise<FloodEnd[]> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'flood.ts'), String(port), room, String(connections)],
    { stdout: 'pipe', stderr: 'inherit' },
  )
  return JSON.parse(await new Response(child.stdout).text()) as FloodEnd[]
}
