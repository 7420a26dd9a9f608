/** The server's own certificate for HTTPS on a LAN: made once, kept in the data directory, made anew when addresses change. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
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
  if (config.tlsCert && config.tlsKey) return givenCertificate(config.tlsCert, config.tlsKey)
  return config.tls ? ownCertificate(join(config.dataDir, 'tls'), certificateNames()) : null
}

const DAYS = 825 // the longest life Apple's platforms accept

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
  if (existsSync(paths.cert) && existsSync(paths.key) && existsSync(paths.about)) {
    const about = JSON.parse(readFileSync(paths.about, 'utf8')) as { names: string[]; until: number }
    if (names.every((name) => about.names.includes(name)) && about.until - now > 30 * 86_400_000) {
      return { cert: readFileSync(paths.cert, 'utf8'), key: readFileSync(paths.key, 'utf8') }
    }
  }
  const until = now + DAYS * 86_400_000
  const made = await generate([{ name: 'commonName', value: 'Parley' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - 86_400_000),
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

/** The files named by --tls-cert and --tls-key. */
function givenCertificate(certPath: string, keyPath: string): Certificate {
  try {
    return { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') }
  } catch (cause) {
    throw new AppError('invalid', `The certificate files ${certPath} and ${keyPath} cannot be read.`, {
      cause,
    })
  }
}
