/** What good clients send, from the recorded conversations: per protocol the addresses they open and their frames in order. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packAudioFrame } from '../../../server/core/wire.ts'
import { PROTOCOLS, protocolAt } from '../../../server/protocol/index.ts'
import { tone } from '../../helpers/foreign.ts'
import type { Frame } from './mutate.ts'

const DIRECTORY = join(import.meta.dir, '..', '..', 'protocol', 'conversations')

export interface Recorded {
  open: string
  headers: Record<string, string>
  subprotocols: string[]
  frames: Frame[]
}

interface Step {
  open?: string
  headers?: Record<string, string>
  subprotocols?: string[]
  client?: unknown
  sound?: number
  rate?: number
  append?: boolean
  encoding?: 's16le' | 'f32le' | 'mulaw'
}

/** By name of the protocol; those on `/` speak another's words and are recorded under it. */
export function recordedConversations(): Map<string, Recorded[]> {
  const found = new Map<string, Recorded[]>()
  for (const file of readdirSync(DIRECTORY)) {
    const recorded = read(readFileSync(join(DIRECTORY, file), 'utf8'))
    const protocol = protocolAt(new URL(recorded.open, 'http://localhost').pathname)
    if (protocol) found.set(protocol.name, [...(found.get(protocol.name) ?? []), recorded])
  }
  const root = PROTOCOLS.find(({ name }) => name === 'root')
  if (root && !found.has('root')) {
    const all = [...found.values()].flat()
    found.set(
      'root',
      all.map((each) => ({ ...each, open: root.paths[0] as string })),
    )
  }
  return found
}

function read(text: string): Recorded {
  const recorded: Recorded = { open: '/', headers: {}, subprotocols: [], frames: [] }
  for (const line of text.split('\n').filter(Boolean)) {
    const step = JSON.parse(line) as Step
    if (step.open) Object.assign(recorded, { open: step.open, headers: step.headers ?? {} })
    if (step.subprotocols) recorded.subprotocols = step.subprotocols
    if (step.client !== undefined)
      recorded.frames.push(typeof step.client === 'string' ? step.client : JSON.stringify(step.client))
    if (step.sound !== undefined) {
      const bytes = tone(Math.min(step.sound, 300), step.encoding, step.rate)
      const audio = () => Buffer.from(bytes).toString('base64')
      recorded.frames.push(
        step.append ? JSON.stringify({ type: 'input_audio_buffer.append', audio: audio() }) : bytes,
      )
    }
  }
  return recorded
}

/** Parley's own protocol: every message there is. */
export const NATIVE: readonly Frame[] = [
  JSON.stringify({ type: 'audio-start', stream: 'fuzz', number: 1 }),
  packAudioFrame({ number: 1, offset: 0, pcm16: new Uint8Array(640) }),
  packAudioFrame({ number: 1, offset: 640, pcm16: new Uint8Array(640) }),
  JSON.stringify({ type: 'audio-lost', number: 1, from: 0, to: 3200 }),
  JSON.stringify({ type: 'settings', settings: { language: 'en', keep: { what: 'text', days: 3 } } }),
  JSON.stringify({ type: 'rename', name: 'y' }),
  JSON.stringify({ type: 'mute', muted: true }),
  JSON.stringify({ type: 'title', title: 'z' }),
  JSON.stringify({ type: 'ping', at: 1 }),
  JSON.stringify({ type: 'audio-end', number: 1, length: 10 }),
]
export const NATIVE_HELLO = {
  type: 'hello',
  version: 1,
  role: 'speaker',
  name: 'x',
  participantKey: 'k',
  since: { epoch: 'e', seq: 1 },
}
