/** CaptionScreen: the models of a page that only reads; no microphone, so that it stays small. */
import { computed, createModel, effect, signal } from '@preact/signals'
import { browserSocketPorts } from '../net/socket.ts'
import type { App } from './app.ts'
import { browserCaptionsPorts, every, roomRefusal, roomUrl } from './browser-ports.ts'
import { captionOptions } from './caption-options.ts'
import { CaptionsModel } from './captions.ts'
import { knownLinks, roomToken } from './identity.ts'
import { PlaceModel } from './place.ts'
import { RoomModel } from './room.ts'
import { roomFacts } from './room-facts.ts'
import { stateLine } from './state-line.ts'

export const CaptionScreen = createModel((app: App, roomId: string, hash: string, query: URLSearchParams) => {
  const token = roomToken(app.storage, roomId, hash, query, 'captions')
  const parsed = computed(() => captionOptions(query, app.settings.all.value))
  const options = computed(() => parsed.value.options)
  /** Empty = as spoken. */
  const readIn = computed(() => (options.value.show === 'source' ? '' : options.value.lang))
  const room = new RoomModel({
    readIn,
    roomId,
    url: () => roomUrl(roomId),
    socket: browserSocketPorts,
    refusal: () => roomRefusal(roomId, token),
  })
  const stability = computed(() => options.value.stable)
  const captions = new CaptionsModel(
    room.transcript,
    stability,
    readIn,
    browserCaptionsPorts,
    options.peek().delay * 1_000,
  )
  const place = new PlaceModel(captions.lines)
  /** When the newest words came, for clearing after silence; `now` moves once a second. */
  const changedAt = signal(performance.now())
  const now = signal(performance.now())
  const stopClock = every(1_000, () => {
    now.value = performance.now()
  })

  effect(() => {
    captions.lines.value
    changedAt.value = performance.now()
  })

  const line = computed(() =>
    stateLine({ ...roomFacts(room), keptMs: 0, behindMs: 0, microphone: 'none', silentFor: 0 }),
  )

  return {
    /** What this page's own code leads to: only ever a reading link. */
    viewToken: signal(knownLinks(app.storage, roomId).view),
    room,
    captions,
    place,
    line,
    options,
    ignored: computed(() => parsed.value.ignored),
    /** Milliseconds since the last word came. */
    quietFor: computed(() => Math.max(0, now.value - changedAt.value)),
    enter() {
      room.enter({ role: 'viewer', name: '', participantKey: '', token })
    },
    close() {
      stopClock()
      room.leave()
    },
  }
})

export type CaptionScreenValue = InstanceType<typeof CaptionScreen>
