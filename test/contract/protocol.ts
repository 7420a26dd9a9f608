/**
 * Replays recorded conversations: one JSON object per line, in order.
 *
 *   {"open": "/ws", "headers": {…}, "subprotocols": […], "settings": {…}}   first line
 *   {"client": "text" | {…}}            the client sends text
 *   {"sound": 1000, "encoding": "s16le", "rate": 16000}   the client sends so many ms of sound; "base64": inside an append
 *   {"bytes": "base64"}                 the client sends exactly these bytes
 *   {"hear": "started" | "ended", "at": 100}              what the recogniser says
 *   {"hear": "update" | "finished" | "refined", "id": "u1", "text": "…", "pending": "…", "start": 0, "language": "en"}
 *   {"atFinish": [ …hear lines… ]}      said when the stream is finished
 *   {"backlog": ms}                     so much sound is undecided from now on
 *   {"wait": 700}                       time passes
 *   {"server": {…} | "text"}            the next message must hold at least this
 *   {"quiet": true}                     the server says nothing more
 *   {"closed": 1000}                    the server has closed
 */
import { expect } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SpeechEvent } from '../../server/asr/speech-event.ts'
import { type Foreign, openForeign, spokenUtterance, tone } from '../helpers/foreign.ts'

const FOLDER = join(import.meta.dir, '..', 'protocol', 'conversations')

interface Hear {
  hear: 'started' | 'ended' | 'update' | 'finished' | 'refined' | 'lag'
  at?: number
  id?: string
  text?: string
  pending?: string
  start?: number
  language?: string
  probability?: number
}

type Step = { comment?: string } & (
  | {
      open: string
      headers?: Record<string, string>
      subprotocols?: string[]
      settings?: object
      start?: number
    }
  | { client: string | object }
  | { sound: number; encoding?: 's16le' | 'f32le' | 'mulaw'; rate?: number; append?: boolean }
  | { bytes: string }
  | Hear
  | { atFinish: Hear[] }
  | { backlog: number }
  | { wait: number }
  | { server: unknown }
  | { quiet: true }
  | { closed: number }
)

export function conversations(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
}

/** Replays one file; a mismatch names the line. */
export async function replay(file: string): Promise<void> {
  const lines = readFileSync(join(FOLDER, file), 'utf8').split('\n')
  let foreign: Foreign | null = null
  let unread: unknown[] = []
  for (const [index, line] of lines.entries()) {
    if (!line.trim()) continue
    const step = JSON.parse(line) as Step
    try {
      if ('open' in step) {
        foreign = await openForeign(step.open, step)
        continue
      }
      if (!foreign) throw new Error('the first line must open')
      await act(foreign, step)
      unread = [...unread, ...foreign.take()]
      if ('server' in step) matches(unread.shift(), step.server)
      if ('quiet' in step) expect(unread).toEqual([])
      if ('closed' in step) expect(foreign.closed()?.code).toBe(step.closed)
    } catch (cause) {
      throw new Error(`${file}:${index + 1} ${line}\n${cause instanceof Error ? cause.message : cause}`)
    }
  }
  expect(unread).toEqual([])
}

async function act(foreign: Foreign, step: Step): Promise<void> {
  if ('client' in step) await foreign.send(step.client)
  else if ('bytes' in step) await foreign.send(new Uint8Array(Buffer.from(step.bytes, 'base64')))
  else if ('sound' in step) {
    const sound = tone(step.sound, step.encoding, step.rate)
    const append = { type: 'input_audio_buffer.append', audio: Buffer.from(sound).toString('base64') }
    await foreign.send(step.append ? append : sound)
  } else if ('hear' in step) foreign.seat().emit(eventOf(step))
  else if ('atFinish' in step) foreign.seat().atFinish = step.atFinish.map(eventOf)
  else if ('backlog' in step) foreign.seat().waiting = step.backlog
  else if ('wait' in step) await foreign.clock.advance(step.wait)
}

function eventOf(step: Hear): SpeechEvent {
  switch (step.hear) {
    case 'started':
      return { type: 'speech-started', at: step.at ?? 0 }
    case 'ended':
      return { type: 'speech-ended', at: step.at ?? 0 }
    case 'lag':
      return { type: 'lag', lag: step.at ?? 0 }
    default: {
      const utterance = spokenUtterance(step.id ?? 'u1', step.text ?? '', step)
      const type = {
        update: 'utterance-updated',
        finished: 'utterance-finished',
        refined: 'utterance-refined',
      } as const
      return { type: type[step.hear], utterance }
    }
  }
}

/** Objects may hold more than is asked for; lists and values must be equal. "…" stands for any text. */
function matches(actual: unknown, wanted: unknown, path = 'message'): void {
  if (wanted === '…') return expect(typeof actual, path).toBe('string')
  if (Array.isArray(wanted)) {
    expect(Array.isArray(actual), `${path} is a list, got ${JSON.stringify(actual)}`).toBe(true)
    expect((actual as unknown[]).length, `${path}.length of ${JSON.stringify(actual)}`).toBe(wanted.length)
    for (const [index, each] of wanted.entries())
      matches((actual as unknown[])[index], each, `${path}[${index}]`)
  } else if (wanted && typeof wanted === 'object') {
    expect(typeof actual, `${path}, got ${JSON.stringify(actual)}`).toBe('object')
    for (const [key, value] of Object.entries(wanted))
      matches((actual as Record<string, unknown> | null)?.[key], value, `${path}.${key}`)
  } else expect(actual, path).toBe(wanted as string)
}
