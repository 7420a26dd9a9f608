/** R18: a line that loses packets, in a network of its own: every twentieth packet of server, speakers and screens is dropped, in both directions. */
import type { Fault } from './fault.ts'
import { holdMeeting, type Outcome } from './meeting.ts'

const LOST_PERCENT = 5
/** Without the fault's own network there would be no other traffic to spare. */
const SETUP = `ip link set lo up && nft -f - <<'RULES'
table inet lossy { chain in { type filter hook input priority 0; numgen random mod 100 < ${LOST_PERCENT} counter drop; }; }
RULES`

async function inLossyNetwork(seed: number): Promise<Partial<Outcome>> {
  const child = Bun.spawn(
    [
      'unshare',
      '-n',
      'sh',
      '-c',
      `${SETUP}\nexec "$0" "$1" "$2"`,
      process.execPath,
      import.meta.path,
      String(seed),
    ],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  const [out, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`${code} ${errors.slice(-400)}`)
  return JSON.parse(out) as Partial<Outcome>
}

if (import.meta.main) {
  const { kept: _, ...outcome } = await holdMeeting({
    seed: Number(Bun.argv[2]),
    numbers: 30,
    speed: 1,
    disturb: async () => {},
  })
  const counted = await Bun.$`nft list chain inet lossy in`.text()
  const dropped = Number(/packets (\d+)/.exec(counted)?.[1] ?? 0)
  const note = outcome.note || `${dropped} packets dropped`
  console.log(JSON.stringify({ ...outcome, note, ok: outcome.ok && dropped > 20 }))
  process.exit(0)
}

export const lossyFaults: Fault[] = [
  {
    id: 'R18',
    name: `${LOST_PERCENT} % of all packets are lost, both ways`,
    runs: 1,
    longRuns: 5,
    waits: true,
    missing: () =>
      process.getuid?.() === 0 && Bun.which('nft') && Bun.which('unshare')
        ? null
        : 'needs root, nft and unshare',
    run: inLossyNetwork,
  },
]
