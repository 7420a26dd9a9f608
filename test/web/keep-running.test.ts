/** Sound contexts as browsers treat them: waiting for a gesture, interrupted by a call, left suspended. */
import { expect, jest, test } from 'bun:test'
import { keepRunning } from '../../web/audio/keep-running.ts'
import { MicrophoneModel } from '../../web/state/microphone.ts'

class Context extends EventTarget {
  asked = 0
  constructor(
    public state: string,
    readonly answer: (context: Context) => Promise<void>,
  ) {
    super()
  }
  resume(): Promise<void> {
    this.asked++
    return this.answer(this)
  }
  become(state: string): void {
    this.state = state
    this.dispatchEvent(new Event('statechange'))
  }
}
class Page extends EventTarget {
  hidden = false
}

test('[WB95] after a call, on a page that was never left, the sound goes on by itself', async () => {
  const context = new Context('running', async (each) => {
    if (each.state === 'interrupted') throw new Error('InvalidStateError')
    each.become('running')
  })
  const told: string[] = []
  const stop = keepRunning(context, new Page(), () => told.push(context.state))
  context.become('interrupted')
  context.become('suspended')
  await Promise.resolve()
  expect(context.state).toBe('running')
  expect(told).toEqual(['interrupted', 'suspended', 'running'])
  stop()
  context.become('suspended')
  expect(context.state).toBe('suspended')
})

test('[WB95] a context that waits for a gesture is told of, and starts with the next touch', () => {
  jest.useFakeTimers()
  try {
    const page = new Page()
    let touched = false
    const context = new Context('suspended', (each) => {
      if (touched) each.become('running')
      return new Promise(() => {})
    })
    const told: string[] = []
    const stop = keepRunning(context, page, () => told.push(context.state))
    expect(told).toEqual([])
    jest.advanceTimersByTime(1000)
    expect(told).toEqual(['suspended'])
    touched = true
    page.dispatchEvent(new Event('pointerdown'))
    expect(told).toEqual(['suspended', 'running'])
    stop()
  } finally {
    jest.useRealTimers()
  }
})

test('[WB95] a hidden page does not ask; it asks when it is seen again', () => {
  const page = new Page()
  page.hidden = true
  const context = new Context('suspended', async () => {})
  const stop = keepRunning(context, page, () => {})
  expect(context.asked).toBe(0)
  page.hidden = false
  page.dispatchEvent(new Event('visibilitychange'))
  expect(context.asked).toBe(1)
  stop()
})

test('[WB95] a microphone whose sound is held back while it opens says so, and is on when it comes', async () => {
  let heard: ((paused: boolean) => void) | null = null
  const microphone = new MicrophoneModel({
    now: () => 0,
    capture: {
      async open(_source, events) {
        heard = events.interrupted
        events.interrupted(false)
        events.interrupted(true)
        return { label: 'Desk microphone', deviceId: 'd1', stop() {} }
      },
      devices: async () => [],
      onDevicesChanged: () => () => {},
    },
  })
  expect(await microphone.start()).toBe(true)
  expect(microphone.state.value.kind).toBe('paused')
  ;(heard as ((paused: boolean) => void) | null)?.(false)
  expect(microphone.state.value).toEqual({ kind: 'on', label: 'Desk microphone' })
})
