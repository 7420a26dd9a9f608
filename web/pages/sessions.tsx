/** Placeholder while being written. */
export function SessionsPage() {
  return null
}
