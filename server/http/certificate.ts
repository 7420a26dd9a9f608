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

/** The one the settings name, or our own; null when HTTPS is off. */
export async function certificateFor(config: Config): Promise<Certificate | null> {
  const { tls, tlsCert, tlsKey, dataDir, host } = config
  if (tlsCert && tlsKey) return givenCertificate(tlsCert, tlsKey)
  if (tlsCert || tlsKey)
    throw new AppError('invalid', 'A certificate of your own needs both --tls-cert and --tls-key.')
  return tls ? ownCertificate(join(dataDir, 'tls'), certificateNames(host)) : null
}

const DAYS = 825 // the longest life Apple's platforms accept, first and last second included

/**
 * The certificate for these names and addresses. A new one costs every device one more warning, so it is kept as long as
 * it covers all `names` and has 30 days left.
 */
async function ownCertificate(directory: string, names: string[], now = Date.now()): Promise<Certificate> {
  const paths = {
    cert: join(directory, 'cert.pem'),
    key: join(directory, 'key.pem'),
    about: join(directory, 'about.json'),
  }
  const kept = keptCertificate(paths)
  if (kept && names.every((name) => kept.names.includes(name)) && kept.until - now > 30 * 86_400_000)
    return kept
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
  writeFileSync(paths.about, JSON.stringify({ names, until }))
  return { cert: made.cert, key: made.private }
}

/** What an earlier start made; null when there is none, or one that was cut short (a full disk, a power cut). */
function keptCertificate(paths: { cert: string; key: string; about: string }) {
  try {
    const about = JSON.parse(readFileSync(paths.about, 'utf8')) as { names: string[]; until: number }
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
