/** Why a room does not let somebody in, in words; apart from state-line.tsx, which a stream's overlay does without. */
import { live } from '../i18n/index.ts'
import type { RefusedReason } from '../state/state-line.ts'

export function refusalWords(reason: RefusedReason): string {
  const t = live.value.state
  return reason === 'ended' ? t.refusedEnded : t[reason]
}
