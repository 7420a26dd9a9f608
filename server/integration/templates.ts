/** Templates of summaries: what to look for, and the headings to sort it under. Owners add their own. */

export interface Template {
  id: string
  name: string
  /** What the model is told beside the shape of its answer. */
  focus: string
  /** Headings beside overview and action items; none = decisions and topics. */
  sections: readonly string[]
}

export const MINUTES: Template = { id: 'minutes', name: 'Minutes', focus: '', sections: [] }

export const TEMPLATES: readonly Template[] = [
  MINUTES,
  {
    id: 'standup',
    name: 'Stand-up',
    focus:
      'A short daily meeting. Say for each person what was done, what comes next and what is in the way.',
    sections: ['Done', 'Next', 'In the way'],
  },
  {
    id: 'interview',
    name: 'Interview',
    focus: 'An interview. Keep close to the words of the person who was asked.',
    sections: ['Answers', 'Quotes worth keeping', 'Open questions'],
  },
  {
    id: 'lecture',
    name: 'Lecture',
    focus: 'A lecture or talk. Explain what was taught in the order it was taught.',
    sections: ['Key ideas', 'Terms and their meaning', 'Questions from the audience'],
  },
  {
    id: 'one-to-one',
    name: 'One-to-one',
    focus: 'A conversation between two people. Stay factual and kind; do not judge anybody.',
    sections: ['What is going well', 'Concerns', 'Agreements'],
  },
]

/** Headings are matched without case and signs: models change both. */
export function sameHeading(a: string, b: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
  return plain(a) === plain(b)
}
