/** A socket whose other side is a list: what was sent, how it was closed, how much is waiting. */
import type { Socket } from '../../server/protocol/native-connection.ts'

export class HandSocket implements Socket {
  sent: (string | Uint8Array)[] = []
  closedWith: { code: number; reason: string } | null = null
  buffered = 0

  send(data: string | Uint8Array): number {
    this.sent.push(data)
    return data.length
  }
  close(code: number, reason: string): void {
    this.closedWith ??= { code, reason }
  }
  getBufferedAmount(): number {
    return this.buffered
  }
  /** Text messages so far, parsed. */
  get messages(): { type: string; [key: string]: unknown }[] {
    return this.sent.filter((data) => typeof data === 'string').map((data) => JSON.parse(data as string))
  }
}
