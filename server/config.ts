/** What every setting is in this run, and who said so; the only reader of the environment. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { AppError } from './core/error.ts'
import { spokenLanguage } from './core/language-tag.ts'
import { nearest } from './core/nearest.ts'
import { type Config, type NamedSetting, OPTIONS } from './settings.ts'

export type Origin = 'default' | `file ${string}` | `env ${string}` | `flag ${string}`
export interface ResolvedConfig {
  config: Config
  origins: Record<keyof Config, Origin>
}

/** `$XDG_DATA_HOME/parley`, else `~/.local/share/parley` (decision D1). */
function defaultDataDirectory(env: Record<string, string | undefined>): string {
  return join(env.XDG_DATA_HOME || join(home(), '.local', 'share'), 'parley')
}

/** A user whom only a number names, as in containers, has none. */
function home(): string {
  try {
    return homedir()
  } catch (cause) {
    const message = 'This user has no home directory. Say with --data-dir where meetings and models are kept.'
    throw new AppError('invalid', message, { cause })
  }
}

/**
 * flag > PARLEY_* (and the seeds' names) > config file > default. `flags` holds what the command line said, by key, with
 * the spelling used. The file is JSON with the long flag names: `--config`, PARLEY_CONFIG, or `<data-dir>/config.json`.
 * Unknown names and values out of range are `invalid` errors that say what is allowed.
 */
export function resolveConfig(
  flags: Partial<Record<keyof Config, { value: string | boolean; as: string }>>,
  env: Record<string, string | undefined> = process.env,
  configFile?: string,
): ResolvedConfig {
  const config = {} as Record<keyof Config, string | number | boolean>
  const origins = {} as Record<keyof Config, Origin>
  const set = (spec: NamedSetting, raw: string | number | boolean, origin: Origin) => {
    config[spec.key] = parse(spec, raw, origin)
    origins[spec.key] = origin
  }
  for (const spec of OPTIONS) {
    config[spec.key] = spec.default
    origins[spec.key] = 'default'
  }
  const early = (key: 'dataDir') => flags[key]?.value ?? env.PARLEY_DATA_DIR
  config.dataDir = resolve(String(early('dataDir') || defaultDataDirectory(env)))
  const named = configFile || env.PARLEY_CONFIG
  const path = named || join(config.dataDir, 'config.json')
  if (existsSync(path)) {
    for (const [name, value] of Object.entries(readConfigFile(path))) {
      const spec = OPTIONS.find((option) => option.flag === name)
      if (!spec) throw unknownName(name, path)
      if (value !== null && value !== undefined) set(spec, value as string | number | boolean, `file ${path}`)
    }
  } else if (named) throw new AppError('not-found', `There is no config file at ${named}.`)
  for (const spec of OPTIONS) {
    const name = [`PARLEY_${spec.flag.replaceAll('-', '_').toUpperCase()}`, ...(spec.env ?? [])].find(
      (candidate) => env[candidate] !== undefined && env[candidate] !== '',
    )
    if (name) set(spec, env[name] as string, `env ${name}`)
    const flag = flags[spec.key]
    if (flag) set(spec, flag.value, `flag ${flag.as}`)
  }
  config.dataDir = resolve(String(config.dataDir))
  return { config: config as unknown as Config, origins }
}

function parse(
  spec: NamedSetting,
  raw: string | number | boolean,
  origin: Origin,
): string | number | boolean {
  const wrong = (expected: string) =>
    new AppError(
      'invalid',
      `${spec.flag} (${origin}) must be ${expected}, not '${spec.secret ? '***' : raw}'.`,
    )
  if (spec.kind === 'boolean') {
    if (typeof raw === 'boolean') return raw
    const text = String(raw).toLowerCase()
    if (['1', 'true', 'yes', 'on'].includes(text)) return true
    if (['0', 'false', 'no', 'off'].includes(text)) return false
    throw wrong('true or false')
  }
  if (spec.kind === 'text') {
    const text = String(raw)
    if (spec.choices && !spec.choices.includes(text)) throw wrong(`one of ${spec.choices.join(', ')}`)
    return spec.form && text ? formed(text, spec.form, wrong) : text
  }
  const value = String(raw).trim() === '' ? Number.NaN : Number(raw)
  const low = spec.min ?? Number.NEGATIVE_INFINITY
  const high = spec.max ?? Number.POSITIVE_INFINITY
  if (!Number.isFinite(value) || (spec.kind === 'integer' && !Number.isSafeInteger(value)))
    throw wrong('a number')
  if (value < low || value > high) throw wrong(`between ${low} and ${high}`)
  return value
}

type Form = NonNullable<NamedSetting['form']>

function formed(text: string, form: Form, wrong: (expected: string) => AppError): string {
  if (form === 'address' || form === 'origin') return addressOf(text, form, wrong)
  const code = (tag: string) => {
    const language = spokenLanguage(tag)
    if (language === undefined) throw wrong("a language such as en, de or pt-BR, or 'auto'")
    return language ?? 'auto'
  }
  if (form === 'tag') return code(text) && text
  if (form === 'language') return code(text)
  const named = text.split(/[\s,]+/).filter(Boolean)
  return named
    .map(code)
    .filter((each) => each !== 'auto')
    .join(',')
}

function addressOf(text: string, form: 'address' | 'origin', wrong: (expected: string) => AppError): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const http = url !== null && /^https?:$/.test(url.protocol)
  if (form === 'address' && http) return text
  if (http && url.pathname === '/' && url.search + url.hash + url.username === '') return url.origin
  throw wrong(
    form === 'address' ? 'an address with http:// or https://' : 'like https://captions.example.org',
  )
}

function readConfigFile(path: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (json && typeof json === 'object' && !Array.isArray(json)) return json as Record<string, unknown>
  } catch (cause) {
    throw new AppError('invalid', `The config file ${path} is not readable JSON.`, { cause })
  }
  throw new AppError('invalid', `The config file ${path} must hold one JSON object.`)
}

function unknownName(name: string, path: string): AppError {
  const guess = nearest(
    name,
    OPTIONS.map((option) => option.flag),
  )
  return new AppError(
    'invalid',
    `Unknown setting '${name}' in ${path}.${guess ? ` Did you mean '${guess}'?` : ''}`,
  )
}
