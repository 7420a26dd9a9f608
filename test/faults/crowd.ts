/** R19–R21, R23: a screen that never reads, a speaker that floods, a crowd that returns at once, one person in two tabs. */

import { packAudioFrame } from '../../server/core/wire.ts'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import { deafReaders } from './deaf.ts'
import type { Fault } from './fault.ts'
import { createRoom, startNode } from './kit.ts'
import { holdMeeting, type Scene } from './meeting.ts'

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
      let codes: number[] = []
      let grown = 0
      let seconds = 0
      return holdMeeting({
        seed,
        numbers: 40,
        async disturb(scene) {
          await Bun.sleep(1000)
          const { pid } = scene.node.server.process
          const before = await memory(pid)
          const began = performance.now()
          let peak = before
          const watch = setInterval(async () => {
            peak = Math.max(peak, await memory(pid))
          }, 50)
          codes = await Promise.all(Array.from({ length: 10 }, (_, index) => flood(scene, index)))
          seconds = (performance.now() - began) / 1000
          clearInterval(watch)
          grown = peak - before
        },
      }).then((outcome) => ({
        ...outcome,
        note:
          outcome.note ||
          `closed with ${[...new Set(codes)].join(', ')} within ${seconds.toFixed(1)} s, server +${Math.round(grown)} MB`,
        ok: outcome.ok && codes.every((code) => code === 4029) && grown < 100,
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

/** Sends second after second of sound without pause; resolves to the close code. */
function flood({ node, room }: Scene, index: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${node.server.port}/ws/room/${room}`)
    const late = setTimeout(() => {
      resolve(0)
      socket.close()
    }, 15_000)
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: 'hello', version: 1, role: 'speaker', name: `flood ${index}` }))
      socket.send(JSON.stringify({ type: 'audio-start', stream: `flood-${index}`, number: 1 }))
    }
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string' || (JSON.parse(data) as { type: string }).type !== 'audio-ready') return
      const pcm16 = new Uint8Array(32_000)
      let offset = 0
      const more = () => {
        for (let i = 0; i < 50 && socket.readyState === WebSocket.OPEN; i++, offset += pcm16.length) {
          socket.send(packAudioFrame({ number: 1, offset, pcm16 }) as Uint8Array<ArrayBuffer>)
        }
        if (socket.readyState === WebSocket.OPEN) setTimeout(more, 5)
      }
      more()
    }
    socket.onclose = ({ code }) => {
      clearTimeout(late)
      resolve(code)
    }
  })
}
