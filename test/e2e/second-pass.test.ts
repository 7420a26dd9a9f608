/** A second pass over a kept recording with the real model, in the program as a user starts it; and the ZIP of it all. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import type { Utterance } from '../../server/core/transcript.ts'
import type { ShownVersion } from '../../web/net/api.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const CLIP = join(import.meta.dir, '..', 'fixtures', 'en_ls_2412_153948_0001.wav')
/** Loading the model on a busy machine. */
const PATIENCE = 150_000

test(
  '[RV10] [EX22] the real model hears a kept recording again; edits stay; everything leaves in one file',
  async () => {
    const server = await startServer()
    try {
      const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
        const response = await fetch(server.url + path, {
          method,
          headers: body === undefined ? {} : { 'content-type': 'application/json' },
          body: body === undefined ? undefined : JSON.stringify(body),
        })
        if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
        return (await response.json()) as T
      }
      await until(async () => (await fetch(`${server.url}/readyz`)).ok, PATIENCE)
      const form = new FormData()
      form.set('file', Bun.file(CLIP), 'clip.wav')
      const sent = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form })
      const base = `/api/sessions/${sent.headers.get('x-parley-session')}`
      const { text } = (await sent.json()) as { text: string }
      const lines = async () =>
        (await json<{ transcript: { utterances: Utterance[] } }>('GET', base)).transcript.utterances
      const [first] = await lines()
      await json('POST', `${base}/edits`, {
        kind: 'text',
        utteranceId: first?.id,
        text: 'Edited by a person.',
      })

      await json('POST', `${base}/versions`, { language: 'en' })
      const made = await until(async () => {
        const { versions } = await json<{ versions: ShownVersion[] }>('GET', `${base}/versions`)
        const last = versions.at(-1)
        return last && last.state !== 'running' ? last : null
      }, PATIENCE)
      expect(made).toMatchObject({ state: 'ready', language: 'en' })
      expect(made.lines).toBeGreaterThan(0)
      await json('POST', `${base}/versions/${made.id}/choose`)
      const shown = await lines()
      expect(shown.map((line) => line.committed.map((word) => word.text).join(''))).toContain(
        'Edited by a person.',
      )
      await json('POST', `${base}/undo`)
      await json('POST', `${base}/undo`)
      const heard = (await lines()).flatMap((line) => line.committed.map((word) => word.text)).join('')
      expect(heard.trim().slice(0, 20)).toBe(text.trim().slice(0, 20))

      const zip = await fetch(`${server.url}${base}/export.zip`)
      const names = Object.keys(unzipSync(new Uint8Array(await zip.arrayBuffer())))
      expect(names).toHaveLength(9)
      expect(names.some((name) => name.startsWith('audio/'))).toBe(true)
    } finally {
      await server.dispose()
    }
  },
  PATIENCE * 2,
)
