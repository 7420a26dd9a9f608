/** A program that floods: `bun flood.ts PORT ROOM CONNECTIONS` sends sound as fast as it is taken; prints how each connection ended. */
import { packAudioFrame } from '../../server/core/wire.ts'

export interface FloodEnd {
  /** Close code; 0 = it was not closed within 15 s. */
  code: number
  /** From its first frame to its close. */
  ms: number
}

/** Handed to the socket and not sent yet, at most, bytes: what a client's own buffers may hold. */
const WAITING = 4 * 1024 ** 2

function flood(port: string, room: string, index: number): Promise<FloodEnd> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/room/${room}`)
    let began = performance.now()
    const late = setTimeout(() => {
      resolve({ code: 0, ms: performance.now() - began })
      socket.close()
    }, 15_000)
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: 'hello', version: 1, role: 'speaker', name: `flood ${index}` }))
      socket.send(JSON.stringify({ type: 'audio-start', stream: `flood-${index}`, number: 1 }))
    }
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string' || (JSON.parse(data) as { type: string }).type !== 'audio-ready') return
      began = performance.now()
      const pcm16 = new Uint8Array(32_000)
      let offset = 0
      const more = () => {
        for (let i = 0; i < 50 && socket.bufferedAmount < WAITING; i++, offset += pcm16.length)
          socket.send(packAudioFrame({ number: 1, offset, pcm16 }) as Uint8Array<ArrayBuffer>)
        if (socket.readyState === WebSocket.OPEN) setTimeout(more, 5)
      }
      more()
    }
    socket.onclose = ({ code }) => {
      clearTimeout(late)
      resolve({ code, ms: performance.now() - began })
    }
  })
}

const [port = '', room = '', connections = '1'] = Bun.argv.slice(2)
if (import.meta.main) {
  const ends = await Promise.all(
    Array.from({ length: Number(connections) }, (_, index) => flood(port, room, index)),
  )
  console.log(JSON.stringify(ends))
  process.exit(0)
}
