/** Who is named at the head of a meeting on paper. */
import { expect, test } from 'bun:test'
import { exporters } from '../../server/export/index.ts'
import { joined, said, session } from '../db/samples.ts'
import { transcriptOf } from './samples.ts'

test('[EX28] somebody who came back as a newcomer is named once at the head', async () => {
  const transcript = transcriptOf([
    { type: 'session-started', session: session('ses_a') },
    joined('par_1', 'Ana'),
    joined('par_2', 'Bo', 1),
    joined('par_3', 'Ana', 2),
    said('utt_1', 'par_1', 'Before the cut.', 0),
    said('utt_2', 'par_2', 'Still here.', 3000),
    said('utt_3', 'par_3', 'And after it.', 6000),
  ])
  for (const format of ['md', 'html'] as const)
    expect(await exporters[format].render(transcript)).toMatch(/· Ana, Bo[*<]/)
})
