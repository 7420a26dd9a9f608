/** Takes up a certificate that was renewed while Parley runs: no restart, and open connections stay. */
import { X509Certificate } from 'node:crypto'
import type { Log } from '../log.ts'
import type { Certificate } from './certificate.ts'

export interface CertificateWatchParts {
  /** The one to be used now; throws while its files cannot be read or do not fit together. */
  read(): Certificate | Promise<Certificate>
  /** The certificate in use. */
  current: Certificate
  renewed(certificate: Certificate): void
  log: Log
  /** Ms between looks. */
  every?: number
}

const MINUTE = 60_000

/** Looks every minute; returns how to stop. */
export function watchCertificate(parts: CertificateWatchParts): () => void {
  const { read, renewed, log, every = MINUTE } = parts
  let { current } = parts
  /** Looks in a row that found no whole pair: renewing writes two files, one after the other. */
  let troubled = 0
  const look = async () => {
    try {
      const found = await read()
      troubled = 0
      if (found.cert === current.cert && found.key === current.key) return
      renewed(found)
      current = found
      const until = new Date(new X509Certificate(found.cert).validTo)
      log.info('certificate renewed', { until: until.toISOString().slice(0, 10) })
    } catch (thrown) {
      // Said once, not every minute.
      if (++troubled === 2)
        log.warn('the certificate of before is used: the new one cannot be', {
          reason: (thrown as Error).message,
        })
    }
  }
  const timer = setInterval(look, every)
  timer.unref()
  return () => clearInterval(timer)
}
