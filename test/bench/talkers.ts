/** People who speak recorded speech without pause, so that the real recogniser of a server is never idle. */
import { join } from 'node:path'
import { record, speak } from '../helpers/native-client.ts'
import { readPcm16 } from '../helpers/wav.ts'

/** Until the recogniser is busy with them, ms. */
const WARM = 6000

/** `count` speakers in a room of their own, for as long as a measurement takes. */
export async function talkers(url: string, count: number): Promise<{ stop(): void }> {
  const { room } = (await (
    await fetch(`${url}/api/rooms`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
  ).json()) as { room: { id: string } }
  const clip = readPcm16(join(import.meta.dir, '..', 'fixtures', 'en_ls_2412_153948_0001.wav'))
  let over = false
  const speaking = Array.from({ length: count }, (_, index) => {
    const talker = record({ url, room: room.id, name: `speaker ${index}` })
    const recording = talker.client.record()
    const goOn = async () => {
      while (!over) await speak(recording, clip, 1, () => over)
    }
    void goOn()
    return talker
  })
  await Bun.sleep(WARM)
  return {
    stop() {
      over = true
      for (const talker of speaking) talker.close()
    },
  }
}
