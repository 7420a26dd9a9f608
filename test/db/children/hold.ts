/** Opens the store, says so, and waits to be killed: `hold.ts DIRECTORY`. */
import { openStore } from '../../../db/sqlite.ts'

await openStore({ directory: process.argv[2] ?? '' })
process.stdout.write('open\n')
setInterval(() => {}, 1000)
