import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deliveriesOn } from '../../db/deliveries.ts'
import { migrate } from '../../db/migrate.ts'
import type { RoomEnvelope, StoredEvent, Utterance } from '../../server/core/transcript.ts'
import { createDeliveries, type DeliveryDeps, type Hook } from '../../server/integration/delivery.ts'
import { forwardReceiver, planBatch, readAnswer } from '../../server/integration/forward.ts'
import { webhookReceiver } from '../../server/integration/webhooks.ts'
import { hang, ok, openStub, status } from './stub.ts'

const stubs: { close(): unknown }[] = []
afterAll(() => Promise.all(stubs.map((stub) => stub.close())))

const utterance = (n: number): Utterance => ({
  id: `utt_${n}`,
  participantId: 'p1',
  rev: 1,
  state: 'final',
  start: n * 1000,
  end: n * 1000 + 500,
  language: 'en',
  committed: [{ text: `line ${n}`, start: n * 1000, end: n * 1000 + 500, probability: 1 }],
  pending: [],
})
const line = (n: number): StoredEvent => ({ type: 'utterance-finished', utterance: utterance(n) })

/** A log of one session, a stub for its webhook, and time held in the hand. */
function setUp() {
  const db = new Database(':memory:')
  db.run('PRAGMA foreign_keys = ON')
  migrate(db, () => 0)
  db.run("INSERT INTO rooms (id, settings, created_at) VALUES ('r1', '{}', 0)")
  db.run("INSERT INTO sessions (id, room_id, epoch, title, started_at) VALUES ('s1', 'r1', 'e1', '', 0)")
  const stub = openStub(ok)
  stubs.push(stub)
  const store = deliveriesOn(db)
  const hook: Hook = {
    id: 'hook_1',
    roomId: 'r1',
    url: `${stub.url}/hook`,
    secret: 'shh',
    active: true,
    error: null,
    createdAt: 0,
  }
  store.saveHook(hook)
  const log: RoomEnvelope[] = []
  let now = 1000
  const timers: { at: number; run: () => void }[] = []
  const context = async () => ({ roomId: 'r1', title: 'T', speaker: 'Ada' })
  const receiverOf = (each: Hook) =>
    webhookReceiver(each, { store, context, allowPrivate: true, now: () => now, timeout: 1000 })
  const deps: DeliveryDeps = {
    store,
    receivers: (roomId) =>
      store
        .hooks(roomId)
        .filter((each) => each.active)
        .map(receiverOf),
    receiver: (id) => {
      const found = store.hook(id)
      return found?.active ? receiverOf(found) : null
    },
    eventsSince: async (_session, seq, limit) => log.filter((envelope) => envelope.seq > seq).slice(0, limit),
    now: () => now,
    random: () => 0.5,
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
  }
  let deliveries = createDeliveries(deps)
  return {
    db,
    stub,
    store,
    hook,
    deps,
    log,
    timers,
    get deliveries() {
      return deliveries
    },
    async say(...events: StoredEvent[]) {
      for (const event of events) {
        const envelope = { epoch: 'e1', seq: log.length + 1, event }
        log.push(envelope)
        db.query('INSERT INTO events (session_id, seq, at, type, event) VALUES (?, ?, 0, ?, ?)').run(
          's1',
          envelope.seq,
          event.type,
          '{}',
        )
        deliveries.heard('r1', 's1', envelope)
      }
      await deliveries.idle()
    },
    async pass(ms: number) {
      now += ms
      for (const timer of timers.splice(0))
        if (timer.at <= now) timer.run()
        else timers.push(timer)
      await deliveries.idle()
    },
    async restart() {
      await deliveries.close()
      deliveries = createDeliveries(deps)
      deliveries.resume()
      await deliveries.idle()
    },
    texts: () =>
      stub.seen.map(
        (seen) =>
          (JSON.parse(seen.body) as { utterance?: { text: string }; type: string }).utterance?.text ??
          (JSON.parse(seen.body) as { type: string }).type,
      ),
  }
}

