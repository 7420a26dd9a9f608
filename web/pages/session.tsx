/** Placeholder while being written. */
export function SessionPage() {
  return null
}
