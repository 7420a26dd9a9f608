/** Versions of a meeting's text over HTTP: transcribe again, watch, compare, choose, remove. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive, TextVersion } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { isShown, type Utterance } from '../core/transcript.ts'
import { chooseVersion, differences, withoutStretch } from '../core/version.ts'
import type { Editor } from '../room/editor.ts'
import { findSession } from './find-session.ts'
import { keepOpen } from './keep-open.ts'
import type { Retranscriber } from './retranscriber.ts'
import { checked, describe } from './validate.ts'

export interface VersionRoutesDeps {
  store: Pick<Archive, 'session' | 'versions' | 'saveVersion' | 'deleteVersion' | 'eventsSince'>
  editor: Editor
  retranscriber: Retranscriber
  /** Names of the models that can be used now, the one in use first. */
  models(): Promise<string[]>
}

const startSchema = v.object({
  model: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(80))), null),
  language: v.optional(v.nullable(v.pipe(v.string(), v.regex(/^[a-z]{2,3}$/, 'an ISO 639 code'))), null),
})

const MOST_DIFFERENCES = 500

export function versionRoutes({ store, editor, retranscriber, models }: VersionRoutesDeps): Hono {
  const app = new Hono()
  const session = async (id: string) => (await findSession(store, id)).id
  const known = async (sessionId: string, versionId: string): Promise<TextVersion> => {
    const version = (await store.versions(await session(sessionId))).find((each) => each.id === versionId)
    if (!version) throw new AppError('not-found', 'There is no such version.')
    return version
  }
  editor.onVersion = async (sessionId, versionId) => {
    for (const version of await store.versions(sessionId))
      await store.saveVersion({ ...version, chosen: version.id === versionId })
  }

  app.get('/api/sessions/:id/versions', describe('Versions of the text, oldest first'), async (c) => {
    const versions = await store.versions(await session(c.req.param('id')))
    return c.json({ versions: versions.map(shape), models: await models() })
  })
  app.post(
    '/api/sessions/:id/versions',
    describe('Transcribe the recording again, as a new version beside the old', { status: 202 }),
    checked('json', startSchema),
    async (c) => {
      const { model, language } = c.req.valid('json')
      const usable = await models()
      if (model !== null && !usable.includes(model))
        throw new AppError('unsupported', `There is no model '${model}' here. Usable: ${usable.join(', ')}.`)
      const version = await retranscriber.start(await session(c.req.param('id')), {
        model: model === usable[0] ? null : model,
        language,
      })
      return c.json({ version: shape(version) }, 202)
    },
  )
  app.get(
    '/api/sessions/:id/versions/:versionId/differences',
    describe('Where a version says other words than what is shown'),
    async (c) => {
      const version = await known(c.req.param('id'), c.req.param('versionId'))
      const transcript = await editor.transcript(version.sessionId)
      const shown = transcript.utterances.filter((line) => line.state !== 'pending')
      const other = version.shown ? await leftAs(version) : version.lines
      return c.json({ differences: differences(shown, other, MOST_DIFFERENCES) })
    },
  )
  app.post(
    '/api/sessions/:id/versions/:versionId/choose',
    describe('Show this version: search, exports and summaries follow; edits by people stay'),
    async (c) => {
      keepOpen(c)
      const { sessionId, id } = await known(c.req.param('id'), c.req.param('versionId'))
      const done = await editor.inOrder(sessionId, async () => {
        const versions = await store.versions(sessionId)
        const [from, to] = [versions.find(({ chosen }) => chosen), versions.find((each) => each.id === id)]
        if (!from || !to) throw new AppError('not-found', 'There is no such version.')
        if (to.state !== 'ready' && to.state !== 'live')
          throw new AppError('conflict', 'This version is not finished.')
        if (from.id === to.id) return editor.carryOut(sessionId, 'version', { lines: [], people: [] })
        const transcript = await editor.transcript(sessionId)
        const lines = chooseVersion(transcript, to, await revisionsOf(sessionId))
        const shown = transcript.utterances.filter((line) => line.state !== 'pending' && isShown(line))
        const result = await editor.carryOut(
          sessionId,
          'version',
          { lines, people: [] },
          { before: from.id, after: to.id },
        )
        await store.saveVersion({
          ...from,
          chosen: false,
          shown: shown.map((line) => ({ id: line.id, rev: line.rev })),
        })
        await store.saveVersion({ ...to, chosen: true })
        return result
      })
      return c.json(done)
    },
  )
  app.delete(
    '/api/sessions/:id/versions/:versionId',
    describe('Call a running pass off, or remove a version that is not shown', { status: 204 }),
    async (c) => {
      const version = await known(c.req.param('id'), c.req.param('versionId'))
      if (await retranscriber.cancel(version.id)) return c.body(null, 204)
      if (version.chosen || version.state === 'live')
        throw new AppError('conflict', 'Choose another version first; the text made live always stays.')
      await store.deleteVersion(version.id)
      return c.body(null, 204)
    },
  )
  return app

  function shape({ lines, shown: _, ...version }: TextVersion) {
    return { ...version, lines: lines.length, progress: retranscriber.progress(version.id) }
  }

  async function revisionsOf(sessionId: string): Promise<Map<string, Utterance[]>> {
    const found = new Map<string, Utterance[]>()
    for (const { event } of await store.eventsSince(sessionId, 0, Number.MAX_SAFE_INTEGER)) {
      if (event.type !== 'utterance-finished' && event.type !== 'utterance-revised') continue
      const { utterance } = event
      const all = found.get(utterance.id)
      if (all) all.push(utterance)
      else found.set(utterance.id, [utterance])
    }
    return found
  }

  async function leftAs(version: TextVersion): Promise<Utterance[]> {
    const revisions = await revisionsOf(version.sessionId)
    return (version.shown ?? []).flatMap(
      ({ id, rev }) => revisions.get(id)?.find((each) => each.rev === rev) ?? [],
    )
  }
}

/** What somebody wants unsaid is taken out of every other version too. */
export async function forgetStretch(
  store: Pick<Archive, 'versions' | 'saveVersion' | 'revisions'>,
  sessionId: string,
  line: Utterance,
): Promise<void> {
  const [first] = await store.revisions(sessionId, line.id)
  const voice = first?.participantId ?? line.participantId
  for (const version of await store.versions(sessionId)) {
    const lines = withoutStretch(version.lines, voice, line.start, line.end)
    if (lines.length !== version.lines.length || lines.some((each, i) => each !== version.lines[i]))
      await store.saveVersion({ ...version, lines })
  }
}
