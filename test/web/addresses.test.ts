/** Addresses of pages and rooms, links to share, and the keys kept of them. */
import { describe, expect, test } from 'bun:test'
import { linkFor, reachableBases } from '../../web/components/share-links.ts'
import { routeOf } from '../../web/router.ts'
import { roomToken } from '../../web/state/identity.ts'
import { roomIdFrom } from '../../web/state/room-id.ts'
import { participantKey, readResume, speakerKey, writeResume } from '../../web/state/speaker-identity.ts'
import { memoryStorage } from './memory-storage.ts'

describe('addresses', () => {
  test('[WB42] paths and pages', () => {
    expect(routeOf('/')).toEqual({ page: 'home' })
    expect(routeOf('/r/quiet-otter-4207')).toEqual({ page: 'room', id: 'quiet-otter-4207' })
    expect(routeOf('/c/x')).toEqual({ page: 'captions', id: 'x' })
    expect(routeOf('/sessions/')).toEqual({ page: 'sessions' })
    expect(routeOf('/s/ses_1')).toEqual({ page: 'session', id: 'ses_1' })
    for (const path of ['/r', '/x/y', '/s/a/b', '/sessions/a'])
      expect(routeOf(path)).toEqual({ page: 'not-found' })
    expect(routeOf('/c/%E0%A4%A')).toEqual({ page: 'captions', id: '%E0%A4%A' })
  })

  test('[WB42] whatever a person pastes leads to the room', () => {
    for (const text of [
      'quiet-otter-4207',
      ' Quiet Otter 4207 ',
      'https://h:8124/r/quiet-otter-4207#secret',
      '/c/quiet-otter-4207?size=2',
    ])
      expect(roomIdFrom(text)).toBe('quiet-otter-4207')
    for (const text of ['', 'ab', '../etc', 'ä b']) expect(roomIdFrom(text)).toBeNull()
  })

  test('[WB49] the key is made once; the token of a link is kept', () => {
    const storage = memoryStorage()
    const key = participantKey(storage, 'r')
    expect(key.length).toBe(26)
    expect(participantKey(storage, 'r')).toBe(key)
    expect(participantKey(storage, 'r.tab')).not.toBe(key)
    const token = 'abcdefghjkmnpqrstvwxyz0123'
    expect(roomToken(storage, 'r', token, new URLSearchParams())).toBe(token)
    expect(roomToken(storage, 'r', '', new URLSearchParams())).toBe(token)
    expect(roomToken(storage, 'q', 'main', new URLSearchParams())).toBe('')
    writeResume(storage, 'r', { speaking: true, muted: true })
    expect(readResume(storage, 'r')).toEqual({ speaking: true, muted: true })
    writeResume(storage, 'r', null)
    expect(readResume(storage, 'r')).toBeNull()
  })

  test('[WB140] who speaks from the same browser by another name is somebody else; who comes back is known again', () => {
    const storage = memoryStorage()
    const ada = speakerKey(storage, 'r', 'Ada')
    expect(ada).toBe(participantKey(storage, 'r')) // known from an earlier version
    expect(speakerKey(storage, 'r', ' ada LOVELACE ')).toBe(ada)
    const bo = speakerKey(storage, 'r', 'Bo')
    expect(bo).not.toBe(ada)
    expect([speakerKey(storage, 'r', 'Ada Lovelace'), speakerKey(storage, 'r', 'Bo')]).toEqual([ada, bo])
    expect(speakerKey(storage, 'r', 'Adalbert')).not.toBe(ada)
    expect(speakerKey(storage, 'q', 'Ada')).not.toBe(ada)
    expect(speakerKey(null, 'r', 'Ada')).toHaveLength(26)
    const unnamed = memoryStorage()
    expect(speakerKey(unnamed, 'r', 'Ada')).toBe(speakerKey(unnamed, 'r', ''))
    expect(speakerKey(unnamed, 'r', 'Bo')).not.toBe(speakerKey(unnamed, 'r', 'Ada'))
    unnamed.setItem('parley.people.r', '{"a":')
    expect(speakerKey(unnamed, 'r', 'Bo')).toHaveLength(26)
  })

  test('[WB51] shared links can be reached by others and never carry a host’s token', () => {
    const info = {
      version: '',
      urls: { local: 'http://localhost:1', lan: ['http://10.0.0.2:1'], secure: ['https://10.0.0.2:2'] },
      keep: { what: 'text', days: 1 },
    } as const
    const mutable = info as unknown as Parameters<typeof reachableBases>[0]
    expect(reachableBases(mutable, 'view', 'http://localhost:1')[0]).toBe('http://10.0.0.2:1')
    expect(reachableBases(mutable, 'speak', 'http://localhost:1')[0]).toBe('https://10.0.0.2:2')
    expect(reachableBases(null, 'view', 'http://localhost:1')).toEqual(['http://localhost:1'])
    expect(linkFor('view', 'http://h', 'r', 'secret')).toBe('http://h/c/r#secret')
    expect(linkFor('speak', 'http://h', 'r', 'spk')).toBe('http://h/r/r#spk')
  })
})
