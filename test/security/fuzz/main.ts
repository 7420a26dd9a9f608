/** `bun test/security/fuzz/main.ts [--frames 1000000] [--seed 1] [--only deepgram]`: the long run of the frame fuzzer; one row per protocol. */
import { FUZZED, fuzzProtocol } from './run.ts'

const argument = (name: string) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}
const frames = Number(argument('frames') ?? 1_000_000)
const seed = Number(argument('seed') ?? 1)
let rejections = 0
process.on('unhandledRejection', (reason) => {
  rejections++
  console.error('unhandled rejection', reason)
})

console.log(`Seed ${seed}, Bun ${Bun.version}\n`)
console.log(
  '| protocol | frames | connections | thrown | errors of ours | unhandled | MB after | seconds | closed with |',
)
console.log('|---|---|---|---|---|---|---|---|---|')
let bad = 0
for (const protocol of FUZZED) {
  if (argument('only') && !argument('only')?.split(',').includes(protocol)) continue
  const began = performance.now()
  const before = rejections
  const verdict = await fuzzProtocol(protocol, frames, seed)
  Bun.gc(true)
  const codes = Object.entries(verdict.codes).map(([code, count]) => `${code} × ${count}`)
  bad += verdict.thrown.length + verdict.internal + rejections - before
  console.log(
    `| ${protocol} | ${verdict.frames} | ${verdict.connections} | ${verdict.thrown.length} | ${verdict.internal} | ${rejections - before} | ${Math.round(process.memoryUsage.rss() / 1e6)} | ${Math.round((performance.now() - began) / 1000)} | ${codes.join(', ') || '–'} |`,
  )
  for (const text of verdict.thrown) console.error(text)
}
process.exit(bad > 0 ? 1 : 0)
