import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createApp } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { FilesUnderWay } from '../../server/files/under-way.ts'
import { silentLog } from '../../server/log.ts'
import { testConfig } from '../helpers/app.ts'
import { eventually, openKit } from '../helpers/room-kit.ts'

test('[FA39] a file that a crash cut off leaves no half meeting; one that was whole, and what is spoken, stay', async () => {
  const kit = await openKit()
  const files = new FilesUnderWay(kit.store)
  const meeting = async (isFile: boolean) => {
    const { room } = await kit.rooms.create()
    if (isFile) await files.begin(room.id)
    await room.join({ name: 'talk', key: '', role: 'speaker' })
    return { room, id: room.session?.id ?? '' }
  }
  const spoken = await meeting(false)
  const half = await meeting(true)
  const whole = await meeting(true)
  const told = await meeting(true)
  await whole.room.end() // killed before that was written down
  await told.room.end()
  await files.end(told.room.id)
  await kit.crash()
  const app = await createApp(testConfig(kit.directory), {
    log: silentLog,
    version: 'test',
    engine: createFakeEngine(),
  })
  await eventually(async () => expect(await app.store.session(half.id)).toBeNull())
  for (const { id } of [spoken, whole, told]) expect(await app.store.session(id)).toMatchObject({ id })
  await app.close()
  rmSync(kit.directory, { recursive: true, force: true })
})
