/** What webhooks are told of a meeting's log, and what they call it. */
import type { StoredEvent } from './transcript.ts'

export const TOLD: Partial<Record<StoredEvent['type'], string>> = {
  'session-started': 'session.started',
  'session-ended': 'session.ended',
  'session-renamed': 'session.renamed',
  'utterance-finished': 'utterance.final',
  'utterance-revised': 'utterance.revised',
  'utterance-removed': 'utterance.removed',
  'utterance-translated': 'utterance.translated',
}
