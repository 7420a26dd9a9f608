/** The examinations of `parley doctor`: each looks at one thing and says in plain words what it found and what helps. */

import { X509Certificate } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { type VerifyReport, verify } from '../../db/verify.ts'
import { locateModel } from '../../models/locate.ts'
import { toAppError } from '../core/error.ts'
import { BYTES_PER_SECOND } from '../core/wire.ts'
import { certificateNames, isThisMachineOnly, localName, sharedAddresses } from '../http/addresses.ts'
import { hostFor } from '../http/listeners.ts'
import { reserveOf } from '../room/disk.ts'
import type { Config } from '../settings.ts'
import { locateNativeLibrary } from '../setup/native-library.ts'
import { clockCheck } from './doctor-clock.ts'
import { verifyApart } from './verify-apart.ts'

export interface Finding {
  what: string
  /** `warning` = it works, but somebody should know. */
  state: 'ok' | 'warning' | 'problem'
  /** What was found. */
  found: string
  /** What to do about it. */
  remedy?: string
}

export type Check = (config: Config) => Finding | Promise<Finding>

/** Bytes of one hour of one speaker. */
const HOUR = 3600 * BYTES_PER_SECOND
const DAY = 86_400_000

/** The directory itself, or the nearest one above it that exists. */
function existing(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : existing(dirname(path))
}

const dataDirectory: Check = ({ dataDir }) => {
  const what = 'Data directory'
  try {
    accessSync(existing(dataDir), constants.W_OK)
  } catch {
    return {
      what,
      state: 'problem',
      found: `${dataDir} cannot be written.`,
      remedy: 'Give this user the right to, or choose another --data-dir.',
    }
  }
  if (!existsSync(dataDir)) return { what, state: 'ok', found: `${dataDir} will be made at the first start.` }
  if ((statSync(dataDir).mode & 0o077) !== 0 && process.platform !== 'win32')
    return {
      what,
      state: 'warning',
      found: `Others on this machine can look into ${dataDir}.`,
      remedy: `chmod 700 ${dataDir}`,
    }
  return { what, state: 'ok', found: dataDir }
}

const diskSpace: Check = ({ dataDir, keep, diskReserveMb }) => {
  const what = 'Disk space'
  const { bavail, blocks, bsize } = statfsSync(existing(dataDir))
  const reserve = reserveOf(blocks * bsize, diskReserveMb * 1e6)
  const free = bavail * bsize
  const hours = Math.floor(free / HOUR)
  const found = `${(free / 1e9).toFixed(1)} GB free${keep === 'text+audio' ? `, about ${hours} hours of one speaker's sound` : ''}.`
  if (free < reserve)
    return {
      what,
      state: 'problem',
      found,
      remedy: `Below ${Math.ceil(reserve / 1e6)} MB no new recording begins. Free some space, or remove old meetings.`,
    }
  return {
    what,
    state: hours < 20 ? 'warning' : 'ok',
    found,
    ...(hours < 20 && { remedy: 'Free some space before a long meeting, or keep text only (--keep text).' }),
  }
}

/** `look`: who reads the database; a server has it done apart from itself (verify-apart.ts). */
const databaseCheck =
  (look: (directory: string) => VerifyReport | Promise<VerifyReport> = verify): Check =>
  async ({ dataDir }) => {
    const what = 'Database'
    if (!existsSync(join(dataDir, 'parley.db'))) {
      if (existsSync(join(dataDir, 'audio')))
        return {
          what,
          state: 'problem',
          found: 'There are recordings, but no database beside them.',
          remedy: 'Put a backup back: parley restore FILE',
        }
      return { what, state: 'ok', found: 'None yet; it is made at the first start.' }
    }
    const report = await look(dataDir)
    if (report.ok)
      return {
        what,
        state: 'ok',
        found: `Whole: ${report.sessions} meetings, ${report.utterances} lines, ${report.audioFiles} recordings.`,
      }
    return {
      what,
      state: 'problem',
      found: report.problems.slice(0, 3).join(' '),
      remedy: 'parley verify shows everything; parley restore FILE puts a backup in place.',
    }
  }

const model =
  (what: string, name: (config: Config) => string, kind: 'asr' | 'vad'): Check =>
  async (config) => {
    const located = await locateModel(name(config), { dataDir: config.dataDir, kind, note: false })
    const size = statSync(located.path).size
    if (kind === 'asr' && size * 3 > totalmem())
      return {
        what,
        state: 'warning',
        found: `${name(config)} needs more memory than this machine can give it.`,
        remedy: 'Choose a smaller one: parley models list',
      }
    return {
      what,
      state: 'ok',
      found: `${name(config)}, ${Math.round(size / 1e6)} MB, checksum as published.`,
    }
  }

const nativeLibrary: Check = async ({ dataDir, backend }) => {
  const what = 'Speech engine'
  if (backend !== 'whisper') return { what, state: 'ok', found: `not needed for --backend ${backend}` }
  const path = await locateNativeLibrary({ dataDir })
  return { what, state: 'ok', found: path }
}

