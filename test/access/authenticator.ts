/** A device with a passkey, as WebAuthn describes it: makes one (Ed25519) and signs what it is asked. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { NewPasskey, PasskeyProof } from '../../server/access/passkey.ts'

const ORIGIN = 'https://captions.example'
const PERSON_VERIFIED = 0x05

export function authenticator() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const id = randomBytes(16).toString('base64url')
  const client = (type: string, challenge: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: ORIGIN, crossOrigin: false }))
  const data = (counter: number) => {
    const name = new Bun.CryptoHasher('sha256').update(new URL(ORIGIN).hostname).digest()
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([name, Buffer.from([PERSON_VERIFIED]), count])
  }
  return {
    id,
    make(challenge: string): NewPasskey & { name: string; challenge: string; origin: string } {
      return {
        id,
        name: 'phone',
        publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
        algorithm: -8,
        authenticatorData: data(0).toString('base64url'),
        clientDataJSON: client('webauthn.create', challenge).toString('base64url'),
        challenge,
        origin: ORIGIN,
      }
    },
    /** `counter` 0: a synced passkey, which does not count. */
    prove(challenge: string, counter = 0): PasskeyProof & { challenge: string; origin: string } {
      const clientData = client('webauthn.get', challenge)
      const authData = data(counter)
      const hash = new Bun.CryptoHasher('sha256').update(clientData).digest()
      return {
        id,
        authenticatorData: authData.toString('base64url'),
        clientDataJSON: clientData.toString('base64url'),
        signature: sign(null, Buffer.concat([authData, hash]), privateKey).toString('base64url'),
        challenge,
        origin: ORIGIN,
      }
    },
  }
}
