/** The program starts itself again, whatever has become of its file. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SELF = join(import.meta.dir, '..', '..', 'server', 'setup', 'self.ts')
/** Starts itself three times: as it lies there, with another file in its place, and removed. */
const PROGRAM = `
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { selfCommand } from ${JSON.stringify(SELF)}
if (process.argv[2] === 'child') {
  process.stdout.write('child ')
  process.exit(0)
}
const again = () => process.stdout.write(Bun.spawnSync(selfCommand('child')).stdout)
again()
writeFileSync(process.execPath + '.new', '#!/bin/sh\\necho another version', { mode: 0o755 })
renameSync(process.execPath + '.new', process.execPath)
again()
rmSync(process.execPath)
again()
`

test.skipIf(process.platform !== 'linux')(
  '[WK17] an executable that was replaced or removed while it runs still starts itself, not what lies in its place',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-self-'))
    try {
      const source = join(directory, 'program.ts')
      const program = join(directory, 'program')
      await Bun.write(source, PROGRAM)
      const built = Bun.spawnSync([process.execPath, 'build', '--compile', source, '--outfile', program])
      expect(built.exitCode, built.stderr.toString()).toBe(0)
      const { stdout, stderr } = Bun.spawnSync([program])
      expect([stdout.toString(), stderr.toString()]).toEqual(['child child child ', ''])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
  60_000,
)
