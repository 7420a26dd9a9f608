/** Paragraphs of a file, as Deepgram's SDKs read them. */
import { expect, test } from 'bun:test'
import { paragraphsOf } from '../../server/http/deepgram-paragraphs.ts'
import { spokenWords } from '../helpers/foreign.ts'

const line = (text: string, start: number) => spokenWords(text, start, 0.9)

test('[DG13] sentences, and a paragraph more after a pause', () => {
  const lines = [line('Hello there. How are you?', 0), line('Fine', 2000), line('Next point.', 9000)]
  expect(paragraphsOf(lines, null)).toEqual({
    transcript: '\nHello there. How are you? Fine\n\nNext point.',
    paragraphs: [
      {
        sentences: [
          { text: 'Hello there.', start: 0, end: expect.any(Number) },
          { text: 'How are you?', start: expect.any(Number), end: expect.any(Number) },
          { text: 'Fine', start: 2, end: expect.any(Number) },
        ],
        num_words: 6,
        start: 0,
        end: expect.any(Number),
      },
      {
        sentences: [{ text: 'Next point.', start: 9, end: expect.any(Number) }],
        num_words: 2,
        start: 9,
        end: expect.any(Number),
      },
    ],
  })
})

test('[DG13] five sentences are enough for one; with diarize each says whose it is', () => {
  const said = paragraphsOf([line('One. Two. Three. Four. Five. Six.', 0)], 1) as { paragraphs: object[] }
  expect(said).toMatchObject({
    transcript: '\nSpeaker 1: One. Two. Three. Four. Five.\n\nSpeaker 1: Six.',
    paragraphs: [{ speaker: 1 }, { speaker: 1 }],
  })
  expect(paragraphsOf([], null)).toMatchObject({ paragraphs: [] })
})