describe('webhooks', () => {
  test('[IN5] finals, corrections and the end, signed, in order, with keys of their own', async () => {
    const kit = setUp()
    await kit.say(
      line(1),
      { type: 'participant-left', participantId: 'p1' },
      { type: 'utterance-revised', utterance: { ...utterance(1), rev: 2, state: 'edited' } },
      { type: 'session-ended', endedAt: 9 },
    )
    expect(kit.texts()).toEqual(['line 1', 'line 1', 'session.ended'])
    const [first] = kit.stub.seen
    if (!first) throw new Error('nothing seen')
    expect(JSON.parse(first.body)).toMatchObject({
      id: 's1:e1:1',
      type: 'utterance.final',
      room: 'r1',
      session: 's1',
      seq: 1,
      utterance: { speaker: { id: 'p1', name: 'Ada' }, rev: 1, start: 1000, words: [{ text: 'line 1' }] },
    })
    const expected = createHmac('sha256', 'shh').update(`1.${first.body}`).digest('hex')
    expect(first.headers.get('x-parley-signature')).toBe(`t=1,v1=${expected}`)
    expect(kit.stub.seen.map((seen) => seen.headers.get('idempotency-key'))).toEqual([
      's1:e1:1',
      's1:e1:3',
      's1:e1:4',
    ])
  })

  test('[IN46] after a restore the same numbers stand for other events, and a receiver can tell', async () => {
    const kit = setUp()
    await kit.say(line(1), line(2))
    // The backup knew line 1 alone; what is said then has the number of line 2, in a log of another epoch.
    kit.log.splice(1, 1, { epoch: 'e2', seq: 2, event: line(3) })
    const cursor = kit.store.cursor(kit.hook.id, 's1')
    if (cursor) kit.store.saveCursor({ ...cursor, seq: 1 })
    await kit.restart()
    expect(kit.texts()).toEqual(['line 1', 'line 2', 'line 3'])
    expect(kit.stub.seen.map(({ headers }) => headers.get('idempotency-key'))).toEqual([
      's1:e1:1',
      's1:e1:2',
      's1:e2:2',
    ])
  })

  test('[IN47] while nothing can be written down about a delivery it is tried again by itself, and nothing is left out', async () => {
    const kit = setUp()
    const { saveCursor } = kit.store
    const locked = () => {
      throw new Error('busy')
    }
    kit.store.saveCursor = locked
    await kit.say(line(1), line(2))
    expect(kit.texts()).toEqual([])
    await kit.pass(5000)
    kit.store.saveCursor = saveCursor
    await kit.pass(5000)
    expect(kit.texts()).toEqual(['line 1', 'line 2'])
    kit.stub.script(status(500), ok)
    kit.store.saveCursor = locked
    await kit.say(line(3))
    kit.store.saveCursor = saveCursor
    await kit.pass(5000)
    expect(kit.texts()).toEqual(['line 1', 'line 2', 'line 3', 'line 3'])
  })

  test('[IN5] nothing later is told before what failed', async () => {
    const kit = setUp()
    kit.stub.script(status(500), status(429, { 'retry-after': '60' }), ok)
    await kit.say(line(1), line(2))
    expect(kit.texts()).toEqual(['line 1'])
    await kit.pass(1999)
    expect(kit.texts()).toEqual(['line 1'])
    await kit.pass(1)
    expect(kit.texts()).toEqual(['line 1', 'line 1'])
    await kit.pass(59_000)
    expect(kit.stub.seen).toHaveLength(2)
    await kit.pass(1000)
    expect(kit.texts()).toEqual(['line 1', 'line 1', 'line 1', 'line 2'])
    expect(new Set(kit.stub.seen.slice(0, 3).map((seen) => seen.headers.get('idempotency-key'))).size).toBe(1)
  })

  test('[IN6] a stop in between loses nothing and repeats nothing', async () => {
    const kit = setUp()
    await kit.say(line(1))
    kit.stub.script(status(500))
    await kit.say(line(2), line(3))
    kit.stub.script(ok)
    await kit.restart()
    expect(kit.texts()).toEqual(['line 1', 'line 2'])
    await kit.pass(5000)
    expect(kit.texts()).toEqual(['line 1', 'line 2', 'line 2', 'line 3'])
    await kit.restart()
    expect(kit.stub.seen).toHaveLength(4)
  })

  test('[IN37] a clock that is set back by years keeps no delivery waiting', async () => {
    const kit = setUp()
    kit.stub.script(status(503))
    await kit.pass(400 * 86_400_000)
    await kit.say(line(1))
    await kit.pass(-400 * 86_400_000)
    kit.stub.script(ok)
    await kit.restart()
    expect(kit.texts()).toEqual(['line 1', 'line 1'])
  })

  test('[IN6] only what is said after a hook is made concerns it; a deleted meeting concerns nobody', async () => {
    const kit = setUp()
    kit.store.deleteHook('hook_1')
    await kit.say(line(1))
    kit.store.saveHook(kit.hook)
    await kit.say(line(2))
    expect(kit.texts()).toEqual(['line 2'])
    kit.db.run("DELETE FROM sessions WHERE id = 's1'")
    expect(kit.store.cursor('hook_1', 's1')).toBeNull()
    kit.store.saveCursor({ hookId: 'hook_1', sessionId: 's1', seq: 1, attempts: 0, nextAt: 0 })
    expect(kit.store.cursor('hook_1', 's1')).toBeNull()
  })

  test('[IN7] a hanging hook does not delay another, nor the one who speaks', async () => {
    const kit = setUp()
    const slow = openStub(hang)
    stubs.push(slow)
    kit.store.saveHook({ ...kit.hook, id: 'hook_0', url: slow.url })
    kit.log.push({ epoch: 'e1', seq: 1, event: line(1) })
    const began = Bun.nanoseconds()
    kit.deliveries.heard('r1', 's1', kit.log[0] as RoomEnvelope)
    expect(Bun.nanoseconds() - began).toBeLessThan(50e6)
    while (kit.stub.seen.length === 0) await Bun.sleep(1)
    expect(kit.store.cursor('hook_0', 's1')?.seq).toBe(0)
    await kit.deliveries.close()
  })

  test('[IN7] gone is gone; a refusal is passed over in the end; failing for ever is switched off', async () => {
    const gone = setUp()
    gone.stub.script(status(410))
    await gone.say(line(1), line(2))
    expect([gone.stub.seen.length, gone.store.hook('hook_1')]).toMatchObject([
      1,
      { active: false, error: expect.stringContaining('410') },
    ])

    const refusing = setUp()
    refusing.stub.script(status(422), status(422), status(422), status(422), status(422), ok)
    await refusing.say(line(1), line(2))
    for (let i = 0; i < 6; i++) await refusing.pass(100_000)
    expect(refusing.texts()).toEqual([...Array(5).fill('line 1'), 'line 2'])

    const dead = setUp()
    dead.stub.script(status(500))
    await dead.say(line(1))
    for (let i = 0; i < 40; i++) await dead.pass(4_000_000)
    expect([dead.stub.seen.length, dead.store.hook('hook_1')?.active]).toEqual([32, false])
    expect(dead.store.cursor('hook_1', 's1')?.seq).toBe(0)
  })
})

