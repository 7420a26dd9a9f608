/** Runs a tool of ours to its end and keeps what it prints, for when it fails. */

export interface Captured {
  code: number
  /** Both of its outputs, trimmed. */
  text: string
}

export async function captured(command: readonly string[], cwd: string): Promise<Captured> {
  const child = Bun.spawn([...command], { cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, text: `${out}\n${err}`.trim() }
}
