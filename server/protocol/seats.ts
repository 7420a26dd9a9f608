/** The seats of one connection: one per channel of its sound, all or none. */
import type { ProtocolHost } from './host.ts'
import type { ClientCommand, SpeakerSeat } from './protocol.ts'

export type Start = Extract<ClientCommand, { type: 'start' }>

/** In the order of the channels; what was taken is given back when one cannot be had. */
export async function takeSeats(
  host: Pick<ProtocolHost, 'takeSeat'>,
  { room, connection }: { room: string; connection: string },
  { speaker, options, channels = 1 }: Start,
): Promise<SpeakerSeat[]> {
  const seats: SpeakerSeat[] = []
  const several = channels > 1
  try {
    for (let channel = 0; channel < channels; channel++) {
      const seat = await host.takeSeat({
        room,
        speaker: several ? `${speaker} ${channel + 1}` : speaker,
        connection: several ? `${connection}.${channel}` : connection,
        speech: options,
      })
      seats.push(seat)
    }
    return seats
  } catch (thrown) {
    // Why there is no seat matters more than how the others were left.
    leaveSeats(seats, () => {})
    throw thrown
  }
}

export function leaveSeats(seats: readonly SpeakerSeat[], failed: (cause: unknown) => void): void {
  for (const seat of seats) seat.leave().catch(failed)
}
