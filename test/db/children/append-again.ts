/** Appends sixty lines, one that is refused again until it is taken, and prints every seq and refusal: `append-again.ts DIRECTORY SESSION`. */
import { openStore } from '../../../db/sqlite.ts'
import { said } from '../samples.ts'

const [directory = '', sessionId = ''] = process.argv.slice(2)
const store = await openStore({ directory })
for (let taken = 0, tries = 0; taken < 60 && tries < 200; tries++) {
  const line = said(`utt_${taken}`, 'par_1', `line ${taken}`, taken * 1000)
  const answer = await store.append(sessionId, line).catch(({ code, message }) => `${code} ${message}`)
  console.log(answer)
  if (typeof answer === 'number') taken++
}
await store.close()
