/** One disturbed meeting: speakers count, screens watch, something breaks, and afterwards everything is compared. */

import { checkNumbers, sayNumbers } from '../helpers/counted-numbers.ts'
import { type Recorder, record, speak } from '../helpers/native-client.ts'
import type { StartOptions } from '../helpers/server.ts'
import { compare, createRoom, type Kept, type Losses, type Node, readKept, seeded, startNode } from './kit.ts'

export interface Outcome extends Losses {
  /** Numbers that are nowhere in the transcript, or twice. */
  numbersMissing: number
  numbersDoubled: number
  /** Numbers split in two by a pause in the line; both halves are there. */
  numbersCut: number
  gaps: number
  /** From the end of the fault to the first acknowledgement after it, ms; null = nothing to recover. */
  recoveries: number[]
  note: string
  ok: boolean
}

export interface Scene {
  node: Node
  room: string
  speakers: Recorder[]
  viewers: Recorder[]
  random: () => number
  /** Call when the fault is over: measures how long until sound is acknowledged again. */
  healed(): void
  /** True while somebody still speaks. */
  speaking(): boolean
}

export interface MeetingOptions {
  seed: number
  /** Numbers each speaker counts to; 0.6 s each. */
  numbers?: number
  speakers?: number
  viewers?: number
  /** Times real time. */
  speed?: number
  start?: StartOptions
  settings?: object
  /** Rooms that keep no sound have none to compare. Default true. */
  keepsSound?: boolean
  disturb(scene: Scene): Promise<void>
  /** Looks at the scene after everybody has finished and before the server stops. */
  after?(scene: Scene): Promise<void>
}

export async function holdMeeting(options: MeetingOptions): Promise<Outcome & { kept: Kept }> {
  const { numbers = 30, speed = 3, keepsSound = true } = options
  const node = await startNode(options.start)
  const screens: Recorder[] = []
  let measuring: ReturnType<typeof setInterval> | undefined
  try {
    const { id: room } = await createRoom(node.server.url, options.settings)
    const join = (role: 'speaker' | 'viewer', index: number) => {
      const recorder = record({ url: node.proxy.url, room, role, name: `${role} ${index + 1}` })
      screens.push(recorder)
      return recorder
    }
    const speakers = Array.from({ length: options.speakers ?? 2 }, (_, index) => join('speaker', index))
    const viewers = Array.from({ length: options.viewers ?? 3 }, (_, index) => join('viewer', index))
    await Promise.all(screens.map((screen) => screen.until(() => screen.client.status === 'open')))

    const recoveries: number[] = []
    let speaking = speakers.length
    const recordings = speakers.map((speaker) => speaker.client.record())
    const scene: Scene = {
      node,
      room,
      speakers,
      viewers,
      random: seeded(options.seed),
      speaking: () => speaking > 0,
      healed() {
        clearInterval(measuring)
        const from = performance.now()
        const before = recordings.map((recording) => recording.acknowledged)
        const timer = setInterval(() => {
          if (
            !recordings.every(
              (recording, index) => recording.finished || recording.acknowledged > (before[index] ?? 0),
            )
          )
            return
          recoveries.push(performance.now() - from)
          clearInterval(timer)
        }, 10)
        measuring = timer
      },
    }
    // Each counts in a hundred of their own, so that a transcript shows who lost what.
    const sounds = recordings.map((_, index) => sayNumbers(index * 1000 + 1, index * 1000 + numbers))
    const talking = recordings.map(async (recording, index) => {
      await speak(recording, sounds[index] as Uint8Array, speed)
      speaking--
    })
    await options.disturb(scene)
    await Promise.all(talking)
    await within(
      120_000,
      Promise.all(recordings.map((recording) => recording.end())),
      'the recordings did not end',
    )
    await options.after?.(scene)
    await waitForViewers(viewers, speakers)
    for (const screen of screens) screen.close()
    await node.server.stop()
    const kept = await readKept(node.directory)
    const losses = compare(
      kept,
      screens,
      new Map(
        keepsSound
          ? recordings.map((recording, index) => [recording.stream, sounds[index] as Uint8Array])
          : [],
      ),
    )
    const outcome: Outcome & { kept: Kept } = {
      ...losses,
      numbersMissing: 0,
      numbersDoubled: 0,
      numbersCut: 0,
      gaps: kept.gaps,
      recoveries,
      note: '',
      ok: true,
      kept,
    }
    for (const [index, speaker] of speakers.entries()) {
      const own = kept.utterances.filter(
        ({ participantId }) => participantId === speaker.client.participantId,
      )
      const verdict = checkNumbers(own, index * 1000 + 1, index * 1000 + numbers)
      outcome.numbersMissing += verdict.missing.length
      outcome.numbersDoubled += verdict.doubled.length
      outcome.numbersCut += verdict.cut.length
      if (!verdict.ordered) outcome.note += 'order! '
      const track = kept.tracks.find(({ stream }) => stream === recordings[index]?.stream)
      if (keepsSound && track?.size !== sounds[index]?.length)
        outcome.note += `${track?.size ?? 0}/${sounds[index]?.length} bytes `
    }
    if (kept.integrity !== 'ok') outcome.note += `database ${kept.integrity} `
    outcome.ok =
      losses.ackedLost +
        losses.finalsLost +
        losses.holes +
        losses.duplicates +
        outcome.numbersMissing +
        outcome.numbersDoubled ===
        0 && outcome.note === ''
    return outcome
  } finally {
    clearInterval(measuring)
    for (const screen of screens) screen.close()
    await node.dispose()
  }
}

/** Viewers may be a reconnect behind: they must reach what the speakers have seen. */
async function waitForViewers(viewers: Recorder[], speakers: Recorder[]): Promise<void> {
  const seq = () => Math.max(0, ...speakers.map(({ client }) => client.transcript.seq))
  const goal = seq()
  await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.client.transcript.seq >= goal, 30_000)))
}

export async function within<T>(ms: number, work: Promise<T>, message: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
