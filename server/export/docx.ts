/** A Word document: title, facts, a paragraph per turn with the speaker's name in front. */
import { Document, HeadingLevel, Packer, Paragraph, TextRun } from 'docx'
import { clockTime } from '../core/timecode.ts'
import type { Transcript } from '../core/transcript.ts'
import { isRightToLeft } from './direction.ts'
import { EXPORT_OPTIONS, type ExportOptions } from './options.ts'
import { dateOf, linesOf, namesOf, STAR, storyOf, titleOf } from './script.ts'

const GREY = '5A6068'

export async function docx(
  transcript: Transcript,
  options: ExportOptions = EXPORT_OPTIONS,
): Promise<Uint8Array> {
  const title = titleOf(transcript)
  const names = namesOf(linesOf(transcript, options))
  const facts = [dateOf(transcript), options.speakers ? names.join(', ') : ''].filter((fact) => fact !== '')
  const children = [
    new Paragraph({ text: title, heading: HeadingLevel.TITLE }),
    new Paragraph({
      children: [new TextRun({ text: facts.join(' · '), color: GREY })],
      spacing: { after: 240 },
    }),
  ]
  for (const item of storyOf(transcript, options)) {
    if (item.kind === 'hole') {
      const { start, end, text } = item.hole
      const note = `[${clockTime(start)}–${clockTime(end)} ${text}]`
      children.push(new Paragraph({ children: [new TextRun({ text: note, italics: true, color: GREY })] }))
      continue
    }
    if (item.kind === 'note') {
      const when = options.timecodes ? ` ${clockTime(item.note.start)}` : ''
      children.push(
        new Paragraph({
          children: [
            new TextRun({ text: `Note${when}: `, bold: true, color: GREY }),
            new TextRun({ text: item.note.text, color: GREY }),
          ],
          indent: { start: 400 },
          spacing: { after: 160 },
        }),
      )
      continue
    }
    const { speaker, start, paragraphs, starred } = item.turn
    paragraphs.forEach(({ text, language }, index) => {
      const rightToLeft = isRightToLeft(language)
      const runs: TextRun[] = []
      if (index === 0 && starred) runs.push(new TextRun({ text: `${STAR} ` }))
      if (index === 0 && options.timecodes)
        runs.push(new TextRun({ text: `${clockTime(start)}  `, color: GREY }))
      if (index === 0 && options.speakers)
        runs.push(new TextRun({ text: `${speaker.name}: `, bold: true, rightToLeft }))
      runs.push(new TextRun({ text, italics: index > 0, rightToLeft, language: { value: language } }))
      children.push(new Paragraph({ children: runs, bidirectional: rightToLeft, spacing: { after: 160 } }))
    })
  }
  const document = new Document({
    title,
    creator: 'Parley',
    styles: { default: { document: { run: { font: 'Calibri', size: 22 } } } },
    sections: [{ children }],
  })
  return new Uint8Array(await Packer.toArrayBuffer(document))
}
