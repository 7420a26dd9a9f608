/** Passkeys, signed-in browsers and keys: each with when it was last used and a button to remove it. */
import { dayAndTime } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'

interface AccessRowsProps {
  rows: { id: string; name: string; usedAt: number | null; more?: string }[]
  /** What ending it is called. */
  label: string
  onRemove: (id: string) => void
}

export function AccessRows({ rows, label, onRemove }: AccessRowsProps) {
  const t = text.value.access
  return (
    <ul class="setup-rows">
      {rows.map(({ id, name, usedAt, more }) => (
        <li key={id}>
          <span>
            <span dir="auto">{name}</span>{' '}
            <span class="quiet small">
              {more && `${more} · `}
              {usedAt ? t.since(dayAndTime(usedAt)) : t.neverUsed}
            </span>
          </span>
          <button
            type="button"
            class="button danger"
            aria-label={`${label}: ${name}`}
            onClick={() => onRemove(id)}
          >
            {label}
          </button>
        </li>
      ))}
    </ul>
  )
}
