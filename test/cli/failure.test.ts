/** A start that cannot succeed says why in a sentence and what helps; it never prints our source. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import { failureText } from '../../server/cli/failure.ts'
import { AppError } from '../../server/core/error.ts'

const refused = (code: string, path?: string) => Object.assign(new Error(`${code}: no`), { code, path })

test('[CN8] what the operating system refuses is one sentence with what helps', () => {
  for (const [thrown, said] of [
    [refused('EMFILE', '/bin/parley'), /^parley: Too many files.*ulimit -n 4096\n$/],
    [refused('ENOSPC', '/data/x'), /^parley: The disk is full: \/data\/x .*\n$/],
    [refused('EACCES', '/data'), /^parley: This user may not use \/data\. .*\n$/],
    [refused('EROFS', '/data'), /^parley: \/data is on a read-only disk\.\n$/],
  ] as const)
    expect(failureText(thrown, false)).toMatch(said)
})

test('[CN8] our own errors are their sentence; their cause is told to whoever debugs', () => {
  const error = new AppError('invalid', 'Say what.', { cause: new TypeError('deep inside') })
  expect(failureText(error, false)).toBe('parley: Say what.\n')
  expect(failureText(error, true)).toMatch(
    /^parley: Say what\.\n {2}TypeError: deep inside\n {2}at .*failure\.test/,
  )
})

test('[CN8] a bug is told with where it happened, and no line of source', () => {
  const said = failureText(new TypeError('x is not a function'), false)
  expect(said).toMatch(
    /^parley: Something went wrong inside Parley\..*\n {2}TypeError: x is not a function\n {2}at /,
  )
  expect(said).not.toContain('const said')
})

test('[CN8] a data directory that cannot be made is named, with the flag that chooses another', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-failure-'))
  const file = join(directory, 'file')
  writeFileSync(file, '')
  try {
    const opening = openStore({ directory: file })
    await expect(opening).rejects.toThrow(
      /file cannot be made: it is a file\. Choose another with --data-dir/,
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

/** A command of ours whose output goes to `where`. */
function piped(where: string, ...args: string[]) {
  const command = [process.execPath, join(import.meta.dir, '..', '..', 'server', 'main.ts'), ...args]
  const quoted = command.map((each) => `'${each}'`).join(' ')
  const { stdout, stderr } = Bun.spawnSync(['bash', '-c', `${quoted} ${where}; echo "\${PIPESTATUS[0]}"`])
  return { code: Number(stdout.toString().trim()), said: stderr.toString() }
}

test('[CN13] who has read enough may close the pipe; a full disk behind the output is told', () => {
  expect(piped('| head -c 0', 'models', 'list', '--json')).toEqual({ code: 0, said: '' })
  if (process.platform === 'linux')
    expect(piped('> /dev/full', 'models', 'list')).toEqual({
      code: 1,
      said: 'parley: The disk is full. Free some space.\n',
    })
}, 20_000)
