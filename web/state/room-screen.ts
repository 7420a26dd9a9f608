/** RoomScreen: all models of one room page, built in order, sharing one connection; disposed together. */
import { computed, createModel, effect, signal, untracked } from '@preact/signals'
import { CONSENT_VERSION } from '../../server/core/wire.ts'
import { browserCapturePorts } from '../audio/capture.ts'
import { createSpoolStore } from '../audio/spool-indexeddb.ts'
import type { Greeting } from '../net/room-link.ts'
import { browserSocketPorts } from '../net/socket.ts'
import type { App } from './app.ts'
import { browserCaptionsPorts, every, roomRefusal, roomUrl } from './browser-ports.ts'
import { CaptionsModel } from './captions.ts'
import { decisions } from './decisions.ts'
import { knownLinks, rememberLink, roomToken } from './identity.ts'
import { MicrophoneModel } from './microphone.ts'
import { isWithheld, meetingThatTakes } from './my-sound.ts'
import { NoticesModel } from './notices.ts'
import { PlaceModel } from './place.ts'
import { RoomModel } from './room.ts'
import { roomLine } from './room-line.ts'
import { SpeakerModel } from './speaker.ts'
import {
  lastVoice,
  participantKey,
  readResume,
  rememberVoice,
  speakerKey,
  tabStorage,
  writeResume,
} from './speaker-identity.ts'
import { TabVoice } from './tab-voice.ts'
import { undeliveredOffer } from './undelivered-offer.ts'

/** `resuming`: this tab spoke before a reload and takes the microphone up again by itself. */
export type Phase = 'lobby' | 'resuming' | 'watching' | 'speaking'

/** How long the server has to acknowledge what was said last, ms. */
const LAST_WORDS = 4_000