describe('forwarding', () => {
  const envelope = (seq: number, event: StoredEvent): RoomEnvelope => ({ epoch: 'e', seq, event })

  test('[IN8] batches', () => {
    const isAnswer = (id: string) => id === 'utt_2'
    const log = [1, 2, 3, 4].map((n) => envelope(n, line(n)))
    expect(planBatch(log, 2, isAnswer)).toEqual({ take: 3, send: true })
    expect(planBatch(log.slice(0, 2), 2, isAnswer)).toEqual({ take: 0, send: false })
    expect(planBatch([log[1] as RoomEnvelope], 2, isAnswer)).toEqual({ take: 1, send: false })
    const end = envelope(5, { type: 'session-ended', endedAt: 1 })
    expect(planBatch([log[0] as RoomEnvelope, end], 9)).toEqual({ take: 2, send: true })
    expect(planBatch([end], 9)).toEqual({ take: 1, send: false })
  })

  test('[IN8] a llama.cpp request, and its answer back', async () => {
    const stub = openStub(() => Response.json({ content: ' Noted. ', stop: true }))
    stubs.push(stub)
    const answers: string[] = []
    const receiver = forwardReceiver({
      url: `${stub.url}/completion`,
      maxMessages: 2,
      isAnswer: () => false,
      report() {},
      context: async () => ({ roomId: 'r1', title: '', speaker: 'Ada' }),
      onAnswer: (session, text) => answers.push(`${session} ${text}`),
    })
    await receiver.deliver('s1', [envelope(1, line(1)), envelope(2, line(2))], new AbortController().signal)
    expect(answers).toEqual(['s1 Noted.'])
    expect(JSON.parse(stub.seen[0]?.body ?? '')).toMatchObject({
      prompt: 'line 1\nline 2',
      stream: false,
      room: 'r1',
      session: 's1',
      messages: [{ speaker: 'Ada', text: 'line 1' }, { text: 'line 2' }],
    })
  })

  test('[IN8] answers as servers give them', () => {
    expect(
      [
        '{"content":"a"}',
        '{"choices":[{"message":{"content":"b"}}]}',
        '"c"',
        'plain d',
        '',
        '{"ok":true}',
        '{"response":"e"}',
      ].map(readAnswer),
    ).toEqual(['a', 'b', 'c', 'plain d', '', '', 'e'])
    expect(() => readAnswer('<html>')).toThrow()
  })
})

