/**
 * The fault tests: `bun test/faults/run.ts [--long] [--only R1,R16] [--seed 7] [--jobs 4] [--out FILE]`. Prints one table; exit code 1
 * if a promise broke. The short set stays under half an hour on two cores.
 */
import { asleepFaults } from './asleep.ts'
import { besideFaults } from './beside.ts'
import { busyFaults } from './busy.ts'
import { clockFaults } from './clock.ts'
import { copyFaults } from './copies.ts'
import { crashFaults } from './crash.ts'
import { crowdFaults } from './crowd.ts'
import { damagedFaults } from './damaged.ts'
import { deafFaults } from './deaf.ts'
import { diskFaults } from './disk.ts'
import { doorFaults } from './doors.ts'
import { endedFaults } from './ended.ts'
import { type Fault, type Row, runFault, table } from './fault.ts'
import { goneFaults } from './gone.ts'
import { heldFaults } from './held.ts'
import { hungFaults } from './hung.ts'
import { inodeFaults } from './inodes.ts'
import { lateFaults } from './late.ts'
import { liarFaults } from './liar.ts'
import { lifecycleFaults } from './lifecycle.ts'
import { lossyFaults } from './lossy.ts'
import { mixedFaults } from './mixed.ts'
import { modelFaults } from './models.ts'
import { nameFaults } from './names.ts'
import { neighbourFaults } from './neighbours.ts'
import { networkFaults } from './network.ts'
import { nextDoorFaults } from './next-door.ts'
import { nginxFaults } from './nginx.ts'
import { pageFaults } from './page.ts'
import { pairFaults } from './pairs.ts'
import { poisonFaults } from './poison.ts'
import { processFaults } from './processes.ts'
import { readerFaults } from './reader.ts'
import { removedFaults } from './removed.ts'
import { resourceFaults } from './resources.ts'
import { setBackFaults } from './set-back.ts'
import { slowFaults } from './slow.ts'
import { spoolFaults } from './spool.ts'
import { tabFaults } from './tab.ts'
import { takenFaults } from './taken.ts'
import { unfinishedFaults } from './unfinished.ts'
import { workerFaults } from './worker.ts'

const argument = (name: string) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : (process.argv[at + 1] ?? '')
}
const long = process.argv.includes('--long')
const only = argument('only')?.split(',')
const seed = Number(argument('seed') ?? 1)

const faults = [
  ...crashFaults,
  ...asleepFaults,
  ...copyFaults,
  ...besideFaults,
  ...diskFaults,
  ...damagedFaults,
  ...inodeFaults,
  ...networkFaults,
  ...lossyFaults,
  ...nginxFaults,
  ...crowdFaults,
  ...deafFaults,
  ...liarFaults,
  ...unfinishedFaults,
  ...slowFaults,
  ...spoolFaults,
  ...lifecycleFaults,
  ...heldFaults,
  ...hungFaults,
  ...readerFaults,
  ...clockFaults,
  ...modelFaults,
  ...goneFaults,
  ...takenFaults,
  ...removedFaults,
  ...busyFaults,
  ...resourceFaults,
  ...neighbourFaults,
  ...nameFaults,
  ...poisonFaults,
  ...nextDoorFaults,
  ...doorFaults,
  ...workerFaults,
  ...processFaults,
  ...endedFaults,
  ...lateFaults,
  ...pageFaults,
  ...tabFaults,
  ...pairFaults,
  ...setBackFaults,
  ...mixedFaults,
]
const began = performance.now()
const runsOf = (fault: Fault) =>
  argument('runs') ? Number(argument('runs')) : long ? fault.longRuns : fault.runs
const chosen = faults.filter((fault) => (!only || only.includes(fault.id)) && runsOf(fault) > 0)
const results = new Map<Fault, Row>()
const run = async (fault: Fault) => {
  const progress = (text: string) => void process.stderr.write(`${text}\n`)
  const jobs = Number(argument('jobs') ?? fault.jobs ?? 1)
  results.set(fault, await runFault(fault, runsOf(fault), seed, progress, jobs))
}
await Promise.all(chosen.filter(({ waits }) => waits).map(run))
for (const fault of chosen) if (!fault.waits) await run(fault)
const rows = chosen.map((fault) => results.get(fault) as Row)
const minutes = (performance.now() - began) / 60_000
const text = `${table(rows, seed)}\n\n${minutes.toFixed(1)} minutes, ${rows.filter((row) => row.failures.length > 0).length} rows failed, ${rows.filter((row) => row.skipped).length} not run`
console.log(text)
const out = argument('out')
if (out) await Bun.write(out, `${text}\n`)
process.exit(rows.some((row) => row.failures.length > 0) ? 1 : 0)
