/** Webhook signatures: HMAC-SHA256 over time and body, as `t=<seconds>,v1=<hex>`. */

export function sign(secret: string, body: string, at: number): string {
  const seconds = Math.floor(at / 1000)
  return `t=${seconds},v1=${digest(secret, `${seconds}.${body}`)}`
}

/** For receivers (and our tests): the signature is right and not older than `tolerance` ms. */
export function verify(
  secret: string,
  body: string,
  signature: string,
  now: number,
  tolerance = 300_000,
): boolean {
  const match = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature)
  if (!match) return false
  const [, seconds = '', given = ''] = match
  if (Math.abs(now - Number(seconds) * 1000) > tolerance) return false
  const expected = digest(secret, `${seconds}.${body}`)
  let difference = 0
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ given.charCodeAt(i)
  return difference === 0
}

function digest(secret: string, text: string): string {
  return new Bun.CryptoHasher('sha256', secret).update(text).digest('hex')
}