export const RoomScreen = createModel((app: App, roomId: string, hash: string, query: URLSearchParams) => {
  const tab = tabStorage()
  const token = roomToken(app.storage, roomId, hash, query)
  const room = new RoomModel({
    roomId,
    readIn: app.settings.readIn,
    url: () => roomUrl(roomId),
    socket: browserSocketPorts,
    refusal: () => roomRefusal(roomId, token),
  })
  const links = signal(knownLinks(app.storage, roomId))
  const microphone = new MicrophoneModel({ capture: browserCapturePorts, now: () => performance.now() })
  const spool = createSpoolStore()
  const speakerPorts = { every, roomId, spool, wall: () => Date.now() }
  const speaker = new SpeakerModel(microphone, {
    ...speakerPorts,
    addUplink: (create) => room.addUplink(create),
    // What somebody else said here and could not send is not sent in my name.
    get part() {
      const key = greeting?.participantKey ?? ''
      return key === participantKey(app.storage, roomId) ? 'voice' : `voice ${key.slice(0, 8)}`
    },
  })
  const tabVoice = new TabVoice({
    ...speakerPorts,
    token,
    key: (name) => speakerKey(app.storage, `${roomId}.tab`, name),
  })
  const { undelivered, look } = undeliveredOffer(spool, roomId)
  const captions = new CaptionsModel(
    room.transcript,
    app.settings.stability,
    app.settings.readIn,
    browserCaptionsPorts,
    0,
  )
  const place = new PlaceModel(captions.lines)
  const notices = new NoticesModel(room.transcript, room.caughtUp)
  const before = readResume(tab, roomId)
  const phase = signal<Phase>(before ? 'resuming' : 'lobby')

  const line = roomLine(room, speaker, microphone)

  /** Said again after every cut. */
  let greeting: Greeting | null = null

  /** `again`: as who spoke in this tab before. */
  function enter(role: 'speaker' | 'viewer', again = false): void {
    const { name } = app.settings.all.peek()
    const last = again ? lastVoice(tab, roomId) : { key: '', name: '' }
    greeting = {
      role,
      name: (name && last.name) || name,
      participantKey: role === 'speaker' ? last.key || speakerKey(app.storage, roomId, name) : '',
      token,
      // The button under the words about keeping was pressed.
      ...(role === 'speaker' && { consent: CONSENT_VERSION }),
    }
    room.enter(greeting)
  }

  // What somebody is called here by themselves or the host holds after a cut and a reload; who gave no name has the server's.
  effect(() => {
    const name = room.me.value?.name
    if (!name || !greeting?.participantKey) return
    if (greeting.name) greeting.name = name
    rememberVoice(tab, roomId, { key: greeting.participantKey, name: greeting.name })
  })

  function speak(muted: boolean): void {
    microphone.setMuted(muted)
    enter('speaker', phase.peek() !== 'lobby')
    speaker.start()
    phase.value = 'speaking'
    // A reload goes on with a microphone only: a tab or a recording has to be chosen anew.
    const again = microphone.source.peek().kind === 'microphone'
    writeResume(tab, roomId, again ? { speaking: true, muted } : null)
    if (muted) room.send({ type: 'mute', muted })
  }

  // The host has muted me: the microphone follows, and only my own button opens it again.
  const silenced = computed(() => room.me.value?.silenced === true)
  effect(() => {
    if (silenced.value) untracked(() => microphone.setMuted(true))
  })

  effect(() => {
    const withheld = isWithheld(room.transcript.value, room.queued.value)
    microphone.withheld.value = withheld
    tabVoice.sound.withheld.value = withheld
  })

  // Whether others see me as muted follows the microphone, also after a reconnect.
  effect(() => {
    const open = room.link.value.kind === 'open'
    const muted = microphone.muted.value
    const mine = room.me.value
    if (open && mine && mine.muted !== muted && phase.peek() === 'speaking')
      room.send({ type: 'mute', muted })
  })

  effect(() => {
    const id = room.transcript.value.session?.id
    if (id && speaker.speaking.value) untracked(() => speaker.inSession(id))
  })

  // A recording played into the room has ended: what it said is sent, then this screen reads on and says so.
  const playedFile = signal('')
  effect(() => {
    const name = microphone.played.value
    if (!name || phase.peek() !== 'speaking') return
    untracked(() => {
      playedFile.value = name
      void stopSpeaking()
    })
  })

  const takes = computed(() => meetingThatTakes(room.link.value, room.transcript.value, room.caughtUp.value))

  // The meeting is over, or closed to me: nothing more is recorded. What was said last is already with the server, still
  // being sent, or offered to me as a file.
  effect(() => {
    const running = takes.value
    if (running === undefined) return
    untracked(() => void settle(running).then(() => look(running)))
  })

  async function settle(running: string | null): Promise<void> {
    if (running !== null || phase.peek() !== 'speaking') return
    const finishing = finishSpeaking()
    microphone.stop()
    tabVoice.sound.stop()
    phase.value = 'watching'
    writeResume(tab, roomId, null)
    await finishing
  }

  /** Sends everything said so far. */
  async function finishSpeaking(): Promise<void> {
    await Promise.all([speaker.finish(LAST_WORDS), tabVoice.speaker.finish(LAST_WORDS)])
  }

  /** Stops speaking and reads on. */
  async function stopSpeaking(): Promise<void> {
    await finishSpeaking()
    microphone.stop()
    tabVoice.leave()
    enter('viewer')
    phase.value = 'watching'
    writeResume(tab, roomId, null)
  }

  return {
    id: signal(roomId),
    token: signal(token),
    /** False once it is known that this browser's link is for reading. */
    canSpeak: signal(true),
    /** The links that can be handed on from here: never the host's own. */
    links,
    learnLink(role: 'view' | 'speak', secret: string) {
      rememberLink(app.storage, roomId, role, secret)
      links.value = { ...links.peek(), [role]: secret }
    },
    room,
    microphone,
    speaker,
    captions,
    place,
    notices,
    undelivered,
    silenced,
    phase,
    line,
    watch() {
      enter('viewer')
      phase.value = 'watching'
      writeResume(tab, roomId, null)
    },
    speak,
    /** Name of the recording that was played to its end; '' = none, or it was read. */
    playedFile,
    /** Plays a recording into the room; false = it cannot be played, and nobody has entered. */
    async play(file: File): Promise<boolean> {
      microphone.source.value = { kind: 'file', file }
      playedFile.value = ''
      if (!(await microphone.start())) return false
      speak(false)
      return true
    },
    /** Adds the sound of a tab or the system as a second speaker; false = there is none. */
    addTab: tabVoice.join,
    /** After a reload in mid-meeting: goes on as before, without questions; the lobby if the microphone says no. */
    async resume(): Promise<void> {
      if (!before) return
      microphone.source.value = { kind: 'microphone', deviceId: app.settings.all.peek().deviceId }
      if (await microphone.start()) speak(before.muted)
      else phase.value = 'lobby'
    },
    toggleMute() {
      const muted = !microphone.muted.peek()
      microphone.setMuted(muted)
      if (microphone.source.peek().kind === 'microphone') writeResume(tab, roomId, { speaking: true, muted })
    },
    setMuted(muted: boolean) {
      microphone.setMuted(muted)
    },
    stopSpeaking,
    /** Back to the questions before speaking. */
    toLobby() {
      playedFile.value = ''
      room.leave()
      phase.value = 'lobby'
    },
    end() {
      return room.send({ type: 'end-session' })
    },
    decide: decisions(room),
    offTheRecord(on: boolean) {
      return room.send({ type: 'off-the-record', on })
    },
    /** Leaving the page by its links is a decision; a reload never comes here. */
    close() {
      writeResume(tab, roomId, null)
      microphone.stop()
      tabVoice.leave()
      room.leave()
    },
  }
})

export type RoomScreenValue = InstanceType<typeof RoomScreen>
