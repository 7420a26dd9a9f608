/** The icons: drawn on a 24-unit grid with one stroke, coloured by the text around them, silent for screen readers. */
import type { ComponentChildren } from 'preact'

export function icon(children: ComponentChildren) {
  return function Icon({ size = 20 }: { size?: number }) {
    return (
      <svg
        class="icon"
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
        aria-hidden="true"
      >
        {children}
      </svg>
    )
  }
}

export const MicIcon = icon(
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5 11a7 7 0 0 0 14 0M12 18v3" />
  </>,
)
export const TextIcon = icon(<path d="M3 18 8 6l5 12M4.7 14h6.6M14.5 18l3.2-8 3.3 8m-5.6-2.5h4.6" />)
export const PauseIcon = icon(<path d="M9 5v14M15 5v14" />)
export const PlayIcon = icon(
  <path d="M7 4.8v14.4a.6.6 0 0 0 .9.5l11.6-7.2a.6.6 0 0 0 0-1L7.9 4.3a.6.6 0 0 0-.9.5Z" />,
)
export const DownIcon = icon(<path d="M12 5v14m0 0 6-6m-6 6-6-6" />)
