/** Recordings as files: a button, and the whole page to drop them on; then a list of what becomes of them. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import { uploads } from '../net/browser-uploads.ts'
import type { UploadState } from '../state/uploads.ts'
import { IconButton } from './icon-button.tsx'
import { CloseIcon, UploadIcon } from './icons-more.tsx'

const ACCEPT = 'audio/*,video/*,.wav,.mp3,.m4a,.ogg,.opus,.flac,.webm,.mp4,.mov,.mkv,.aac'

export function FileDrop() {
  const t = text.value.files
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)

  useEffect(() => {
    let depth = 0
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return
      depth++
      setOver(true)
    }
    const leave = () => {
      depth = Math.max(0, depth - 1)
      if (depth === 0) setOver(false)
    }
    const hover = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault()
    }
    const drop = (event: DragEvent) => {
      depth = 0
      setOver(false)
      if (!hasFiles(event)) return
      event.preventDefault()
      uploads.add([...(event.dataTransfer?.files ?? [])])
    }
    addEventListener('dragenter', enter)
    addEventListener('dragleave', leave)
    addEventListener('dragover', hover)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragenter', enter)
      removeEventListener('dragleave', leave)
      removeEventListener('dragover', hover)
      removeEventListener('drop', drop)
    }
  }, [])

  return (
    <>
      <button type="button" class="button plain" onClick={() => input.current?.click()}>
        <UploadIcon size={18} />
        {t.choose}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={ACCEPT}
        onChange={(event) => {
          uploads.add([...(event.currentTarget.files ?? [])])
          event.currentTarget.value = ''
        }}
      />
      {over && (
        <div class="drop-zone" aria-hidden="true">
          <p>{t.drop}</p>
        </div>
      )}
    </>
  )
}

export function UploadList() {
  const t = text.value.files
  const list = uploads.uploads.value
  if (list.length === 0) return null
  return (
    <section aria-label={t.title}>
      <h2>{t.title}</h2>
      <ul class="uploads">
        {list.map(({ key, name, state }) => (
          <li key={key} class="upload">
            <span class="upload-name" dir="auto">
              {name}
            </span>
            <Outcome state={state} />
            {(state.kind === 'done' || state.kind === 'failed') && (
              <IconButton
                look="small"
                label={`${text.value.common.close}: ${name}`}
                onPress={() => uploads.dismiss(key)}
              >
                <CloseIcon size={16} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Outcome({ state }: { state: UploadState }) {
  const t = text.value.files
  switch (state.kind) {
    case 'waiting':
      return <span class="quiet small">{t.waiting}</span>
    case 'sending':
      return (
        <progress max={1} value={state.share} aria-label={t.sending}>
          {Math.round(state.share * 100)} %
        </progress>
      )
    case 'working':
      return (
        <span role="status">
          {t.working} {state.watch && <a href={state.watch}>{t.watch}</a>}
        </span>
      )
    case 'done':
      return (
        <span role="status">
          {t.done} {state.sessionId && <a href={`/s/${state.sessionId}`}>{t.open}</a>}
        </span>
      )
    case 'failed':
      return (
        <span class="field-error" role="alert">
          {state.reason}
        </span>
      )
  }
}
