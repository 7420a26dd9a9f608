/** What a room's own page asks of the REST door: a visitor of a meeting need not load the rest of it. */
import type { RoomSettings } from '../../server/core/transcript.ts'
import type { RoomInfo, RoomLink, RoomLinks, ServerInfo } from './api-types.ts'
import { createCalls, type Fetch } from './json-call.ts'

type Call = ReturnType<typeof createCalls>['call']

export function roomCalls(call: Call) {
  return {
    createRoom: (options: { title?: string; id?: string; settings?: Partial<RoomSettings> }) =>
      call<{ room: RoomInfo['room']; links: RoomLinks }>('POST', '/api/rooms', options),
    room: (id: string, signal?: AbortSignal) =>
      call<RoomInfo>('GET', `/api/rooms/${encodeURIComponent(id)}`, undefined, signal),
    roomLinks: (id: string) =>
      call<{ links: RoomLink[] }>('GET', `/api/rooms/${encodeURIComponent(id)}/links`),
    addRoomLink: (id: string, link: { role: RoomLink['role']; replace: boolean }) =>
      call<{ link: RoomLink; token: string }>('POST', `/api/rooms/${encodeURIComponent(id)}/links`, link),
    withdrawLink: (id: string, linkId: string) =>
      call<null>('DELETE', `/api/rooms/${encodeURIComponent(id)}/links/${encodeURIComponent(linkId)}`),
    info: () => call<ServerInfo>('GET', '/api/info'),
  }
}

/** `token` is the secret of a link. */
export const createRoomApi = (fetch: Fetch, token = '') => roomCalls(createCalls(fetch, token).call)

export type RoomApi = ReturnType<typeof roomCalls>

/** The one of this page. */
export const roomApi = createRoomApi((url, init) => fetch(url, init))
