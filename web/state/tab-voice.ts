/** TabVoice: the sound of a tab or of the system as a second speaker, a participant of its own in the same room. */
import { createModel, effect, untracked } from '@preact/signals'
import { browserCapturePorts } from '../audio/capture.ts'
import { browserSocketPorts } from '../net/socket.ts'
import { roomUrl } from './browser-ports.ts'
import { MicrophoneModel } from './microphone.ts'
import { RoomModel } from './room.ts'
import { SpeakerModel, type SpeakerPorts } from './speaker.ts'

export interface TabVoicePorts extends Pick<SpeakerPorts, 'every' | 'roomId' | 'spool' | 'wall'> {
  token: string
  /** The key of the participant that is called so. */
  key(name: string): string
}

export const TabVoice = createModel(({ token, key, ...ports }: TabVoicePorts) => {
  const { roomId } = ports
  const room = new RoomModel({ roomId, url: () => roomUrl(roomId), socket: browserSocketPorts })
  const sound = new MicrophoneModel({ capture: browserCapturePorts, now: () => performance.now() })
  const speaker = new SpeakerModel(sound, {
    ...ports,
    addUplink: (create) => room.addUplink(create),
    part: 'tab',
  })

  effect(() => {
    const id = room.transcript.value.session?.id
    if (id && speaker.speaking.value) untracked(() => speaker.inSession(id))
  })

  return {
    sound,
    speaker,
    /** Asks which tab, and joins the room with its sound; false = there is none. */
    async join(name: string): Promise<boolean> {
      sound.source.value = { kind: 'tab' }
      if (!(await sound.start())) return false
      room.enter({ role: 'speaker', name, participantKey: key(name), token })
      speaker.start()
      return true
    },
    leave() {
      sound.stop()
      room.leave()
    },
  }
})
