/** Gives a file made in the page to the person, as a download. */
export function saveFile(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes]))
  link.download = name
  link.click()
  // Time for the browser to have begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
