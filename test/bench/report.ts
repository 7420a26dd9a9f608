/** `bun run bench report [-- --commit abc1234] [--last]`: everything measured on this machine as tables, newest per row with `--last`. */
import { parseArgs } from 'node:util'
import { type Result, results } from './cache.ts'
import { markdown } from './table.ts'

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: { commit: { type: 'string' }, last: { type: 'boolean', default: false } },
})

const wanted = results().filter(({ commit }) => !values.commit || commit.startsWith(values.commit))
for (const [table, rows] of Map.groupBy(wanted, (result) => result.table)) {
  console.log(`\n## ${table}\n`)
  console.log(markdown((values.last ? newest(rows) : rows).map(withConditions)))
}

/** One per first column: a later measurement replaces an earlier one. */
function newest(rows: readonly Result[]): Result[] {
  const known = new Map(rows.map((result) => [Object.values(result.row).slice(0, 2).join(), result]))
  return [...known.values()]
}

function withConditions({ row, commit, at, load, model }: Result): Record<string, string> {
  return { ...row, 'commit, time, load, model': `${commit}, ${at}, ${load}, ${model}` }
}
