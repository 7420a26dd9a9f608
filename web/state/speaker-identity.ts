/** Who speaks here: a secret key per room, and whether this tab was speaking before a reload. Readers need none of it. */
import { randomText } from '../../server/core/id.ts'
import { recall, remember } from './identity.ts'
import type { KeyValue } from './settings.ts'

/** Characters of five random bits each. */
const KEY = 26

/** The key that brings this browser back as the same participant after a reload or crash. */
export function participantKey(storage: KeyValue | null, roomId: string): string {
  const name = `parley.key.${roomId}.voice`
  const known = recall(storage, name)
  if (known) return known
  const fresh = randomText(KEY)
  remember(storage, name, fresh)
  return fresh
}

/** So many people of one browser are known again in a room. */
const MOST_PEOPLE = 8

/**
 * The key of whoever says to be called `name`. Others may speak here later from the same browser (a machine in a meeting
 * room): they are others, and what was said before stays with who said it. A name that is only longer or shorter is the same person's.
 */
export function speakerKey(storage: KeyValue | null, roomId: string, name: string): string {
  const place = `parley.people.${roomId}`
  const plain = name.normalize('NFKC').trim().toLowerCase()
  const people = peopleIn(recall(storage, place))
  const mine = people.find(([known]) => isSame(known, plain))
  const key = mine?.[1] ?? (people.length === 0 ? participantKey(storage, roomId) : randomText(KEY))
  const others = people.filter((each) => each !== mine)
  remember(storage, place, JSON.stringify([...others, [plain || (mine?.[0] ?? ''), key]].slice(-MOST_PEOPLE)))
  return key
}

/** One of them has words more, or says nothing. */
function isSame(a: string, b: string): boolean {
  return a === '' || b === '' || `${a} `.startsWith(`${b} `) || `${b} `.startsWith(`${a} `)
}

function peopleIn(text: string): [name: string, key: string][] {
  try {
    const people: unknown = JSON.parse(text)
    return Array.isArray(people) ? people.filter((each) => typeof each?.[0] === 'string' && each[1]) : []
  } catch {
    return []
  }
}

/** As whom this tab spoke last: a reload goes on as the same, whatever others called them meanwhile. */
export interface LastVoice {
  key: string
  name: string
}

export function lastVoice(storage: KeyValue | null, roomId: string): LastVoice {
  return { key: recall(storage, `parley.as.${roomId}`), name: recall(storage, `parley.called.${roomId}`) }
}

export function rememberVoice(storage: KeyValue | null, roomId: string, { key, name }: LastVoice): void {
  remember(storage, `parley.as.${roomId}`, key)
  remember(storage, `parley.called.${roomId}`, name)
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
