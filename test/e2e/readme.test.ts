/** What the README tells people to type, typed. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'

const ROOT = join(import.meta.dir, '..', '..')
const CLIP = join(ROOT, 'test', 'fixtures', 'en_jfk.wav')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const curls = readme.split('\n').filter((line) => line.startsWith('curl '))

let server: RunningServer
beforeAll(async () => {
  server = await startServer()
  await untilReady(server)
}, 90_000)
afterAll(() => server?.dispose(), 30_000)

test('[RE1] the README shows at least three doors with curl', () => {
  expect(curls.length).toBeGreaterThanOrEqual(3)
})

for (const line of curls) {
  test(`[RE1] ${line}`, async () => {
    const typed = line
      .replaceAll('localhost:8123', new URL(server.url).host)
      .replace(/@\S+?\.(mp3|wav)/, `@${CLIP}`)
    const child = Bun.spawn(['bash', '-c', `${typed} --fail-with-body`], { stdout: 'pipe', stderr: 'pipe' })
    const answer = await new Response(child.stdout).text()
    expect({ code: await child.exited, answer }).toMatchObject({ code: 0 })
    if (line.includes('file=@')) expect(answer.toLowerCase()).toContain('ask not')
    if (line.includes('srt')) expect(answer).toMatch(/^1\r?\n00:00:0/)
  }, 60_000)
}

test('[RE2] every address the README names answers', async () => {
  const paths = [...readme.matchAll(/`(?:GET |POST )?(\/[a-z0-9/-]*)(?:\?[^`]*)?`/g)].map(
    (match) => match[1] as string,
  )
  const sockets = paths.filter((path) => /^\/(ws|asr|v1\/listen|v1\/realtime)/.test(path) || path === '/')
  expect(sockets.length).toBeGreaterThanOrEqual(6)
  for (const path of new Set(sockets)) {
    const socket = new WebSocket(`ws://${new URL(server.url).host}${path}`)
    const opened = await new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true)
      socket.onerror = () => resolve(false)
    })
    expect({ path, opened }).toEqual({ path, opened: true })
    socket.close()
  }
}, 60_000)
