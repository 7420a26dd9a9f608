/** A modal dialog on the browser's own <dialog>: focus stays inside, Escape closes, a click beside it closes. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { live } from '../i18n/index.ts'
import { IconButton } from './icon-button.tsx'
import { CloseIcon } from './icons-more.tsx'

export function Dialog({
  title,
  onClose,
  children,
  side = false,
  wide = false,
}: {
  title: string
  onClose: () => void
  children: ComponentChildren
  /** Opens at the side, so that the text it changes stays in view. */
  side?: boolean
  /** For lists of text. */
  wide?: boolean
}) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    ref.current?.showModal()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same
    <dialog
      ref={ref}
      class={`dialog${side ? ' side' : ''}${wide ? ' wide' : ''}`}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close()
      }}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <IconButton label={live.value.common.close} onPress={() => ref.current?.close()}>
            <CloseIcon />
          </IconButton>
        </div>
        {children}
      </div>
    </dialog>
  )
}