test('[IN14] hooks over HTTP', async () => {
  const { openHttpKit, STRANGER } = await import('../http/kit.ts')
  const db = new Database(':memory:')
  migrate(db, () => 0)
  db.run("INSERT INTO rooms (id, settings, created_at) VALUES ('hook-room', '{}', 0)")
  const hooks = deliveriesOn(db)
  const neighbours = { hooks, abilities: () => ({ summaries: false, translation: null }) }
  const kit = await openHttpKit({ neighbours: neighbours as never })
  await kit.rooms.create({ id: 'hook-room' })
  const path = '/api/rooms/hook-room/webhooks'
  const made = await kit.json<{ webhook: { id: string; secret: string } }>(
    'POST',
    path,
    { url: 'http://93.184.215.14/x' },
    201,
  )
  expect(made.webhook.secret).toHaveLength(40)
  const listed = await kit.json<{ webhooks: object[] }>('GET', path)
  expect(listed.webhooks).toHaveLength(1)
  expect(JSON.stringify(listed)).not.toContain(made.webhook.secret)
  expect((await kit.call('POST', path, { url: 'http://127.0.0.1/' })).status).toBe(403)
  expect((await kit.call('POST', path, { url: 'nonsense' })).status).toBe(400)
  expect((await kit.call('GET', path, undefined, { caller: STRANGER })).status).toBe(401)
  expect((await kit.call('DELETE', `/api/rooms/other-room/webhooks/${made.webhook.id}`)).status).toBe(404)
  expect((await kit.call('DELETE', `${path}/${made.webhook.id}`)).status).toBe(204)
  expect(await kit.json('GET', '/api/abilities')).toEqual({ summaries: false, translation: null })
  await kit.close()
})

test('[IN6] the wired queue lives in the store’s own database', async () => {
  const { openStore } = await import('../../db/sqlite.ts')
  const { openDeliveries } = await import('../../db/deliveries.ts')
  const directory = mkdtempSync(join(tmpdir(), 'parley-queue-'))
  const store = await openStore({ directory })
  const queue = openDeliveries(directory)
  expect([queue.hooks('none'), queue.pending()]).toEqual([[], []])
  queue.close()
  await store.close()
  rmSync(directory, { recursive: true })
})
