/** The stand-in's HTTP interface: what the pages fetch, route by route. */
import { Hono } from 'hono'
import { ACCOUNT, FINDINGS, INFO, KEYS, MODELS, SETTINGS, STORAGE, TEMPLATES } from './answers.ts'
import { PEOPLE } from './conversation.ts'
import { meetingRoutes } from './meetings.ts'
import { type Drafts, minutesRoutes } from './minutes.ts'
import type { ScriptedRoom } from './room.ts'

/** Of the host's, the speaking and the reading link. */
export const SECRETS = ['h', 's', 'v'].map((letter) => letter.repeat(26))

export interface ApiOptions {
  /** Whether a language model is set up. */
  summaries?: boolean
  /** How what is told in lines goes on after its draft; to its end if not said. */
  drafts?: Drafts
}

export function mockApi(room: ScriptedRoom, { summaries = true, drafts }: ApiOptions): Hono {
  const app = new Hono()
  app.route('/', roomRoutes(room))
  app.route('/', meetingRoutes(room.session))
  app.route('/', minutesRoutes(drafts))
  app.get('/api/account', (c) => c.json(ACCOUNT))
  app.get('/api/account/passkeys', (c) =>
    c.json({ passkeys: [{ id: 'p', name: 'Laptop', createdAt: 1, usedAt: Date.now() }] }),
  )
  app.get('/api/account/sign-ins', (c) =>
    c.json({ signIns: [{ id: 's', browser: 'Firefox Linux', usedAt: Date.now(), mine: true }] }),
  )
  app.get('/api/keys', (c) => c.json({ keys: KEYS }))
  app.get('/api/info', (c) => {
    const urls = { ...INFO.urls, local: new URL('/', c.req.url).href }
    return c.json({ ...INFO, urls, keep: room.settings.keep })
  })
  app.get('/api/abilities', (c) => c.json({ summaries, translation: null }))
  app.get('/api/templates', (c) => c.json({ templates: TEMPLATES }))
  app.get('/api/sessions/:id/templates', (c) => c.json({ templates: TEMPLATES }))
  app.get('/api/models', (c) => c.json({ models: MODELS }))
  app.get('/api/settings', (c) => c.json(SETTINGS))
  app.post('/api/settings/endpoints/:name/test', (c) =>
    c.json({ ok: true, took: 412, detail: 'I am ready.' }),
  )
  app.get('/api/storage', (c) => c.json(STORAGE))
  app.get('/api/diagnostics', (c) => c.json({ findings: FINDINGS }))
  app.notFound((c) => c.json({ error: { code: 'not-found', message: 'There is no such thing.' } }, 404))
  return app
}

function roomRoutes({ session, settings }: ScriptedRoom): Hono {
  const app = new Hono()
  const { roomId } = session
  const [, speak, view] = SECRETS
  const info = () => ({
    room: { id: roomId, settings },
    session,
    present: PEOPLE.map(({ id, name, colour }) => ({ id, name, colour })),
    viewers: 3,
    rights: { view: true, speak: true, host: true },
  })
  app.get('/api/rooms', (c) => c.json({ rooms: [info()] }))
  app.post('/api/rooms', (c) =>
    c.json(
      {
        room: { id: roomId, settings },
        links: {
          view: `/c/${roomId}#${view}`,
          speak: `/r/${roomId}#${speak}.${view}`,
          host: `/r/${roomId}#${SECRETS.join('.')}`,
        },
      },
      201,
    ),
  )
  app.get(`/api/rooms/${roomId}`, (c) => c.json(info()))
  app.get(`/api/rooms/${roomId}/links`, (c) =>
    c.json({
      links: ['view', 'speak', 'host'].map((role, i) => ({
        id: `lnk_${i}`,
        role,
        createdAt: Date.now() - 3_600_000,
        usedAt: i === 0 ? null : Date.now() - 60_000,
      })),
    }),
  )
  app.post(`/api/rooms/${roomId}/links`, (c) =>
    c.json({ link: { id: 'lnk_4', role: 'view', createdAt: 1, usedAt: null }, token: SECRETS[0] }, 201),
  )
  return app
}
