/** The journey from the sources: real Chromium, real model, real recording. The executable's is in binary.test.ts. */
import { afterAll, expect, test } from 'bun:test'
import { type RunningServer, startServer } from '../helpers/server.ts'
import { journey } from './journey.ts'

let server: RunningServer | undefined
afterAll(() => server?.dispose(), 30_000)

test('[JO1] words are read in a second browser while they are spoken; the meeting is found, heard and exported afterwards', async () => {
  server = await startServer()
  await journey(server)
  expect(server.process.exitCode).toBeNull()
}, 180_000)
