/** How an icon is drawn (24-unit grid, one stroke, the colour of the text around it, silent for screen readers), and the one that the captions page needs. */

/**
 * `path`: SVG path data. Not an element: one that is kept for good keeps the tree that it was first part of, and with it every
 * tree of the page since (Preact's elements know their parents).
 */
export function icon(path: string) {
  return function Icon({ size = 20 }: { size?: number }) {
    return (
      <svg
        class="icon"
        // As the text around it grows when the reader has chosen larger letters.
        width={`${size / 16}rem`}
        height={`${size / 16}rem`}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
        aria-hidden="true"
      >
        <path d={path} />
      </svg>
    )
  }
}

export const DownIcon = icon('M12 5v14m0 0 6-6m-6 6-6-6')
