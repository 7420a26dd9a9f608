import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeEngine, say } from '../../server/asr/backends/fake.ts'
import { transcribe } from '../../server/cli/transcribe.ts'
import { planOutput } from '../../server/cli/transcribe-output.ts'
import { createProgress, describeProgress } from '../../server/cli/transcribe-progress.ts'
import { resolveConfig } from '../../server/config.ts'
import { bytesOf, CHILD, FIXTURES } from '../media/sound.ts'

const CLIP = join(FIXTURES, 'clip.mp3')
const script = { utterances: [say('Hello there.', 100), say('Second line.', 1400)] }

async function run(
  sources: string[],
  chosen: { format?: string; output?: string; channels?: boolean; quiet?: boolean } = {},
  stdin?: Uint8Array,
) {
  let stdout = ''
  let stderr = ''
  let opened = 0
  await transcribe(
    sources,
    { format: 'txt', quiet: true, ...chosen },
    { ...resolveConfig({}, {}).config, logLevel: 'error' },
    {
      openEngine: async () => {
        opened++
        return createFakeEngine(script)
      },
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      stdin:
        stdin &&
        (async function* () {
          yield stdin
        })(),
      decodeCommand: CHILD,
    },
  ).catch((thrown: Error) => {
    stderr += thrown.message
  })
  return { stdout, stderr, opened }
}

describe('where the text goes', () => {
  test('[TC1] text to the terminal', async () =>
    expect((await run([CLIP])).stdout).toBe('Hello there.\nSecond line.\n'))

  test('[TC1] subtitles to the terminal', async () =>
    expect((await run([CLIP], { format: 'vtt' })).stdout).toMatch(/^WEBVTT\n/))

  test('[TC1] several formats of several sources to a directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-cli-'))
    const { stdout } = await run([CLIP, join(FIXTURES, 'clip.wav')], {
      format: 'srt,json',
      output: directory,
    })
    expect(stdout).toBe('')
    expect(readdirSync(directory).sort()).toEqual(['clip-2.json', 'clip-2.srt', 'clip.json', 'clip.srt'])
    expect(readFileSync(join(directory, 'clip.json'), 'utf8')).toContain('Second')
  })

  test('[TC1] plans', () => {
    expect(planOutput('a/b.mp3', ['txt'], undefined, 1)).toEqual({
      live: true,
      files: [{ format: 'txt', path: null }],
    })
    expect(planOutput('a/b.mp3', ['srt'], 'x.srt', 1).files).toEqual([{ format: 'srt', path: 'x.srt' }])
    expect(
      planOutput('http://h/p/talk.ogg?x', ['srt', 'md'], 'out/', 1).files.map((file) => file.path),
    ).toEqual(['out/talk.srt', 'out/talk.md'])
    expect(planOutput('-', ['docx'], undefined, 1).files[0]?.path).toBe('stdin.docx')
  })

  test('[TC5] speakers by channel', async () => {
    const { stdout } = await run([join(FIXTURES, 'stereo.ogg')], { channels: true })
    expect(stdout.split('\n').sort().filter(Boolean)).toEqual([
      'A: Hello there.',
      'A: Second line.',
      'B: Hello there.',
      'B: Second line.',
    ])
  })
})

describe('where it comes from', () => {
  test('[TC2] standard input', async () =>
    expect((await run(['-'], {}, await bytesOf('clip.webm'))).stdout).toContain('Hello'))

  test('[TC2] a pipe such as <(ffmpeg …)', async () => {
    const pipe = join(mkdtempSync(join(tmpdir(), 'parley-cli-')), 'pipe')
    expect(Bun.spawnSync(['mkfifo', pipe]).exitCode).toBe(0)
    const writing = Bun.spawn(['sh', '-c', 'cat "$0" > "$1"', CLIP, pipe])
    expect((await run([pipe])).stdout).toContain('Second line.')
    await writing.exited
  })

  test('[TC6] nothing on standard input is an error, not an empty text', async () => {
    expect((await run(['-'], {}, new Uint8Array())).stderr).toContain('the input was empty')
  })

  test('[TC2] an address', async () => {
    const server = Bun.serve({
      port: 0,
      fetch: (request) =>
        request.url.endsWith('.mp3') ? new Response(Bun.file(CLIP)) : new Response('', { status: 404 }),
    })
    expect((await run([`${server.url}talk.mp3`])).stdout).toContain('Second line.')
    expect((await run([`${server.url}nothing`])).stderr).toContain('404')
    await server.stop(true)
    expect((await run([`${server.url}talk.mp3`])).stderr).toContain('cannot be reached')
  })

  test('[TC3] a slip of the pen is told at once', async () => {
    for (const [sources, chosen, words] of [
      [['nowhere.mp3'], {}, 'no file nowhere.mp3'],
      [[FIXTURES], {}, 'is a directory. Name the files in it'],
      [[CLIP], { format: 'srtt' }, "'srt'"],
    ] as const) {
      const { opened, stderr } = await run([...sources], chosen)
      expect([opened, stderr]).toEqual([0, expect.stringContaining(words) as never])
    }
  })
})

