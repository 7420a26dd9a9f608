/** Passkeys in the browser: asks the authenticator, and turns what it says into text for the server. */
import type { Api } from './api.ts'

/** Browsers allow them under a name with a valid certificate, and on the machine itself. */
export function passkeysWork(): boolean {
  const named = !/^[\d.]+$|^\[/.test(location.hostname)
  return isSecureContext && named && typeof PublicKeyCredential !== 'undefined'
}

export interface MadePasskey {
  id: string
  publicKey: string
  algorithm: number
  authenticatorData: string
  clientDataJSON: string
  challenge: string
  name: string
}

/** Null when the person closed the question. */
export async function makePasskey(api: Api, name: string): Promise<MadePasskey | null> {
  const { challenge } = await api.challenge()
  const made = (await navigator.credentials
    .create({
      publicKey: {
        challenge: decode(challenge),
        rp: { name: 'Parley' },
        user: { id: new TextEncoder().encode('owner'), name: 'owner', displayName: 'Parley' },
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        attestation: 'none',
      },
    })
    .catch(() => null)) as PublicKeyCredential | null
  if (!made) return null
  const response = made.response as AuthenticatorAttestationResponse
  const key = response.getPublicKey()
  if (!key) return null
  return {
    id: made.id,
    publicKey: encode(key),
    algorithm: response.getPublicKeyAlgorithm(),
    authenticatorData: encode(response.getAuthenticatorData()),
    clientDataJSON: encode(response.clientDataJSON),
    challenge,
    name,
  }
}

export interface PasskeyAnswer {
  id: string
  authenticatorData: string
  clientDataJSON: string
  signature: string
  challenge: string
}

export async function usePasskey(api: Api): Promise<PasskeyAnswer | null> {
  const { challenge } = await api.challenge()
  const got = (await navigator.credentials
    .get({ publicKey: { challenge: decode(challenge), userVerification: 'required' } })
    .catch(() => null)) as PublicKeyCredential | null
  if (!got) return null
  const response = got.response as AuthenticatorAssertionResponse
  return {
    id: got.id,
    authenticatorData: encode(response.authenticatorData),
    clientDataJSON: encode(response.clientDataJSON),
    signature: encode(response.signature),
    challenge,
  }
}

function encode(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes))
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0))
}