const port: Check = async ({ host, port: wanted, publicUrl }) => {
  const what = 'Port'
  if (wanted === 0) return { what, state: 'ok', found: 'Any free port.' }
  try {
    const probe = Bun.listen({ hostname: hostFor(host), port: wanted, socket: { data() {} } })
    probe.stop(true)
    const reach = sharedAddresses(host).map((address) => `http://${address}:${wanted}`)
    return {
      what,
      state: 'ok',
      found: `${wanted} is free. From other machines: ${[publicUrl, ...reach].filter(Boolean).join(', ') || 'no network found'}`,
    }
  } catch {
    const ours = await fetch(`http://${localName(host)}:${wanted}/healthz`, {
      signal: AbortSignal.timeout(2000),
    })
      .then(async (answer) => ((await answer.json()) as { status?: string }).status === 'ok')
      .catch(() => false)
    if (ours) return { what, state: 'ok', found: `Parley is running on ${wanted}.` }
    return {
      what,
      state: 'warning',
      found: `${wanted} is taken by another program, or this user may not use it.`,
      remedy: 'Parley takes the next free port, so old links break. Choose one with --port.',
    }
  }
}

const certificate: Check = ({ dataDir, host, tls, tlsCert, tlsKey }) => {
  const what = 'Certificate'
  if (!tls && !tlsCert)
    return {
      what,
      state: 'warning',
      found: 'HTTPS is off.',
      remedy:
        'Browsers on other machines give their microphone to HTTPS pages only. Leave --tls on, or put a proxy with a certificate in front.',
    }
  const path = tlsCert || join(dataDir, 'tls', 'cert.pem')
  if (!tlsCert && !existsSync(path))
    return { what, state: 'ok', found: 'Its own one is made at the first start.' }
  const parsed = new X509Certificate(readFileSync(path))
  if (tlsKey && !existsSync(tlsKey))
    return { what, state: 'problem', found: `The key ${tlsKey} is missing.`, remedy: 'Set --tls-key.' }
  if (Date.parse(parsed.validFrom) > Date.now())
    return {
      what,
      state: 'problem',
      found: `It is not valid before ${parsed.validFrom}.`,
      remedy: tlsCert ? 'Is the clock of this machine right?' : 'Start Parley: it makes a new one.',
    }
  const days = Math.floor((Date.parse(parsed.validTo) - Date.now()) / DAY)
  if (days < 0)
    return {
      what,
      state: 'problem',
      found: `It ran out on ${parsed.validTo}.`,
      remedy: tlsCert ? 'Renew it.' : 'Start Parley: it makes a new one.',
    }
  const missing = certificateNames(host).filter((name) => !parsed.subjectAltName?.includes(name))
  if (!tlsCert && missing.length > 0)
    return {
      what,
      state: 'ok',
      found: `The next start makes a new one: this machine has new names (${missing.join(', ')}).`,
    }
  const found = `Good for ${days} more days.`
  return days < 14 ? { what, state: 'warning', found, remedy: 'Renew it.' } : { what, state: 'ok', found }
}

const exposure: Check = ({ auth, host, publicUrl }) => {
  const what = 'Access'
  const away = !isThisMachineOnly(host)
  if (auth === 'open' && (away || publicUrl))
    return {
      what,
      state: 'warning',
      found: 'Everybody who reaches this machine may read, change and remove every meeting (--auth open).',
      remedy: 'Use --auth link (the default) or --auth key.',
    }
  if (publicUrl.startsWith('http://'))
    return {
      what,
      state: 'warning',
      found:
        'The public address is not HTTPS: links and words travel readable, and browsers refuse the microphone.',
      remedy: 'Put a certificate on the proxy and use https:// in --public-url.',
    }
  return { what, state: 'ok', found: `--auth ${auth}${away ? '' : ', this machine only'}` }
}

export const CHECKS: readonly (readonly [what: string, check: Check])[] = [
  ['Data directory', dataDirectory],
  ['Disk space', diskSpace],
  ['Database', databaseCheck()],
  ['Speech model', model('Speech model', ({ model: name }) => name, 'asr')],
  ['Voice detector', model('Voice detector', () => 'silero-v6.2.0', 'vad')],
  ['Speech engine', nativeLibrary],
  ['Port', port],
  ['Certificate', certificate],
  ['Access', exposure],
  ['Clock', clockCheck()],
]

/** What a running server can say of itself. Its port is taken, by this very server. */
export const SERVING_CHECKS = CHECKS.filter(([what]) => what !== 'Port').map(([what, check]) =>
  what === 'Database' ? ([what, databaseCheck(verifyApart)] as const) : ([what, check] as const),
)

/** Every check, one after the other; a check that fails is a finding too. */
export async function examine(config: Config, checks = CHECKS): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [what, check] of checks) {
    try {
      findings.push(await check(config))
    } catch (thrown) {
      const error = toAppError(thrown)
      const found = error.code === 'internal' && thrown instanceof Error ? thrown.message : error.message
      findings.push({ what, state: 'problem', found })
    }
  }
  return findings
}
