/** The server's own certificate for HTTPS on a LAN: made once, kept in the data directory, made anew when addresses change. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { AppError } from '../core/error.ts'
import type { Config } from '../settings.ts'
import { certificateNames } from './addresses.ts'

export interface Certificate {
  cert: string
  key: string
}

/** The one the settings name, or our own, for these names, good at `now` (ms since 1970); null when HTTPS is off. */
export async function certificateFor(
  config: Config,
  names = certificateNames(config.host),
  now = Date.now(),
): Promise<Certificate | null> {
  const { tls, tlsCert, tlsKey, dataDir } = config
  if (tlsCert && tlsKey) return givenCertificate(tlsCert, tlsKey)
  if (tlsCert || tlsKey)
    throw new AppError('invalid', 'A certificate of your own needs both --tls-cert and --tls-key.')
  return tls ? ownCertificate(join(dataDir, 'tls'), names, now) : null
}

const DAYS = 825 // the longest life Apple's platforms accept, first and last second included

/**
 * The certificate for these names and addresses. A new one costs every device one more warning, so it is kept as long as
 * it covers all `names` and has 30 days left. One made while the clock was ahead is good for nobody yet.
 */
async function ownCertificate(directory: string, names: string[], now: number): Promise<Certificate> {
  const paths = {
    cert: join(directory, 'cert.pem'),
    key: join(directory, 'key.pem'),
    about: join(directory, 'about.json'),
  }
  const kept = keptCertificate(paths)
  if (kept && isInTime(kept, now) && names.every((name) => kept.names.includes(name))) return kept
  const from = now - 86_400_000 // for clocks that are behind
  const until = from + DAYS * 86_400_000 - 1000
  const made = await generate([{ name: 'commonName', value: 'Parley' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(until),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeFileSync(paths.key, made.private, { mode: 0o600 })
  writeFileSync(paths.cert, made.cert)
  writeFileSync(paths.about, JSON.stringify({ names }))
  return { cert: made.cert, key: made.private }
}

/** Good by this clock, and for 30 days more. */
export function isInTime({ cert }: Pick<Certificate, 'cert'>, now = Date.now()): boolean {
  const { validFrom, validTo } = new X509Certificate(cert)
  return Date.parse(validFrom) <= now && Date.parse(validTo) - now > 30 * 86_400_000
}

/** What an earlier start made; null when there is none, or one that was cut short (a full disk, a power cut). */
function keptCertificate(paths: { cert: string; key: string; about: string }) {
  try {
    const about = JSON.parse(readFileSync(paths.about, 'utf8')) as { names: string[] }
    const pair = { cert: readFileSync(paths.cert, 'utf8'), key: readFileSync(paths.key, 'utf8') }
    return Array.isArray(about.names) && belongTogether(pair) ? { ...about, ...pair } : null
  } catch {
    return null
  }
}

/** The files named by --tls-cert and --tls-key. */
export function givenCertificate(certPath: string, keyPath: string): Certificate {
  const pair = { cert: readPem(certPath, '--tls-cert'), key: readPem(keyPath, '--tls-key') }
  let right: boolean
  try {
    right = belongTogether(pair)
  } catch (cause) {
    const message = `${certPath} and ${keyPath} must be a certificate and its unencrypted key, both as PEM text.`
    throw new AppError('invalid', message, { cause })
  }
  if (!right)
    throw new AppError('invalid', `The key in ${keyPath} is not that of the certificate ${certPath}.`)
  return pair
}

function readPem(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new AppError(
      'invalid',
      `The file ${path} (${flag}) cannot be read: is it there, and this user's?`,
      {
        cause,
      },
    )
  }
}

/** Throws where one of them is no PEM. */
function belongTogether({ cert, key }: Certificate): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
}
