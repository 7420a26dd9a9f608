/** A button that shows only an icon: its name is read aloud, and shown where the pointer rests. */
import type { ComponentChildren, Ref } from 'preact'

export function IconButton({
  label,
  title = label,
  look = '',
  pressed,
  disabled,
  buttonRef,
  onPress,
  children,
}: {
  label: string
  /** What the pointer shows, where it says more than the label: the key that does the same. */
  title?: string
  /** More CSS classes: its size, and where it is left out. */
  look?: string
  pressed?: boolean
  /** Still there for the keyboard, and does nothing. */
  disabled?: boolean
  buttonRef?: Ref<HTMLButtonElement>
  onPress: () => void
  children?: ComponentChildren
}) {
  return (
    <button
      ref={buttonRef}
      type="button"
      class={look ? `icon-button ${look}` : 'icon-button'}
      aria-label={label}
      title={title}
      aria-pressed={pressed}
      aria-disabled={disabled}
      onClick={onPress}
    >
      {children}
    </button>
  )
}