describe('stopped', () => {
  const LINES = { utterances: [say('One.', 100), say('Two.', 500), say('Three.', 900)] }

  /** Stopped when so many lines are final, the input being without an end. */
  async function stopped(after: number, chosen: { format: string; output?: string }) {
    let stdout = ''
    let stderr = ''
    const engine = createFakeEngine(LINES)
    const open = engine.open.bind(engine)
    engine.open = (options) => {
      const stream = open(options)
      let finals = 0
      stream.on((event) => {
        if (event.type === 'utterance-finished' && ++finals === after) process.emit('SIGTERM', 'SIGTERM')
      })
      return stream
    }
    const wav = await bytesOf('clip.wav')
    const thrown = await transcribe(
      ['-'],
      { quiet: true, ...chosen },
      { ...resolveConfig({}, {}).config, logLevel: 'error' },
      {
        openEngine: async () => engine,
        stdout: { write: (text) => (stdout += text) },
        stderr: { write: (text) => (stderr += text) },
        stdin: (async function* () {
          yield wav
          await new Promise(() => {})
        })(),
        decodeCommand: CHILD,
      },
    ).catch((reason: unknown) => reason)
    return { thrown, stdout, stderr }
  }

  test('[TC7] lines that are final are on the terminal', async () => {
    const { thrown, stdout } = await stopped(2, { format: 'txt' })
    expect(thrown).toMatchObject({ message: 'Stopped.', exitCode: 143 })
    expect(stdout).toBe('One.\nTwo.\n')
  })

  test('[TC7] a file gets them under a name that nobody takes for the whole', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-cli-'))
    writeFileSync(join(directory, 'talk.srt'), 'an older one')
    const { thrown, stderr } = await stopped(1, { format: 'srt', output: join(directory, 'talk.srt') })
    expect(thrown).toMatchObject({ exitCode: 143 })
    expect(stderr).toContain(join(directory, 'talk.partial.srt'))
    expect(readFileSync(join(directory, 'talk.partial.srt'), 'utf8')).toContain('One.')
    expect(readFileSync(join(directory, 'talk.srt'), 'utf8')).toBe('an older one')
  })

  test('[TC7] the program ends as shells expect', async () => {
    const main = join(import.meta.dir, '../../server/main.ts')
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const dataDir = mkdtempSync(join(tmpdir(), 'parley-cli-'))
      const child = Bun.spawn(
        [process.execPath, main, 'transcribe', '--backend', 'fake', '--data-dir', dataDir, '-'],
        { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' },
      )
      child.stdin.write(await bytesOf('clip.wav'))
      child.stdin.flush()
      const stderr = child.stderr.getReader()
      // The first line of progress: it is at work.
      await stderr.read()
      child.kill(signal)
      expect(await child.exited).toBe(code)
      expect(await new Response(child.stdout).text()).toContain('word1')
    }
  })
})

describe('progress', () => {
  test('[TC4] tells part, speed and time left', () => {
    expect(describeProgress('a.mp3', 60_000, 240_000, 12_000)).toBe(
      'a.mp3: 25 % 1:00 / 4:00, 5.0× real time, 0:36 left',
    )
    expect(describeProgress('a.mp3', 60_000, null, 500)).toBe('a.mp3: 1:00')
  })

  test('[TC4] draws over itself on a terminal only, and is quiet when asked', () => {
    let text = ''
    let time = 0
    const progress = createProgress(
      'x',
      { isTTY: true, columns: 20, write: (more) => (text += more) },
      () => time,
    )
    progress.at(1000)
    progress.at(2000)
    time = 300
    progress.at(3000)
    progress.clear()
    expect(text).toBe('\r\u001b[Kx: 0:01\r\u001b[Kx: 0:03\r\u001b[K')
    createProgress('x', null).end(5)
  })
})
