import { describe, expect, test } from 'bun:test'
import type { Word } from '../../server/core/transcript.ts'
import { findCommands, type VoiceCommands } from '../../server/core/voice-command.ts'
import { PHRASE_LANGUAGES, proposedPhrases } from '../../server/core/voice-phrases.ts'

const all: VoiceCommands = { on: true, who: 'host', phrases: PHRASE_LANGUAGES.flatMap(proposedPhrases) }

function words(text: string): Word[] {
  const pieces = /\s/.test(text) ? text.match(/\s*\S+/g)! : text.match(/.{1,2}/gu)!
  return pieces.map((piece, index) => ({
    text: piece,
    start: index * 400,
    end: index * 400 + 300,
    probability: 1,
  }))
}
const find = (text: string) => findCommands(words(text), all)

describe('where a command is', () => {
  test('[HO7] at the beginning of a sentence, however it is written', () => {
    for (const text of ['New section: budget.', 'new SECTION, budget.', 'Fine. New section — budget'])
      expect(find(text)).toMatchObject([{ does: 'section', text: expect.stringMatching(/^budget/) }])
    expect(find('Nouvelle  séction ! Budget')).toMatchObject([{ does: 'section', text: 'Budget' }])
  })

  test('[HO7] in mid-sentence, or as part of a longer word, it is only a word', () => {
    for (const text of [
      'We open a new section of the road',
      'That action item was done',
      'New sections are fine',
      'Aufgaben gibt es viele',
    ])
      expect(find(text)).toEqual([])
  })

  test('[HO7] scripts without spaces, and from right to left', () => {
    expect(find('新しいセクション予算について。')).toMatchObject([{ does: 'section', text: '予算について' }])
    expect(find('それでは。ここからオフレコです。')).toMatchObject([{ does: 'off-the-record' }])
    expect(find('مهمّة جديدة: إرسال الأرقام')).toMatchObject([{ does: 'action', text: 'إرسال الأرقام' }])
  })

  test('[HO7] the time is that of its first word', () => {
    expect(find('So far so good. New section. Next')).toMatchObject([{ at: 4 * 400 }])
  })
})

describe('what follows', () => {
  test('[HO8] a title ends with its sentence, also when the phrase is a sentence of its own', () => {
    expect(find('New section. The budget for next year. We begin with rent.')[0]!.text).toBe(
      'The budget for next year',
    )
    expect(find('New section.')).toMatchObject([{ does: 'section', text: '' }])
  })

  test('[HO8] an action item goes on to the next command', () => {
    expect(
      find('Action item: Jonas sends the numbers. By Friday. Action item Yuki reviews. Off the record.'),
    ).toMatchObject([
      { does: 'action', text: 'Jonas sends the numbers. By Friday.' },
      { does: 'action', text: 'Yuki reviews.' },
      { does: 'off-the-record', text: '' },
    ])
  })

  test('[HO8] the longest phrase wins: back on the record is not off the record', () => {
    expect(find('Back on the record.')).toMatchObject([{ does: 'on-the-record' }])
  })

  test('[HO10] nothing is found while commands are off', () => {
    expect(findCommands(words('New section. Budget.'), { ...all, on: false })).toEqual([])
  })
})
