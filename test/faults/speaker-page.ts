/** Somebody who speaks in a real Chromium, in a room with a host beside them: for faults of the page and of its line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { openProfile } from '../helpers/browser.ts'
import { type Recorder, record } from '../helpers/native-client.ts'
import { readPcm16, writeWav } from '../helpers/wav.ts'
import { MAIN, type Node, startNode } from './kit.ts'

const SPOKEN = join(import.meta.dir, '..', 'fixtures', 'en_ls_2412_153948_0001.wav')
/** The recording is some seconds long: so often, one after the other. */
const TIMES = 12

export interface InBrowser {
  node: Node
  context: BrowserContext
  page: Page
  /** Of the room, with the speaking link's secret; through the chaos proxy. */
  address: string
  room: string
  host: Recorder
  /** Of an owner's key. */
  headers: Record<string, string>
}

/** Comes in under this name and speaks. */
export async function enterRoom(page: Page, name: string): Promise<void> {
  const field = page.getByLabel(/your name/i)
  await field.waitFor()
  if ((await field.inputValue()) === '') await field.fill(name)
  await page.getByRole('button', { name: /join and speak/i }).click()
  await page.getByRole('button', { name: 'Mute', exact: true }).waitFor()
}

/** Bytes are counted and nobody needs to understand them: the recogniser is a stand-in. */
export async function inBrowser<T>(
  { args = [], name }: { args?: string[]; name: string },
  use: (there: InBrowser) => Promise<T>,
): Promise<T> {
  const node = await startNode({ command: MAIN, args: ['--backend', 'fake', ...args] })
  const scratch = mkdtempSync(join(tmpdir(), 'parley-page-'))
  const clip = readPcm16(SPOKEN)
  const sound = Buffer.concat(Array.from({ length: TIMES }, () => clip))
  const microphone = writeWav(join(scratch, 'speech.wav'), sound)
  let context: BrowserContext | null = null
  let host: Recorder | null = null
  try {
    const { url } = node.server
    const made = ['keys', 'add', 'test', '--scope', 'admin', '--json', '--data-dir', node.directory]
    const key = Bun.spawnSync([...MAIN, ...made])
    const { secret } = JSON.parse(key.stdout.toString()) as { secret: string }
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/rooms`, { method: 'POST', headers, body: '{}' })
    const { room, links } = (await answer.json()) as { room: { id: string }; links: { speak: string } }
    const there = record({ url, room: room.id, token: secret, role: 'speaker', name: 'Host' })
    host = there
    await there.until(() => there.client.status === 'open')
    context = await openProfile(join(scratch, 'profile'), microphone)
    const page = await context.newPage()
    const address = `${node.proxy.url}/r/${room.id}${new URL(links.speak).hash}`
    await page.goto(address)
    await enterRoom(page, name)
    await there.until(() => there.client.transcript.participants.size === 2)
    return await use({ node, context, page, address, room: room.id, host: there, headers })
  } finally {
    host?.close()
    await context?.close().catch(() => {})
    await node.dispose()
    rmSync(scratch, { recursive: true, force: true })
  }
}
