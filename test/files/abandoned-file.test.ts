/** A file whose sender goes away before the answer. */
import { afterAll, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { MAX_BACKLOG } from '../../server/files/file-job.ts'
import { until } from '../helpers/until.ts'
import { openHttpKit } from '../http/kit.ts'
import { FIXTURES } from '../media/sound.ts'

const fake = createFakeEngine()
/** A recogniser that never gets through what it was given: the file waits in the middle. */
const engine: typeof fake = {
  ...fake,
  opened: fake.opened,
  open(options) {
    const stream = fake.open(options)
    stream.backlog = () => MAX_BACKLOG + 1
    return stream
  },
}
const kit = await openHttpKit({ engine })
afterAll(() => kit.close())

for (const stream of ['', 'true'])
  test(`[HT37] a meeting is not left of it, and the rest is not recognised${stream && ', as a stream too'}`, async () => {
    const gone = new AbortController()
    const form = new FormData()
    form.append('file', Bun.file(join(FIXTURES, 'clip.wav')), 'clip.wav')
    form.append('stream', stream)
    const known = fake.opened.length
    const call = kit.call('POST', '/v1/audio/transcriptions', form, { signal: gone.signal })
    const listening = await until(() => (fake.opened[known]?.asked.feeds ? fake.opened[known] : null))
    expect(await kit.store.sessions({ limit: 9 })).toHaveLength(1)
    gone.abort()
    await Promise.resolve(call).catch(() => {})
    await until(async () => (await kit.store.sessions({ limit: 9 })).length === 0)
    expect(listening.asked.clears).toBe(1)
    expect(readdirSync(join(kit.directory, 'audio'))).toEqual([])
    await until(() => readdirSync(join(kit.directory, 'uploads')).length === 0)
  })
