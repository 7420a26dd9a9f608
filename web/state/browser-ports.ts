/** Small ports of the browser that several screens share. */
import type { CaptionsPorts } from './captions.ts'

export const browserCaptionsPorts: CaptionsPorts = {
  now: () => performance.now(),
  later: (callback, ms) => setTimeout(callback, ms),
  cancel: (timer) => clearTimeout(timer as number),
}

export function roomUrl(roomId: string): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  return `${scheme}://${location.host}/ws/room/${encodeURIComponent(roomId)}`
}

export function every(ms: number, callback: () => void): () => void {
  const timer = setInterval(callback, ms)
  return () => clearInterval(timer)
}

/** Only a clear “there is no such room” counts as no. */
export async function roomExists(roomId: string): Promise<boolean> {
  const response = await fetch(`/api/rooms/${encodeURIComponent(roomId)}`)
  return response.status !== 404
}
