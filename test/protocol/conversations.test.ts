/** Every recorded conversation goes as recorded. */
import { expect, test } from 'bun:test'
import { PROTOCOLS } from '../../server/protocol/index.ts'
import { conversations, replay } from '../contract/protocol.ts'

for (const file of conversations()) test(`[PC1] ${file}`, () => replay(file))

test('[PC2] every protocol has a recorded conversation', () => {
  const names = conversations()
  const missing = PROTOCOLS.filter(
    ({ name }) => name !== 'root' && !names.some((file) => file.startsWith(name)),
  )
  expect(missing.map(({ name }) => name)).toEqual([])
})
