/** How a person is shown: initials on their colour, and their name in it. */
import type { Participant } from '../../server/core/transcript.ts'

/** Up to two initials; for scripts without case the first character alone. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter(Boolean)
  const first = [...(words[0] ?? '?')][0] ?? '?'
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : ''
  return /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(first)
    ? first
    : (first + last).toLocaleUpperCase()
}

type Person = Pick<Participant, 'name' | 'colour'>

export function Avatar({ person, speaking = false }: { person: Person; speaking?: boolean }) {
  return (
    <span class={`avatar c${person.colour % 8}${speaking ? ' speaking' : ''}`} aria-hidden="true">
      {initials(person.name)}
    </span>
  )
}

export function SpeakerName({ person }: { person: Person }) {
  return (
    <bdi class={`speaker c${person.colour % 8}`} dir="auto">
      {person.name}
    </bdi>
  )
}
