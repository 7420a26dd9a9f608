/** R20 at the doors of other programs: `bun flood-doors.ts PORT` sends speech into each as fast as it is taken; prints how each connection ended. */
import { join } from 'node:path'
import { KINDS, type Kind, Talker } from '../helpers/talker.ts'
import { readPcm16 } from '../helpers/wav.ts'
import { memory } from './crowd.ts'
import type { Fault } from './fault.ts'
import { compared, countInto, needsEngine } from './worker.ts'

const EACH = 2
const PATIENCE = 15_000
/** Handed to the socket and not sent yet, at most, bytes. */
const WAITING = 4 * 1024 ** 2
/** What all of them may cost the server, MB. */
const MOST = 300

interface End {
  door: string
  /** 0 = it was not closed. */
  code: number
  ms: number
}

async function flood(address: string, kind: Kind, speech: Uint8Array): Promise<End> {
  const talker = new Talker(address, kind)
  await Promise.race([talker.ready, Bun.sleep(PATIENCE)])
  const began = performance.now()
  const passed = () => performance.now() - began
  while (talker.isOpen && passed() < PATIENCE) {
    if (talker.waiting < WAITING) await talker.pass(speech)
    await Bun.sleep(1)
  }
  if (talker.isOpen) {
    talker.cut()
    return { door: kind.name, code: 0, ms: passed() }
  }
  return { door: kind.name, code: (await talker.closed).code, ms: passed() }
}

if (import.meta.main) {
  const speech = readPcm16(join(import.meta.dir, '..', 'fixtures', 'en_jfk.wav'))
  const address = `ws://127.0.0.1:${Bun.argv[2]}`
  const doors = Array.from({ length: EACH }, () => KINDS).flat()
  console.log(JSON.stringify(await Promise.all(doors.map((kind) => flood(address, kind, speech)))))
  process.exit(0)
}

export const doorFaults: Fault[] = [
  {
    id: 'R20',
    name: `${EACH * KINDS.length} connections send speech as fast as they can into the doors of other programs`,
    runs: 0,
    longRuns: 3,
    missing: needsEngine,
    run: async (seed) => {
      let ends: End[] = []
      let grown = 0
      const heard = await countInto(seed, async (node) => {
        await Bun.sleep(2000)
        const { pid } = node.server.process
        const before = await memory(pid)
        const watch = setInterval(async () => {
          grown = Math.max(grown, (await memory(pid)) - before)
        }, 100)
        const child = Bun.spawn([process.execPath, import.meta.path, String(node.server.port)], {
          stdout: 'pipe',
          stderr: 'inherit',
        })
        ends = JSON.parse(await new Response(child.stdout).text()) as End[]
        clearInterval(watch)
      })
      const outcome = await compared(heard)
      const open = ends.filter(({ code }) => code === 0).map(({ door }) => door)
      const codes = [...new Set(ends.map(({ code }) => code))].sort()
      return {
        ...outcome,
        ok: outcome.ok === true && ends.length === EACH * KINDS.length && open.length === 0 && grown < MOST,
        note: `${outcome.note}; closed with ${codes.join(', ')} within ${Math.max(...ends.map(({ ms }) => ms / 1000)).toFixed(1)} s${open.length ? `, not closed: ${open.join(', ')}` : ''}, server +${Math.round(grown)} MB`,
      }
    },
  },
]
