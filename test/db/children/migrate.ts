/** Opens a data directory whose schema is one version behind, announcing when it starts: `migrate.ts DIRECTORY`. */
import { openStore } from '../../../db/sqlite.ts'

process.stdout.write('start\n')
const store = await openStore({ directory: process.argv[2] ?? '' })
process.stdout.write('done\n')
await store.close()
