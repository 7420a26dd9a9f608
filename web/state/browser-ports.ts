/** Small ports of the browser that several screens share. */
import { Refused } from '../../server/core/refusal.ts'
import { later } from '../later.ts'
import type { CaptionsPorts } from './captions.ts'

export const browserCaptionsPorts: CaptionsPorts = {
  now: () => performance.now(),
  later,
}

export function roomUrl(roomId: string): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  return `${scheme}://${location.host}/ws/room/${encodeURIComponent(roomId)}`
}

export function every(ms: number, callback: () => void): () => void {
  const timer = setInterval(callback, ms)
  return () => clearInterval(timer)
}

/** Why the server will not have us, as the close code it would give; null = it will. */
export async function roomRefusal(roomId: string, token: string): Promise<number | null> {
  const headers = token ? { authorization: `Bearer ${token}` } : undefined
  const response = await fetch(`/api/rooms/${encodeURIComponent(roomId)}`, { headers })
  if (response.status === 404) return Refused.notFound
  if (response.status !== 401 && response.status !== 403) return null
  const body = (await response.json().catch(() => null)) as { error?: { code?: string } } | null
  return body?.error?.code === 'withdrawn' ? Refused.withdrawn : Refused.forbidden
}
