/** Webhook signatures: HMAC-SHA256 over time and body, as `t=<seconds>,v1=<hex>`. */

/** `at` in ms. Receivers compute the same of `<seconds>.<body>`, and refuse what is older than some minutes. */
export function sign(secret: string, body: string, at: number): string {
  const seconds = Math.floor(at / 1000)
  const digest = new Bun.CryptoHasher('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${digest}`
}
