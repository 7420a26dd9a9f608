/** A real Firefox over WebDriver BiDi, as far as one test needs it; its microphone gives a steady tone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const firefoxPath =
  ['firefox-esr', 'firefox'].map((name) => Bun.which(name)).find((path) => path) ?? null

const PREFERENCES = {
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.disabledForTesting': true,
}

export interface FirefoxPage {
  /** Errors and warnings on its console, and uncaught exceptions. */
  problems: string[]
  go(url: string): Promise<void>
  /** The value of an expression in the page, as JSON can carry it. */
  read<T>(expression: string): Promise<T>
  /** Waits until the expression is true there. */
  until(expression: string, ms?: number): Promise<void>
  /** As a person does: the pointer goes to the middle of the button so named, and clicks. */
  press(name: string): Promise<void>
  type(text: string): Promise<void>
}

export interface Firefox {
  open(): Promise<FirefoxPage>
  close(): Promise<void>
}

interface Answer {
  id?: number
  result?: Record<string, unknown>
  message?: string
  method?: string
  params?: { level: string; text: string; source: { context?: string } }
}

export async function openFirefox(): Promise<Firefox> {
  if (!firefoxPath) throw new Error('Firefox is missing: apt-get install -y firefox-esr')
  const profile = mkdtempSync(join(tmpdir(), 'parley-firefox-'))
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});`,
  )
  writeFileSync(join(profile, 'user.js'), lines.join('\n'))
  const child = Bun.spawn([firefoxPath, '--headless', '--remote-debugging-port=0', '--profile', profile], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: '1' },
  })
  const socket = new WebSocket(`${await addressFrom(child.stderr)}/session`)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('Firefox does not listen'))
  })
  const waiting = new Map<number, (answer: Answer) => void>()
  const pages = new Map<string, FirefoxPage>()
  let last = 0
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
    const { params } = answer
    if (answer.method === 'log.entryAdded' && params && /error|warn/.test(params.level))
      pages.get(params.source.context ?? '')?.problems.push(params.text)
  }
  async function call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++last
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { result, message } = await answered
    waiting.delete(id)
    if (!result) throw new Error(`${method}: ${message}`)
    return result
  }
  await call('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } })
  await call('session.subscribe', { events: ['log.entryAdded'] })
  return {
    async open() {
      const { context } = await call('browsingContext.create', { type: 'tab' })
      const page = pageOf(String(context), call)
      pages.set(String(context), page)
      return page
    },
    async close() {
      socket.close()
      child.kill()
      await child.exited
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

async function addressFrom(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // Read to its end, else the pipe fills up and Firefox waits.
  void (async () => {
    for await (const chunk of stream) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-10_000)
      const found = /BiDi listening on (ws:\S+)/.exec(text)?.[1]
      if (found) resolve(found)
    }
    reject(new Error(`Firefox ended:\n${text}`))
  })()
  return promise
}

function pageOf(
  context: string,
  call: (method: string, params?: object) => Promise<Record<string, unknown>>,
): FirefoxPage {
  const act = (source: object) => call('input.performActions', { context, actions: [source] })
  const page: FirefoxPage = {
    problems: [],
    async go(url) {
      await call('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    async read<T>(expression: string) {
      const { result, exceptionDetails } = (await call('script.evaluate', {
        expression: `(async () => JSON.stringify(await (${expression})) ?? 'null')()`,
        target: { context },
        awaitPromise: true,
        userActivation: false,
      })) as { result?: { value: string }; exceptionDetails?: { text: string } }
      if (!result) throw new Error(`${expression}: ${exceptionDetails?.text}`)
      return JSON.parse(result.value) as T
    },
    async until(expression, ms = 20_000) {
      const end = Date.now() + ms
      while (!(await page.read<boolean>(`!!(${expression})`))) {
        if (Date.now() > end) throw new Error(`not so within ${ms} ms: ${expression}`)
        await Bun.sleep(100)
      }
    },
    async press(name) {
      const button = `[...document.querySelectorAll('button, a')].find((each) => (each.ariaLabel ?? each.textContent).trim() === ${JSON.stringify(name)} && !each.disabled)`
      await page.until(button)
      const [x, y] = await page.read<[number, number]>(
        `((box) => [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)])((${button}).getBoundingClientRect())`,
      )
      await act({
        type: 'pointer',
        id: 'mouse',
        actions: [
          { type: 'pointerMove', x, y },
          { type: 'pointerDown', button: 0 },
          { type: 'pointerUp', button: 0 },
        ],
      })
    },
    async type(text) {
      await act({
        type: 'key',
        id: 'keys',
        actions: [...text].flatMap((value) => [
          { type: 'keyDown', value },
          { type: 'keyUp', value },
        ]),
      })
    },
  }
  return page
}
