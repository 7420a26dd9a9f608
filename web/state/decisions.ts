/** What is decided in a room while its line is cut (a name, the title, a setting) is done when it is back. */
import { effect } from '@preact/signals'
import type { ClientMessage } from '../../server/core/wire.ts'
import type { RoomModelValue } from './room.ts'

export type Decision = Extract<ClientMessage, { type: 'rename' | 'title' | 'settings' }>

/** Only in the meeting for which it was decided: the next one has people and a title of its own. */
export function decisions(
  room: Pick<RoomModelValue, 'send' | 'caughtUp' | 'transcript'>,
): (message: Decision) => void {
  let waiting: { message: Decision; epoch: string }[] = []
  const epoch = () => room.transcript.peek().epoch
  effect(() => {
    if (!room.caughtUp.value) return
    waiting = waiting.filter((each) => each.epoch === epoch() && !room.send(each.message))
  })
  return (message) => {
    if (!room.send(message)) waiting.push({ message, epoch: epoch() })
  }
}
