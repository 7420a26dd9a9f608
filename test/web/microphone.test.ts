/** The microphone: muted, interrupted, lost, refused, and a recording in its place. */
import { describe, expect, test } from 'bun:test'
import { type Capture, CaptureError, type CaptureEvents, type CapturePorts } from '../../web/audio/capture.ts'
import { MicrophoneModel } from '../../web/state/microphone.ts'
import { handClock } from './clock.ts'

describe('microphone', () => {
  function desk(open?: CapturePorts['open']) {
    const clock = handClock()
    const opened: { events: CaptureEvents; stopped: boolean }[] = []
    const ports: CapturePorts = {
      open:
        open ??
        (async (_source, events): Promise<Capture> => {
          const entry = { events, stopped: false }
          opened.push(entry)
          return {
            label: 'Desk microphone',
            deviceId: 'd1',
            stop: () => {
              entry.stopped = true
            },
          }
        }),
      devices: async () => [{ id: 'd1', label: 'Desk microphone' }],
      onDevicesChanged: () => () => {},
    }
    const microphone = new MicrophoneModel({ capture: ports, now: clock.now })
    const frames: Uint8Array[] = []
    const gaps: number[] = []
    microphone.listen({ frame: (pcm) => frames.push(pcm), gap: (ms) => gaps.push(ms) })
    const speak = (loud: number, index = 0) =>
      opened[index]?.events.frame({ pcm16: new Int16Array(960).fill(1_000), rms: loud, peak: loud })
    return { clock, microphone, opened, frames, gaps, speak }
  }

  test('[WB36] muted: zeros of the same length go out, and speaking is noticed', async () => {
    const { microphone, frames, speak } = desk()
    await microphone.start()
    speak(0.2)
    expect(frames[0]?.some((byte) => byte !== 0)).toBe(true)
    microphone.setMuted(true)
    for (let i = 0; i < 15; i++) speak(0.2)
    expect(frames.length).toBe(16)
    expect(frames[15]?.length).toBe(1_920)
    expect(frames[15]?.every((byte) => byte === 0)).toBe(true)
    expect(microphone.speakingWhileMuted.value).toBe(true)
    microphone.setMuted(false)
    expect(microphone.speakingWhileMuted.value).toBe(false)
  })

  test('[WB37] a pause by the system becomes a hole of its length', async () => {
    const { clock, microphone, opened, gaps, speak } = desk()
    await microphone.start()
    speak(0.1)
    opened[0]?.events.interrupted(true)
    expect(microphone.state.value.kind).toBe('paused')
    clock.advance(30_000)
    opened[0]?.events.interrupted(false)
    speak(0.1)
    expect(gaps).toEqual([29_940])
    speak(0.1)
    expect(gaps.length).toBe(1)
  })

  test('[WB38] a lost device is a clear problem; a newer start wins', async () => {
    const { microphone, opened } = desk()
    await microphone.start()
    opened[0]?.events.ended()
    expect(microphone.state.value).toEqual({ kind: 'failed', problem: 'device-gone' })
    const first = microphone.start()
    const second = microphone.start()
    expect(await first).toBe(false)
    expect(await second).toBe(true)
    expect(opened[1]?.stopped).toBe(true)
    expect(microphone.state.value.kind).toBe('on')
  })

  test('[WB38] what an older start was refused says nothing of the newer one', async () => {
    const older = Promise.withResolvers<Capture>()
    const captures = [older.promise, Promise.resolve({ label: 'Desk', deviceId: 'd1', stop() {} })]
    const { microphone } = desk(() => captures.shift() as Promise<Capture>)
    const first = microphone.start()
    expect(await microphone.start()).toBe(true)
    older.reject(new CaptureError('busy'))
    expect(await first).toBe(false)
    expect(microphone.state.value).toEqual({ kind: 'on', label: 'Desk' })
  })

  test('[WB82] a recording begins when somebody listens, is held and gone on with, and its end is known', async () => {
    const told: boolean[] = []
    let at = 0
    let held = true
    const opened: { events: CaptureEvents }[] = []
    const { microphone } = desk(async (_source, events) => {
      opened.push({ events })
      return {
        label: 'talk.wav',
        deviceId: '',
        playback: {
          name: 'talk.wav',
          duration: 9_000,
          position: () => at,
          held: () => held,
          play(on: boolean) {
            told.push(on)
            held = !on
          },
        },
        stop() {},
      }
    })
    microphone.listen({ frame() {}, gap() {} })()
    microphone.source.value = { kind: 'file', file: new File([], 'talk.wav') }
    await microphone.start()
    expect([told, microphone.playing.value?.held]).toEqual([[], true])
    microphone.listen({ frame() {}, gap() {} })
    expect(told).toEqual([true])
    at = 2_400
    opened[0]?.events.frame({ pcm16: new Int16Array(960), rms: 0.1, peak: 0.1 })
    expect(microphone.playing.value).toMatchObject({ position: 2_000, held: false })
    microphone.togglePlayback()
    expect([told, microphone.playing.value?.held]).toEqual([[true, false], true])
    microphone.togglePlayback()
    opened[0]?.events.ended()
    expect([microphone.played.value, microphone.playing.value]).toEqual(['talk.wav', null])
    expect(microphone.state.value).toEqual({ kind: 'off' })
  })
  test('[WB38] a refusal is kept as its problem', async () => {
    const { microphone } = desk(async () => {
      throw new CaptureError('busy')
    })
    expect(await microphone.start()).toBe(false)
    expect(microphone.state.value).toEqual({ kind: 'failed', problem: 'busy' })
  })
})
