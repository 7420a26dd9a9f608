/** Who speaks here: a secret key per room, and whether this tab was speaking before a reload. Readers need none of it. */
import { randomText } from '../../server/core/id.ts'
import { recall, remember } from './identity.ts'
import type { KeyValue } from './settings.ts'

/** Characters of five random bits each. */
const KEY = 26

/** The key that brings this browser back as the same participant after a reload or crash. */
export function participantKey(storage: KeyValue | null, roomId: string, part = 'voice'): string {
  const name = `parley.key.${roomId}.${part}`
  const known = recall(storage, name)
  if (known) return known
  const fresh = randomText(KEY)
  remember(storage, name, fresh)
  return fresh
}

/** What this tab remembers until it is closed; null where the browser forbids it. */
export function tabStorage(): Storage | null {
  try {
    return window.sessionStorage
  } catch {
    return null
  }
}

/** Whether this tab was speaking in the room before a reload: then it goes on by itself. */
export interface Resume {
  speaking: boolean
  muted: boolean
}

export function readResume(storage: KeyValue | null, roomId: string): Resume | null {
  const text = recall(storage, `parley.resume.${roomId}`)
  if (text === 'speaking') return { speaking: true, muted: false }
  if (text === 'muted') return { speaking: true, muted: true }
  return null
}

export function writeResume(storage: KeyValue | null, roomId: string, resume: Resume | null): void {
  remember(storage, `parley.resume.${roomId}`, resume ? (resume.muted ? 'muted' : 'speaking') : '')
}
