/** A real Chromium with a recording as its microphone. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../server/setup/chromium.ts'

export const chromiumPath = findChromium()

/**
 * `microphone`: a WAV file played once from the moment getUserMedia is granted (then silence). `sharedTab`: title of the
 * page whose tab is given to whoever asks for a screen or tab. `back`: pages come back from memory, as people's browsers
 * do it.
 */
export async function openBrowser(
  options: { microphone?: string; sharedTab?: string; back?: boolean } = {},
): Promise<Browser> {
  if (!chromiumPath) throw new Error('Chromium is missing: apt-get install -y chromium')
  if (options.microphone && !existsSync(options.microphone))
    throw new Error(`no such recording: ${options.microphone}`)
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: flags(options.microphone, options.sharedTab),
    ...(options.back && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  })
}

/** A browser that keeps what pages store in `directory`, also when it is killed. */
export async function openProfile(directory: string, microphone: string): Promise<BrowserContext> {
  if (!chromiumPath) throw new Error('Chromium is missing: apt-get install -y chromium')
  return chromium.launchPersistentContext(directory, {
    executablePath: chromiumPath,
    headless: true,
    args: flags(microphone),
    permissions: ['microphone'],
  })
}

function flags(microphone?: string, sharedTab?: string): string[] {
  return [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--autoplay-policy=no-user-gesture-required',
    ...(microphone
      ? [
          '--use-fake-ui-for-media-stream',
          '--use-fake-device-for-media-stream',
          `--use-file-for-fake-audio-capture=${microphone}%noloop`,
        ]
      : []),
    ...(sharedTab
      ? [`--auto-select-tab-capture-source-by-title=${sharedTab}`, '--auto-accept-this-tab-capture']
      : []),
  ]
}

/** A page whose console errors and uncaught exceptions fail the test that asks for them. */
export async function openPage(browser: Browser, url: string): Promise<Page & { problems: string[] }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ['microphone'] })
  const page = (await context.newPage()) as Page & { problems: string[] }
  page.problems = []
  page.on('pageerror', (error) => page.problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') page.problems.push(message.text())
  })
  await page.goto(url)
  return page
}
