/** The list of foreign protocols; adding one is its file and a line here. */
import { asrStream } from './asr-stream.ts'
import { deepgram } from './deepgram.ts'
import { openaiRealtime } from './openai-realtime.ts'
import type { Protocol } from './protocol.ts'
import { root } from './root.ts'
import { simple } from './simple.ts'
import { whisperStream } from './whisper-stream.ts'
import { whisperLive } from './whisperlive.ts'
import { whisperLiveKit } from './whisperlivekit.ts'

export const PROTOCOLS: readonly Protocol[] = [
  root,
  whisperLive,
  whisperStream,
  asrStream,
  openaiRealtime,
  simple,
  whisperLiveKit,
  deepgram,
]

const BY_PATH = new Map(
  PROTOCOLS.flatMap((protocol) => protocol.paths.map((path) => [path, protocol] as const)),
)

/** The protocol served on this path, if any. A slash at the end is forgiven. */
export function protocolAt(path: string): Protocol | undefined {
  return BY_PATH.get(path) ?? BY_PATH.get(path.replace(/(?<!\/)\/+$/, ''))
}
