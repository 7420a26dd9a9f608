/** Rooms over HTTP: make one, see who is in it. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Caller, RoomTokens } from '../access/access.ts'
import { AppError } from '../core/error.ts'
import type { RoomRights } from '../core/rights.ts'
import { linkTo } from '../core/room-link.ts'
import type { Participant, RoomSettings, Session, Transcript } from '../core/transcript.ts'
import { roomSettingsSchema } from '../core/wire-schema.ts'
import type { HttpEnv } from './app.ts'
import { originFor } from './origin.ts'
import { checked, describe } from './validate.ts'

/** What these routes see of a Room. */
export interface RoomView {
  readonly id: string
  readonly settings: RoomSettings
  readonly session: Session | null
  readonly transcript: Transcript
}

export interface RoomsPort {
  create(options: { id?: string; settings?: Partial<RoomSettings> }): Promise<{
    room: RoomView
    tokens: RoomTokens
  }>
  get(id: string): Promise<RoomView | null>
  live(): Promise<RoomView[]>
}

export interface RoomRoutesDeps {
  rooms: RoomsPort
  /** Is this room id free? Ids are never given away twice: an old link must not lead to a new meeting. */
  taken(id: string): Promise<boolean>
  /** What the caller may do in a room. */
  rights(caller: Caller, roomId: string): RoomRights
  /** Of a proxy in front, or empty. */
  publicUrl: string
}

const text = (max: number) => v.pipe(v.string(), v.maxLength(max, `at most ${max} characters`))

const settingsSchema = v.partial(v.object({ title: text(200), ...roomSettingsSchema.entries }))

const newRoomSchema = v.object({
  title: v.optional(text(200)),
  id: v.optional(text(64)),
  settings: v.optional(settingsSchema),
})

export function roomRoutes({ rooms, taken, rights, publicUrl }: RoomRoutesDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.post(
    '/api/rooms',
    describe('Make a room', { status: 201 }),
    checked('json', newRoomSchema),
    async (c) => {
      const { title, id, settings } = c.req.valid('json')
      if (id !== undefined && (await taken(id)))
        throw new AppError('conflict', `The room ${id} already exists.`)
      const created = await rooms.create({
        id,
        settings: { ...settings, ...(title !== undefined && { title }) },
      })
      const { room, tokens } = created
      const links = linksOf(originFor(new URL(c.req.url), publicUrl), room.id, tokens)
      return c.json({ room: { id: room.id, settings: room.settings }, links }, 201)
    },
  )
  app.get('/api/rooms', describe('Rooms with a running meeting'), async (c) => {
    const live = await rooms.live()
    return c.json({ rooms: live.map((room) => describeRoom(room, rights(c.env.caller, room.id))) })
  })
  app.get('/api/rooms/:id', describe('One room and who is in it'), async (c) => {
    const room = await rooms.get(c.req.param('id'))
    if (!room) throw new AppError('not-found', 'There is no such room.')
    return c.json(describeRoom(room, rights(c.env.caller, room.id)))
  })
  return app
}

/** Each link carries the secrets of the lesser ones too, so that its holder can pass those on. */
export function linksOf(
  origin: string,
  id: string,
  { view, speak, host }: RoomTokens,
): { view: string; speak: string; host: string } {
  return {
    view: linkTo(origin, id, 'view', view),
    speak: linkTo(origin, id, 'speak', `${speak}.${view}`),
    host: linkTo(origin, id, 'host', `${host}.${speak}.${view}`),
  }
}

function describeRoom(room: RoomView, rights: RoomRights) {
  const { participants, present, viewers } = room.transcript
  const people: Pick<Participant, 'id' | 'name' | 'colour'>[] = []
  for (const id of present) {
    const participant = participants.get(id)
    if (participant) people.push({ id, name: participant.name, colour: participant.colour })
  }
  const { id, settings, session } = room
  return { room: { id, settings }, session, present: people, viewers, rights }
}
