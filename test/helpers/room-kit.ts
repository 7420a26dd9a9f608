/** A Room with a real store in a fresh directory, a memory bus and an engine moved by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import type { RoomEnvelope, RoomSettings } from '../../server/core/transcript.ts'
import { silentLog } from '../../server/log.ts'
import { createMemoryBus } from '../../server/room/buses/memory.ts'
import { Rooms } from '../../server/room/rooms.ts'
import { createHandEngine } from './hand-engine.ts'

export const settings: RoomSettings = {
  title: 'Test',
  language: null,
  languages: [],
  task: 'transcribe',
  vocabulary: '',
  keep: { what: 'text+audio', days: 30 },
  locked: false,
}

export async function openKit(directory = mkdtempSync(join(tmpdir(), 'parley-room-'))) {
  const store = await openStore({ directory })
  const bus = createMemoryBus()
  const engine = createHandEngine()
  const rooms = new Rooms({ store, bus, engine, log: silentLog, dataDir: directory, defaults: settings })
  return {
    directory,
    store,
    bus,
    engine,
    rooms,
    /** Everything published in a room from now on. */
    listen(roomId: string): RoomEnvelope[] {
      const heard: RoomEnvelope[] = []
      bus.subscribe(roomId, (envelope) => heard.push(envelope))
      return heard
    },
    /** As after `kill -9`: nothing is finished or saved. */
    async crash() {
      await store.close()
    },
    async close() {
      await rooms.close()
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export type Kit = Awaited<ReturnType<typeof openKit>>

/** Passes as soon as `check` does; on a busy machine the disk takes its time. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  for (const until = Date.now() + 8000; ; await Bun.sleep(5)) {
    try {
      return await check()
    } catch (thrown) {
      if (Date.now() > until) throw thrown
    }
  }
}

/** Lets everything that is already due happen; writes in a crowd take a turn each where the disk is slow (db/turns.ts). */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) {
    for (let i = 0; i < 20; i++) await Promise.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Bun.sleep(0)
}
