/** What every screen knows of its room, whoever it is for: the part of the state line that all of them share. */
import type { RoomModelValue } from './room.ts'
import type { StateFacts } from './state-line.ts'

type RoomFacts = Pick<StateFacts, 'link' | 'refusedCode' | 'endedAt' | 'started' | 'offRecord' | 'lag'>

export function roomFacts(room: RoomModelValue): RoomFacts {
  const link = room.link.value
  const { session, offRecord } = room.transcript.value
  const again = link.kind === 'connecting' && (link.attempt > 0 || room.caughtUp.value)
  return {
    link: again ? 'reconnecting' : link.kind,
    refusedCode: link.kind === 'refused' ? link.code : 0,
    endedAt: session?.endedAt ?? null,
    started: session !== null,
    offRecord: offRecord !== null,
    lag: room.lag.value,
  }
}
