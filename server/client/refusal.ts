/** Why a server does not open a room's socket: a WebSocket does not learn why its handshake was refused, so HTTP is asked. */
import { Refused } from '../core/refusal.ts'

export interface Refusal {
  /** The close code the socket would have had. */
  code: number
  /** For people: the server's own words where it has some. */
  reason: string
}

/** A line that takes longer is dead for everything. */
const ANSWER_WITHIN = 3_000
/** Answers of the moment: try again. */
const PASSING = new Set([408, 425, 429])

/** Null = nothing that trying again would not help. */
export async function roomRefusal(
  server: string,
  room: string,
  token: string,
  ask: (url: string, init: RequestInit) => Promise<Response> = fetch,
): Promise<Refusal | null> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const signal = AbortSignal.timeout(ANSWER_WITHIN)
  const response = await ask(`${server}/api/rooms/${encodeURIComponent(room)}`, { headers, signal }).catch(
    () => null,
  )
  if (!response || response.status < 400 || response.status >= 500 || PASSING.has(response.status))
    return null
  const said = await ownWords(response)
  if (response.status === 404) {
    const reason = said
      ? `${server} has no room ${room}. Check the link, or start a new meeting.`
      : `${server} answers, but it has no room ${room}. Is it a Parley server?`
    return { code: Refused.notFound, reason }
  }
  const code = said?.code === 'withdrawn' ? Refused.withdrawn : Refused.forbidden
  const why = said?.message ?? `It answered ${response.status}. Is it a Parley server?`
  // Whether the room exists is not told to whoever has no link of it.
  return { code, reason: `${server} does not open the room ${room}. ${why}` }
}

async function ownWords(response: Response): Promise<{ code: unknown; message: string } | null> {
  const body = (await response.json().catch(() => null)) as {
    error?: { code?: unknown; message?: unknown }
  } | null
  const message = body?.error?.message
  return typeof message === 'string' ? { code: body?.error?.code, message } : null
}
