/** R12, S28: copies and deletions at the same time: backups and exports while meetings go, and onto a disk that fills up. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verify } from '../../db/verify.ts'
import { startServer } from '../helpers/server.ts'
import { LINES, library, linesIn, verb, WHOLE } from './copies.ts'
import { needsRoot, onTmpfs } from './disk-kit.ts'
import type { Fault } from './fault.ts'
import { NODE, seeded } from './kit.ts'

const BACKUPS = 6
const WORD = 'alpha'

/** The library of a running server shrinks meeting by meeting while it is copied and exported. */
async function whileDeleted(seed: number) {
  const random = seeded(seed)
  const scratch = mkdtempSync(join(tmpdir(), 'parley-beside-'))
  const at = (name: string) => join(scratch, name)
  try {
    await library(at('data'), WORD, null)
    const server = await startServer({ command: NODE, directory: at('data'), args: ['--no-tls'] })
    const list = async () =>
      (
        (await (await fetch(`${server.url}/api/sessions?limit=500`)).json()) as { sessions: { id: string }[] }
      ).sessions.map(({ id }) => id)
    const wrong: string[] = []
    let over = false
    const deleting = (async () => {
      for (const id of await list()) {
        if (over) return
        await fetch(`${server.url}/api/sessions/${id}`, { method: 'DELETE' })
        await Bun.sleep(random() * 150)
      }
    })()
    // An export of what goes meanwhile is whole, or says that there is no such meeting.
    let exports = 0
    const exporting = (async () => {
      for (const id of [...(await list())].reverse())
        for (const format of ['zip', 'txt', 'json']) {
          if (over) return
          const answer = await fetch(`${server.url}/api/sessions/${id}/export.${format}`)
          const body = await answer.arrayBuffer().catch(() => null)
          if (answer.status >= 500) wrong.push(`an export was answered ${answer.status}`)
          if (answer.ok && body) exports++
        }
    })()
    let copied = 0
    for (let i = 0; i < BACKUPS; i++) {
      const { code, text } = await verb(['backup', at(`copy-${i}`), '--data-dir', at('data')])
      if (code !== 0) wrong.push(`a backup failed: ${text.slice(0, 200)}`)
      else {
        copied++
        const { problems } = verify(at(`copy-${i}`))
        if (problems.length > 0) wrong.push(`a backup has problems: ${problems.slice(0, 2).join(' ')}`)
        const lines = await linesIn(at(`copy-${i}`), WORD)
        const meetings = readdirSync(at(`copy-${i}/audio`)).length
        if (lines !== meetings * LINES) wrong.push(`${lines} lines beside the sound of ${meetings} meetings`)
      }
    }
    over = true
    await Promise.all([deleting, exporting])
    await server.stop()
    return {
      ok: wrong.length === 0 && copied === BACKUPS,
      note: wrong.join('; ') || `${copied} backups whole, ${exports} exports whole or refused`,
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** The place for the backup has less room than the backup needs. */
function ontoFullDisk() {
  return onTmpfs(2, async (small) => {
    const scratch = mkdtempSync(join(tmpdir(), 'parley-beside-'))
    const data = join(scratch, 'data')
    try {
      await library(data, WORD, null)
      const to = join(small, '..', 'copy')
      const { code, text } = await verb(['backup', to, '--data-dir', data])
      const clean = !existsSync(to) && !existsSync(`${to}.partial`)
      const whole = (await linesIn(data, WORD)) === WHOLE
      const ok = code !== 0 && /disk is full/.test(text) && clean && whole
      return {
        ok,
        note: ok ? 'refused with a sentence, nothing left lying about' : `${code}: ${text.slice(0, 200)}`,
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  })
}

export const besideFaults: Fault[] = [
  {
    id: 'R12',
    name: 'backups and exports while meetings are deleted',
    runs: 1,
    longRuns: 5,
    run: whileDeleted,
  },
  {
    id: 'R12',
    name: 'the disk is full where the backup is to lie',
    runs: 1,
    longRuns: 1,
    missing: needsRoot,
    run: ontoFullDisk,
  },
]
