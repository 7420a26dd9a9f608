/** HTTPS: our own certificate survives a start that was cut short; a given one is checked before anybody meets it. */
import { afterAll, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '../../server/config.ts'
import { certificateFor } from '../../server/http/certificate.ts'
import type { Config } from '../../server/settings.ts'

const work = mkdtempSync(join(tmpdir(), 'parley-certificate-'))
afterAll(() => rmSync(work, { recursive: true }))

const usual = resolveConfig({}, {}).config
const at = (name: string, more: Partial<Config> = {}) => ({ ...usual, dataDir: join(work, name), ...more })
const file = (name: string, part: string) => join(work, name, 'tls', part)

test('[CN10] our own is made once and kept', async () => {
  const first = await certificateFor(at('kept'))
  expect(first?.cert).toStartWith('-----BEGIN CERTIFICATE')
  expect(await certificateFor(at('kept'))).toMatchObject({ cert: first?.cert, key: first?.key })
})

test('[CN15] our own lives no longer than Apple’s devices accept, and begins before a clock that is a little behind', async () => {
  const made = new X509Certificate((await certificateFor(at('life')))?.cert ?? '')
  const [from, to] = [Date.parse(made.validFrom), Date.parse(made.validTo)]
  // Both the first and the last second count.
  expect((to - from + 1000) / 86_400_000).toBeLessThanOrEqual(825)
  expect(to - from).toBeGreaterThan(800 * 86_400_000)
  expect(from).toBeLessThan(Date.now() - 3_600_000)
})

test('[CN17] one made while the clock was wrong is made anew when it is right', async () => {
  const now = Date.now()
  const valid = (certificate: { cert: string } | null) => {
    const { validFrom, validTo } = new X509Certificate(certificate?.cert ?? '')
    return Date.parse(validFrom) <= now && now < Date.parse(validTo)
  }
  for (const wrong of [now + 400 * 86_400_000, Date.UTC(1970, 0, 2)]) {
    const data = at(`clock-${wrong}`)
    expect(valid(await certificateFor(data, ['localhost'], wrong))).toBe(false)
    const right = await certificateFor(data, ['localhost'], now)
    expect(valid(right)).toBe(true)
    expect(await certificateFor(data, ['localhost'], now + 3_600_000)).toMatchObject({ cert: right?.cert })
  }
})

for (const part of ['about.json', 'cert.pem', 'key.pem']) {
  test(`[CN10] a ${part} that was cut short is made anew, not stumbled over`, async () => {
    const first = await certificateFor(at('cut'))
    writeFileSync(file('cut', part), readFileSync(file('cut', part), 'utf8').slice(0, 20))
    const second = await certificateFor(at('cut'))
    expect(second?.cert).toStartWith('-----BEGIN CERTIFICATE')
    expect(second?.cert).not.toBe(first?.cert)
  })
}

test('[CN11] a given certificate without its key, with another key, or of another form is told before the start', async () => {
  await certificateFor(at('one'))
  await certificateFor(at('two'))
  const [cert, key, other] = [file('one', 'cert.pem'), file('one', 'key.pem'), file('two', 'key.pem')]
  const garbage = join(work, 'garbage.pem')
  writeFileSync(garbage, 'no certificate')
  expect(await certificateFor(at('x', { tlsCert: cert, tlsKey: key }))).toMatchObject({
    cert: readFileSync(cert, 'utf8'),
  })
  for (const [given, said] of [
    [{ tlsCert: cert }, /needs both --tls-cert and --tls-key/],
    [{ tlsKey: key }, /needs both/],
    [{ tlsCert: cert, tlsKey: other }, /is not that of the certificate/],
    [{ tlsCert: garbage, tlsKey: key }, /both as PEM text/],
    [{ tlsCert: '/nowhere', tlsKey: key }, /\/nowhere \(--tls-cert\) cannot be read/],
  ] as const)
    await expect(certificateFor(at('x', given))).rejects.toThrow(said)
})
