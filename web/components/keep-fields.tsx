/** What is kept and for how long, as two choices: in a room, and for all new ones. */
import type { Keep } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'

const DAYS = [1, 7, 30, 90, 365]

export function KeepFields({
  keep,
  disabled = false,
  onChange,
}: {
  keep: Keep
  disabled?: boolean
  onChange: (keep: Keep) => void
}) {
  const t = text.value
  const days = [...new Set([...DAYS, ...(keep.days === null ? [] : [keep.days])])].sort((a, b) => a - b)
  return (
    <>
      <label>
        {t.home.keep}
        <select
          class="input"
          value={keep.what}
          disabled={disabled}
          onChange={(event) => onChange({ ...keep, what: event.currentTarget.value as Keep['what'] })}
        >
          <option value="text+audio">{t.home.keepAudio}</option>
          <option value="text">{t.home.keepText}</option>
          <option value="nothing">{t.home.keepNothing}</option>
        </select>
      </label>
      {keep.what !== 'nothing' && (
        <label>
          {t.hostTools.howLong}
          <select
            class="input"
            value={keep.days === null ? '' : String(keep.days)}
            disabled={disabled}
            onChange={(event) => {
              const chosen = event.currentTarget.value
              onChange({ ...keep, days: chosen === '' ? null : Number(chosen) })
            }}
          >
            {days.map((count) => (
              <option key={count} value={String(count)}>
                {t.join.days(count)}
              </option>
            ))}
            <option value="">{t.join.forever}</option>
          </select>
        </label>
      )}
    </>
  )
}
