/** Appends without end and prints every acknowledged seq: `append.ts DIRECTORY SESSION`. */
import { writeSync } from 'node:fs'
import { openStore } from '../../../db/sqlite.ts'
import { said } from '../samples.ts'

const [directory = '', sessionId = ''] = process.argv.slice(2)
const store = await openStore({ directory })
for (let i = 0; ; i++) {
  const seq = await store.append(
    sessionId,
    said(`utt_${process.pid}_${i}`, 'par_1', `line ${i} of many`, i * 1000),
  )
  writeSync(1, `${seq}\n`)
}
