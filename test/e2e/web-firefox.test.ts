/** The main job in Firefox: its own sound graph, sockets, IndexedDB and style engine. Needs Firefox, no model. */
import { afterAll, expect, test } from 'bun:test'
import { type Firefox, firefoxPath, openFirefox } from '../helpers/firefox.ts'
import { until } from '../helpers/until.ts'
import { buildWeb } from '../web/mock/bundle.ts'
import { startMock } from '../web/mock/server.ts'

if (!firefoxPath) console.log('Skipped: the pages in Firefox (apt-get install -y firefox-esr).')

let firefox: Firefox | undefined
afterAll(() => firefox?.close(), 30_000)

/** Does a sound context of this browser start here? */
const RUNS = `((context) => new Promise((resolve) => {
  context.onstatechange = () => resolve(true)
  setTimeout(() => resolve(context.state === 'running'), 3_000)
}).finally(() => context.close()))(new AudioContext())`

test.skipIf(!firefoxPath)(
  '[WB96] Firefox: start, join and speak, read, look up',
  async () => {
    const mock = await startMock({ wordMs: 60, files: await buildWeb() })
    firefox = await openFirefox()
    const page = await firefox.open()
    await page.go(mock.url)
    await page.press('Start a meeting')
    await page.until(`document.activeElement?.matches('input')`)
    await page.type('Ada')
    await page.press('Join and speak')
    await page.until(`document.querySelector('.line')`)

    // Firefox runs no sound graph on a machine without any sound device; the page then says that it waits.
    const [stream] = [...mock.received.values()]
    if (await page.read<boolean>(RUNS)) {
      await until(() => (stream?.bytes ?? 0) > 4 * 32_000)
      expect(stream?.lost).toEqual([])
    } else {
      console.log('No sound device here: the tone of Firefox was not sent.')
      await page.until(`/paused your microphone/.test(document.querySelector('.state-line').textContent)`)
    }
    await page.press('Mute')
    await page.until(`document.body.textContent.includes('Unmute')`)

    const reader = await firefox.open()
    await reader.go(`${mock.url}/c/quiet-otter-4207`)
    await reader.until(`document.querySelectorAll('.line').length >= 2`)

    const review = await firefox.open()
    await review.go(`${mock.url}/s/ses_a`)
    await review.until(`document.querySelectorAll('.r-turn').length > 2`)
    await review.go(`${mock.url}/sessions?q=release`)
    await review.until(`document.querySelector('.hit mark')`)
    await review.go(`${mock.url}/settings`)
    await review.until(`document.querySelector('main h2')`)
    for (const each of [page, reader, review]) expect(each.problems).toEqual([])
    await mock.close()
  },
  120_000,
)
