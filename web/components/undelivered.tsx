/** Sound of mine that came too late for its meeting: to be saved as a file, or deleted from this device. */
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { UndeliveredModelValue } from '../state/undelivered.ts'

/** Less than this is the breath before a meeting's end, ms. */
const WORTH_SAYING = 3_000

export function Undelivered({ undelivered }: { undelivered: UndeliveredModelValue }) {
  const t = text.value.room
  const ms = undelivered.items.value.reduce((sum, each) => sum + each.ms, 0)
  if (ms < WORTH_SAYING) return null
  return (
    <div class="banner warn" role="alert">
      <div>
        <strong>{t.undelivered(clock(ms))}</strong> <span>{t.undeliveredHint}</span>
      </div>
      <div class="row">
        <button type="button" class="button" onClick={() => void undelivered.save()}>
          {t.undeliveredSave}
        </button>
        <button type="button" class="button plain" onClick={() => void undelivered.discard()}>
          {t.undeliveredDelete}
        </button>
      </div>
    </div>
  )
}
