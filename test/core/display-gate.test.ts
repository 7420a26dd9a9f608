/** What of the tentative tail is shown. */
import { expect, test } from 'bun:test'
import { DisplayGate } from '../../server/core/display-gate.ts'
import type { Word } from '../../server/core/transcript.ts'

const tail = (list: [text: string, end: number, probability?: number][]): Word[] =>
  list.map(([text, end, probability = 0.9]) => ({ text: ` ${text}`, start: end - 200, end, probability }))
const shown = (words: Word[]) => words.map((word) => word.text.trim()).join(' ')

test('[TG1] probable words clear of the edge are shown, up to the first that is not', () => {
  const gate = new DisplayGate()
  expect(
    shown(
      gate.update(
        [],
        tail([
          ['one', 500],
          ['two', 800],
          ['hm', 950, 0.2],
          ['four', 990],
        ]),
        1100,
      ),
    ),
  ).toBe('one two')
  expect(shown(new DisplayGate().update([], tail([['one', 1050]]), 1100))).toBe('')
})

test('[TG2] a shown word gives way only to one that comes twice or is clearly surer', () => {
  const gate = new DisplayGate()
  gate.update([], tail([['beach', 500, 0.6]]), 1000)
  expect(shown(gate.update([], tail([['speech', 500, 0.65]]), 1000))).toBe('beach')
  expect(shown(gate.update([], tail([['speech', 500, 0.65]]), 1000))).toBe('speech')
  expect(shown(gate.update([], tail([['peach', 500, 0.9]]), 1000))).toBe('peach')
})

test('[TG3] a word that disappears stays one round longer', () => {
  const gate = new DisplayGate()
  gate.update(
    [],
    tail([
      ['one', 500],
      ['two', 800],
    ]),
    1100,
  )
  expect(shown(gate.update([], tail([['one', 500]]), 1200))).toBe('one two')
  expect(shown(gate.update([], tail([['one', 500]]), 1300))).toBe('one')
})

test('[TG4] committed words leave the tail', () => {
  const gate = new DisplayGate()
  gate.update(
    [],
    tail([
      ['one', 500],
      ['two', 800],
    ]),
    1100,
  )
  expect(
    shown(
      gate.update(
        tail([['one', 500]]),
        tail([
          ['two', 800],
          ['three', 1000],
        ]),
        1300,
      ),
    ),
  ).toBe('two three')
})

test('[TG5] the punctuation after the newest word is a guess and not shown', () => {
  const gate = new DisplayGate()
  expect(
    shown(
      gate.update(
        [],
        tail([
          ['Well,', 500],
          ['yes.', 800],
        ]),
        1100,
      ),
    ),
  ).toBe('Well, yes')
})

test('[TG6] an improbable word far behind the edge no longer holds back what follows', () => {
  const unsure = tail([
    ['rip', 500, 0.3],
    ['van', 1500, 0.9],
  ])
  expect(shown(new DisplayGate().update([], unsure, 900))).toBe('')
  expect(shown(new DisplayGate().update([], unsure, 1700))).toBe('rip van')
})
