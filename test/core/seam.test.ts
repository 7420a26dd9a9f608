/** Words that end one piece of speech and begin the next, said once or twice. */
import { expect, test } from 'bun:test'
import { doubledAt, saidOnceAt } from '../../server/core/seam.ts'
import type { Word } from '../../server/core/transcript.ts'

const words = (text: string): Word[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word, i) => ({ text: ` ${word}`, start: i * 300, end: i * 300 + 300, probability: 0.8 }))
const textOf = (list: readonly Word[]) => list.map(({ text }) => text.trim()).join(' ')

test('[DF21] what ends one piece and begins the next is found, whatever its punctuation', () => {
  expect(doubledAt(words('una interesante obra.'), words('Obra ya está'))).toBe(1)
  expect(doubledAt(words('there is nothing going on.'), words('going on, we are'))).toBe(2)
  expect(doubledAt(words('to be or not'), words('to be'))).toBe(0)
  expect(doubledAt([], words('to be'))).toBe(0)
})

test('[DF21] of two pieces that end and begin alike the one that was not heard to say it loses it', () => {
  const told = [words('para una obra.'), words('obra. Ya está')]
  const first = [words('para una obra.'), words('Ya está')]
  expect(told.map((_, i) => textOf(saidOnceAt(i, told, first)))).toEqual(['para una obra.', 'Ya está'])
  const second = [words('para una'), words('obra ya está')]
  expect(told.map((_, i) => textOf(saidOnceAt(i, told, second)))).toEqual(['para una', 'obra. Ya está'])
})

test('[DF21] what was said twice, or not heard again at all, stays', () => {
  const told = [words('some more words'), words('words and that is all')]
  for (const heard of [
    [words('some more words'), words('words and that is all')],
    [words('some more words words'), words('and that is all')],
    [words('some more'), words('and that is all')],
    [[], []],
  ])
    for (const i of [0, 1]) expect(saidOnceAt(i, told, heard)).toBe(told[i] as Word[])
})

test('[DF21] no piece loses all its words, and of three only the seam in question changes', () => {
  const told = [words('ask'), words('ask'), words('what you')]
  const heard = [words('ask'), [], words('what you')]
  expect(told.map((_, i) => textOf(saidOnceAt(i, told, heard)))).toEqual(['ask', 'ask', 'what you'])
})
