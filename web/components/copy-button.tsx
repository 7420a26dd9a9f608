/** Copies a text and says so for a moment; works without the clipboard API too (plain HTTP). */
import { useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'

async function copyText(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = value
    area.style.position = 'fixed'
    area.style.opacity = '0'
    // Inside an open dialog the rest of the page cannot take the focus.
    const parent = document.querySelector('dialog[open]') ?? document.body
    parent.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

export function CopyButton({
  value,
  label,
  about,
  primary = false,
}: {
  value: string
  label?: string
  /** What is copied, where several are offered: read to those who do not see what stands beside it. */
  about?: string
  primary?: boolean
}) {
  const [done, setDone] = useState(false)
  const t = text.value.common
  return (
    <>
      <button
        type="button"
        class={primary ? 'button primary' : 'button'}
        aria-label={about && `${done ? t.copied : t.copy}: ${about}`}
        onClick={async () => {
          if (!(await copyText(value))) return
          setDone(true)
          setTimeout(() => setDone(false), 1_500)
        }}
      >
        {done ? t.copied : (label ?? t.copy)}
      </button>
      {/* Beside it: a button's name is not made of what is said inside. */}
      <span class="visually-hidden" role="status">
        {done && t.copied}
      </span>
    </>
  )
}
