import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { addConfigOptions, configOf, normaliseArguments } from '../server/cli/options.ts'
import { resolveConfig } from '../server/config.ts'

function withFile<T>(settings: unknown, use: (path: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'parley-config-'))
  const path = join(directory, 'config.json')
  writeFileSync(path, typeof settings === 'string' ? settings : JSON.stringify(settings))
  try {
    return use(path)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function fromArguments(argv: string[], config: string) {
  const command = addConfigOptions(new Command('serve'))
    .exitOverride()
    .action(() => {})
  command.parse(normaliseArguments([...argv, '--config', config]), { from: 'user' })
  return configOf(command)
}

test('[CN1] flag beats environment beats file beats default, and each origin is named', () => {
  withFile({ port: 1111, model: 'tiny', language: 'fr' }, (path) => {
    const env = { PARLEY_PORT: '2222', PARLEY_MODEL: 'small', PARLEY_DATA_DIR: '/nowhere' }
    const { config, origins } = resolveConfig({ port: { value: '3333', as: '--port' } }, env, path)
    expect([config.port, config.model, config.language, config.threads]).toEqual([3333, 'small', 'fr', 0])
    expect([origins.port, origins.model, origins.language, origins.threads]).toEqual([
      'flag --port',
      'env PARLEY_MODEL',
      `file ${path}`,
      'default',
    ])
  })
})

test('[CN2] an unknown setting in the file names the nearest known one', () => {
  withFile({ prot: 1 }, (path) => {
    expect(() => resolveConfig({}, {}, path)).toThrow("Did you mean 'port'?")
  })
  withFile('[1]', (path) => expect(() => resolveConfig({}, {}, path)).toThrow('one JSON object'))
  withFile('{', (path) => expect(() => resolveConfig({}, {}, path)).toThrow('not readable JSON'))
  expect(() => resolveConfig({}, {}, '/no/such/file')).toThrow('no config file')
  expect(() => resolveConfig({}, { PARLEY_CONFIG: '/no/such/file' })).toThrow('no config file')
})

describe('[CN3] values out of range or of the wrong kind', () => {
  for (const [name, value, said] of [
    ['PARLEY_PORT', '70000', 'between 0 and 65535'],
    ['PARLEY_PORT', '80x', 'a number'],
    ['PARLEY_PORT', '80.5', 'a number'],
    ['PARLEY_TRANSLATE', 'perhaps', 'true or false'],
    ['PARLEY_BACKEND', 'magic', 'one of whisper, openai, fake'],
    ['PARLEY_VAD_THOLD', '1.5', 'between 0 and 1'],
    ['PARLEY_PUBLIC_URL', 'captions.example.org', 'like https://'],
    ['PARLEY_PUBLIC_URL', 'https://example.org/captions', 'like https://'],
    ['PARLEY_FORWARD_URL', 'localhost:8080', 'an address with http://'],
    ['PARLEY_LANGUAGE', 'klingon', 'a language such as en'],
    ['PARLEY_LANGUAGES', 'de,xx', 'a language such as en'],
    ['DEFAULT_LANGUAGE_CODE', 'xx-YY', 'a language such as en'],
  ] as const) {
    test(`[CN3] ${name}=${value}`, () => {
      expect(() => resolveConfig({}, { PARLEY_DATA_DIR: '/nowhere', [name]: value })).toThrow(said)
    })
  }
})

test('[CN3] nothing where a number belongs is no number', () => {
  expect(() =>
    resolveConfig({ port: { value: ' ', as: '--port' } }, { PARLEY_DATA_DIR: '/nowhere' }),
  ).toThrow('port (flag --port) must be a number')
})

test('[CN3] a language may be said as clients say it, and means the same', () => {
  const env = {
    PARLEY_LANGUAGE: 'de-AT',
    PARLEY_LANGUAGES: 'German, en-GB auto',
    DEFAULT_LANGUAGE_CODE: 'ar-EG',
  }
  const { config } = resolveConfig({}, { PARLEY_DATA_DIR: '/nowhere', ...env })
  expect([config.language, config.languages, config.asrStreamLanguage]).toEqual(['de', 'de,en', 'ar-EG'])
})

test('[CN4] the spellings of other systems mean the same settings', () => {
  withFile({}, (path) => {
    const short =
      '-m tiny -t 3 -H 127.0.0.1 -p 9002 -f http://localhost:8080/completion -nm 4 -l de -vth 0.6 -tr -ng -bs 2'
    const long =
      '--model tiny --threads 3 --host 127.0.0.1 --port 9002 --forward-url http://localhost:8080/completion --max-messages 4 --language de --vad-thold 0.6 --translate --no-gpu --beam-size 2'
    const a = fromArguments(short.split(' '), path).config
    const b = fromArguments(long.split(' '), path).config
    expect(a).toEqual(b)
    expect([
      a.model,
      a.threads,
      a.host,
      a.port,
      a.maxMessages,
      a.language,
      a.vadThreshold,
      a.translate,
      a.gpu,
      a.beamSize,
    ]).toEqual(['tiny', 3, '127.0.0.1', 9002, 4, 'de', 0.6, true, 'off', 2])
    expect(fromArguments(['--max_clients=7'], path).config.maxClients).toBe(7)
    expect(fromArguments(['--gpu', 'vulkan'], path).config.gpu).toBe('vulkan')
    expect(() => fromArguments(['--gpu', 'voodoo'], path)).toThrow('one of auto, off, cuda, vulkan, metal')
  })
})

test('[CN5] a secret is not repeated in an error', () => {
  const shown = Bun.spawnSync([process.execPath, 'server/main.ts', 'config', 'show', '--json'], {
    cwd: join(import.meta.dir, '..'),
    env: { ...process.env, PARLEY_BACKEND_KEY: 'canary-secret', PARLEY_DATA_DIR: '/nowhere' },
  })
  const text = shown.stdout.toString() + shown.stderr.toString()
  expect(text).toContain('env PARLEY_BACKEND_KEY')
  expect(text).not.toContain('canary-secret')
})
