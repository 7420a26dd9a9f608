/** Before speaking: a recording to be played into the room. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'

/** `onChoose` gets the file, or null while none is chosen; of one that cannot be played here only that is said. */
export function FileChoice({ onChoose }: { onChoose: (file: File | null) => void }) {
  const t = text.value
  /** Of the chosen recording, ms: 0 = it does not say; 'unplayable'; null = none is chosen. */
  const [length, setLength] = useState<number | 'unplayable' | null>(null)
  /** The newest choice: what is found out about an earlier one is of no interest any more. */
  const newest = useRef<File | null>(null)
  useEffect(
    () => () => {
      newest.current = null
    },
    [],
  )
  async function probe(chosen: File): Promise<void> {
    const { probeFile } = await import('../audio/playback.ts')
    const ms = await probeFile(chosen)
    if (newest.current !== chosen) return
    onChoose(ms === null ? null : chosen)
    setLength(ms ?? 'unplayable')
  }
  return (
    <>
      <label class="field">
        {t.join.fileChoose}
        <input
          type="file"
          class="input"
          accept="audio/*,video/*"
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0] ?? null
            newest.current = chosen
            onChoose(null)
            setLength(null)
            if (chosen) void probe(chosen)
          }}
        />
        <span class="quiet small">
          {typeof length === 'number' && length > 0 && `${clock(length)} · `}
          {t.join.fileHint}
        </span>
      </label>
      {length === 'unplayable' && (
        <p class="notice warn" role="alert">
          <strong>{t.problem['bad-file'].title}</strong>
          <br />
          {t.problem['bad-file'].help}
        </p>
      )}
    </>
  )
}
