/** What a command says on standard output. */

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** What others named or said, for a terminal: control characters, which could drive it, are spaces. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
