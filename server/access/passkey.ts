/**
 * WebAuthn, the part a server needs: checks what a browser's authenticator says when a passkey is made and when it is
 * used (W3C WebAuthn 3 §7.1, §7.2). No attestation: whose device it is does not matter, only that it is the same one.
 */
import { AppError } from '../core/error.ts'

/** Everything base64url, as the page sends it. */
export interface NewPasskey {
  id: string
  /** SPKI, as `getPublicKey()` gives it. */
  publicKey: string
  algorithm: number
  authenticatorData: string
  clientDataJSON: string
}

export interface PasskeyProof {
  id: string
  authenticatorData: string
  clientDataJSON: string
  signature: string
}

export interface Expected {
  challenge: string
  /** Of the page, as its request says: the entrance has checked that it is ours. */
  origin: string
}

/** COSE names of what we verify: ES256 (all platforms), EdDSA, RS256 (Windows). */
const ALGORITHMS = [-7, -8, -257] as const

const FLAG = { present: 1, verified: 4 }

/** Throws unless the browser made this passkey for us, now; returns the use counter to begin with. */
export async function checkNewPasskey(made: NewPasskey, expected: Expected): Promise<number> {
  checkClientData(made.clientDataJSON, 'webauthn.create', expected)
  const { counter } = checkAuthenticatorData(made.authenticatorData, expected.origin)
  if (!(ALGORITHMS as readonly number[]).includes(made.algorithm))
    throw new AppError('unsupported', 'That kind of passkey is not known here.')
  await importKey(made.publicKey, made.algorithm)
  return counter
}

/** Throws unless the holder of the passkey's private key answered our challenge; returns the new counter. */
export async function checkPasskeyProof(
  proof: PasskeyProof,
  known: { publicKey: string; algorithm: number; counter: number },
  expected: Expected,
): Promise<number> {
  checkClientData(proof.clientDataJSON, 'webauthn.get', expected)
  const { bytes, counter } = checkAuthenticatorData(proof.authenticatorData, expected.origin)
  const clientHash = new Uint8Array(await crypto.subtle.digest('SHA-256', decode(proof.clientDataJSON)))
  const signed = new Uint8Array(bytes.length + clientHash.length)
  signed.set(bytes)
  signed.set(clientHash, bytes.length)
  const key = await importKey(known.publicKey, known.algorithm)
  const given = decode(proof.signature)
  const signature = known.algorithm === -7 ? ecdsaRaw(given) : given
  if (!(await crypto.subtle.verify(PARAMETERS[known.algorithm] as Parameters, key, signature, signed)))
    wrong()
  // Synced passkeys always say 0; one that counts and goes backwards was copied.
  if ((counter !== 0 || known.counter !== 0) && counter <= known.counter) wrong()
  return counter
}

type Parameters = { name: string; hash?: string; namedCurve?: string }
const PARAMETERS: Record<number, Parameters> = {
  [-7]: { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' },
  [-8]: { name: 'Ed25519' },
  [-257]: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
}

async function importKey(spki: string, algorithm: number): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('spki', decode(spki), PARAMETERS[algorithm] as Parameters, false, [
      'verify',
    ])
  } catch (cause) {
    throw new AppError('invalid', 'That passkey has no key we can read.', { cause })
  }
}

function checkClientData(encoded: string, type: string, expected: Expected): void {
  let data: { type?: unknown; challenge?: unknown; origin?: unknown; crossOrigin?: unknown }
  try {
    data = JSON.parse(new TextDecoder().decode(decode(encoded)))
  } catch {
    return wrong()
  }
  if (data.type !== type || data.challenge !== expected.challenge || data.origin !== expected.origin) wrong()
  if (data.crossOrigin === true) wrong()
}

/** For our name, with the person there and known to the device (finger, face, PIN): a passkey stands alone here. */
function checkAuthenticatorData(encoded: string, origin: string): { bytes: Uint8Array; counter: number } {
  const bytes = decode(encoded)
  if (bytes.length < 37) return wrong()
  const name = new Bun.CryptoHasher('sha256').update(new URL(origin).hostname).digest()
  if (!name.every((byte, index) => byte === bytes[index])) wrong()
  const flags = bytes[32] ?? 0
  if (!(flags & FLAG.present) || !(flags & FLAG.verified)) wrong()
  return { bytes, counter: new DataView(bytes.buffer, bytes.byteOffset).getUint32(33) }
}

/** ECDSA signatures come as ASN.1 (two integers); WebCrypto wants 32 bytes each. */
function ecdsaRaw(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(64)
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return raw
  let at = 2
  for (const place of [0, 32]) {
    const length = der[at + 1] ?? 0
    if (der[at] !== 2 || length > 33) return raw
    const number = der.subarray(at + 2, at + 2 + length)
    const digits = number.length === 33 ? number.subarray(1) : number
    raw.set(digits, place + 32 - digits.length)
    at += 2 + length
  }
  return raw
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64url'))
}

function wrong(): never {
  throw new AppError('unauthorized', 'That passkey was not accepted. Try again, or use the password.')
}
