import { afterEach, beforeEach, describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { openAccess } from '../../db/access.ts'
import { Account } from '../../server/access/account.ts'
import { checkPasskeyProof } from '../../server/access/passkey.ts'
import { type HttpKit, openHttpKit, STRANGER } from '../http/kit.ts'

// argon2id is slow by design, the more so on a busy machine.
setDefaultTimeout(60_000)

let kit: HttpKit
beforeEach(async () => {
  kit = await openHttpKit({ config: { auth: 'key' } })
})
const opened: { close(): void }[] = []
afterEach(async () => {
  for (const store of opened.splice(0)) store.close()
  await kit.close()
})

const PASSWORD = 'a sentence to remember'
const ORIGIN = 'https://captions.example'

/** As a browser on another machine. */
async function ask(method: string, path: string, body?: unknown, cookie = '') {
  const caller = { loopback: false, secrets: [cookie].filter(Boolean) }
  const answer = await kit.call(method, path, body, { caller, headers: { origin: ORIGIN } })
  const set = answer.headers.get('set-cookie') ?? ''
  return {
    status: answer.status,
    set,
    cookie: /parley_session=([^;]*)/.exec(set)?.[1] ?? '',
    cleared: answer.headers.get('clear-site-data'),
    retryAfter: Number(answer.headers.get('retry-after')),
    json: answer.status === 204 ? null : ((await answer.json()) as Record<string, unknown>),
  }
}

const setUp = (token = kit.account.addSetupLink()) =>
  ask('POST', '/api/account', { token, password: PASSWORD })

/** An account of the same directory whose time is held in the hand, ms. */
function accountWithClock() {
  const clock = { now: 1_000 }
  const store = openAccess(kit.directory)
  opened.push(store)
  return { account: new Account({ store, changed() {}, now: () => clock.now }), clock }
}

describe('the account', () => {
  test('[SX41] is made only with the link from the console, which works once and not for long', async () => {
    for (const body of [{ password: PASSWORD }, { token: 'x'.repeat(32), password: PASSWORD }])
      expect((await ask('POST', '/api/account', body)).status).toBe(401)
    expect(kit.account.ways()).toBeNull()
    const token = kit.account.addSetupLink()
    // A password that will not do leaves the link as it was.
    expect((await ask('POST', '/api/account', { token, password: 'short' })).status).toBe(400)
    const made = await setUp(token)
    expect(made.status).toBe(201)
    expect(made.set).toMatch(/HttpOnly/)
    expect(made.set).toMatch(/SameSite=Strict/)
    expect(made.set).toMatch(/Secure/)
    expect((await setUp(token)).status).toBe(401)
    expect((await ask('GET', '/api/sessions', undefined, made.cookie)).status).toBe(200)
    const race = await Promise.all([1, 2].map(() => kit.account.addSetupLink()).map((link) => setUp(link)))
    expect(race.map(({ status }) => status).sort()).toEqual([201, 401])
  })

  test('[SX42] signing in with the password, signing out, and signing out everywhere', async () => {
    await setUp()
    expect((await ask('POST', '/api/account/sign-in', { password: 'not the password' })).status).toBe(401)
    const first = await ask('POST', '/api/account/sign-in', { password: PASSWORD })
    const second = await ask('POST', '/api/account/sign-in', { password: PASSWORD })
    const library = (cookie: string) =>
      ask('GET', '/api/sessions', undefined, cookie).then(({ status }) => status)
    expect([await library(first.cookie), await library(second.cookie)]).toEqual([200, 200])
    expect((await ask('POST', '/api/account/sign-out', undefined, first.cookie)).set).toMatch(/Max-Age=0/)
    expect([await library(first.cookie), await library(second.cookie)]).toEqual([401, 200])
    expect((await ask('DELETE', '/api/account/sign-ins/all', undefined, second.cookie)).status).toBe(204)
    expect(await library(second.cookie)).toBe(401)
    expect(await Bun.$`grep -rla ${second.cookie} ${kit.directory}`.nothrow().text()).toBe('')
    expect(await Bun.$`grep -rla ${PASSWORD} ${kit.directory}`.nothrow().text()).toBe('')
  })

  test('[SX80] signing this browser out takes what it cached of meetings; another one does not', async () => {
    await setUp()
    const [first, second, third] = [
      await ask('POST', '/api/account/sign-in', { password: PASSWORD }),
      await ask('POST', '/api/account/sign-in', { password: PASSWORD }),
      await ask('POST', '/api/account/sign-in', { password: PASSWORD }),
    ]
    const mine = async (cookie: string) => {
      const listed = (await ask('GET', '/api/account/sign-ins', undefined, cookie)).json?.signIns
      return (listed as { id: string; mine: boolean }[]).find((one) => one.mine)?.id
    }
    const [one, two] = [await mine(first.cookie), await mine(second.cookie)]
    const end = (id = '') => ask('DELETE', `/api/account/sign-ins/${id}`, undefined, second.cookie)
    expect((await end(one)).cleared).toBeNull()
    expect((await end(two)).cleared).toBe('"cache"')
    const all = await ask('DELETE', '/api/account/sign-ins/all', undefined, third.cookie)
    expect([all.status, all.cleared]).toEqual([204, '"cache"'])
    expect((await ask('POST', '/api/account/sign-out', undefined, third.cookie)).cleared).toBe('"cache"')
  })

  test('[SX42] fifty sign-ins are kept: the next one ends the one that was used longest ago', () => {
    const { account, clock } = accountWithClock()
    const browsers = Array.from({ length: 51 }, (_, i) => `browser ${i}`)
    for (const browser of browsers.slice(0, 50)) {
      clock.now += 1_000
      account.beginSignIn(browser)
    }
    expect(account.signIns()).toHaveLength(50)
    clock.now += 1_000
    account.beginSignIn('browser 50')
    expect(account.signIns().map(({ browser }) => browser)).toEqual(browsers.slice(1).reverse())
  })

  test('[SX43] guessing passwords is slowed down with Retry-After; an unknown account costs as much as a known one', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 9; i++)
      statuses.push((await ask('POST', '/api/account/sign-in', { password: `wrong ${i}` })).status)
    expect(statuses.slice(0, 6)).toEqual(new Array(6).fill(401))
    expect(statuses.slice(6)).toEqual(new Array(3).fill(429))
    const { retryAfter } = await ask('POST', '/api/account/sign-in', { password: 'again' })
    expect(retryAfter).toBeGreaterThan(0)
    expect(kit.account.ways()).toBeNull()
  })

  test('[SX43] every attempt costs one comparison of the same hash, with an account and without', async () => {
    const verify = spyOn(Bun.password, 'verify')
    const asked = async () => {
      verify.mockClear()
      await ask('POST', '/api/account/sign-in', { password: 'wrong' })
      // Memory and passes stand in the hash.
      return verify.mock.calls.map(([, hash]) => String(hash).split('$').slice(1, 4))
    }
    const without = await asked()
    await setUp()
    expect(await asked()).toEqual(without)
    expect(without).toHaveLength(1)
    verify.mockRestore()
  })

  test('[SX43] of a thousand guesses in a row a few are looked at, and the account stays open to its owner', async () => {
    await setUp()
    const statuses = new Map<number, number>()
    for (let i = 0; i < 1000; i++) {
      const { status } = await ask('POST', '/api/account/sign-in', { password: `wrong ${i}` })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    // Six at once and six a minute, however slow this machine is; the others are told to wait.
    expect(statuses.get(401)).toBeLessThan(30)
    expect((statuses.get(401) ?? 0) + (statuses.get(429) ?? 0)).toBe(1000)
    // Who waited, or comes from elsewhere, signs in.
    const credentials = { password: PASSWORD }
    expect(await kit.account.signIn(credentials, '198.51.100.7', '')).toBeString()
  })

  test('[SX44] a changed password and a new setup link end every other way in', async () => {
    const { cookie } = await setUp()
    const other = await ask('POST', '/api/account/sign-in', { password: PASSWORD })
    const next = 'another sentence'
    expect((await ask('POST', '/api/account/password', { current: 'wrong one', next }, cookie)).status).toBe(
      401,
    )
    expect((await ask('POST', '/api/account/password', { current: PASSWORD, next }, cookie)).status).toBe(204)
    const library = (of: string) => ask('GET', '/api/sessions', undefined, of).then(({ status }) => status)
    expect([await library(cookie), await library(other.cookie)]).toEqual([200, 401])
    const reset = await setUp()
    expect([await library(cookie), await library(reset.cookie)]).toEqual([401, 200])
  })
})

/** A device with a passkey for this page: what it says when one is made, and a sign-in with it from address `visitor`. */
function phone(account: Account) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const client = (type: string, challenge: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: ORIGIN }))
  const name = new Bun.CryptoHasher('sha256').update('captions.example').digest()
  const data = Buffer.concat([name, Buffer.from([0x05, 0, 0, 0, 0])])
  const make = () => {
    const challenge = account.challenge()
    return {
      id: 'phone',
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
      algorithm: -8,
      authenticatorData: data.toString('base64url'),
      clientDataJSON: client('webauthn.create', challenge).toString('base64url'),
      challenge,
      name: 'phone',
      origin: ORIGIN,
    }
  }
  const use = (visitor = 'a') => {
    const challenge = account.challenge()
    const clientData = client('webauthn.get', challenge)
    const hash = new Bun.CryptoHasher('sha256').update(clientData).digest()
    const passkey = {
      id: 'phone',
      authenticatorData: data.toString('base64url'),
      clientDataJSON: clientData.toString('base64url'),
      signature: sign(null, Buffer.concat([data, hash]), privateKey).toString('base64url'),
      challenge,
      origin: ORIGIN,
    }
    return account.signIn({ passkey }, visitor, '')
  }
  return { make, use }
}

describe('an account that is changed while somebody is at its door', () => {
  /** Held at the comparison of the password, until `goOn`. */
  function holdComparison() {
    const goOn = Promise.withResolvers<void>()
    const real = Bun.password.verify.bind(Bun.password)
    const verify = spyOn(Bun.password, 'verify').mockImplementation(async (given, hash) => {
      await goOn.promise
      return real(given, hash)
    })
    return { goOn: goOn.resolve, end: () => verify.mockRestore() }
  }

  test('[SX76] the password of before lets nobody in, and changes nothing', async () => {
    const { account } = kit
    const next = 'another sentence'
    const begun: [string, () => Promise<unknown>, code: string][] = [
      ['sign-in', () => account.signIn({ password: PASSWORD }, 'a', ''), 'unauthorized'],
      ['change', () => account.changePassword(PASSWORD, 'what a thief likes', undefined), 'unauthorized'],
    ]
    for (const [name, begin, code] of begun) {
      await account.setUp({ password: PASSWORD }, account.addSetupLink())
      const held = holdComparison()
      const answer = begin().catch((thrown) => thrown)
      await account.changePassword(null, next, undefined)
      held.goOn()
      expect([name, await answer]).toMatchObject([name, { code }])
      held.end()
      expect([name, account.signIns()]).toEqual([name, []])
      expect(await account.signIn({ password: next }, name, '')).toBeString()
    }
  })

  test('[SX76] of two who choose the password at once one does', async () => {
    const { account } = kit
    await account.setUp({ password: PASSWORD }, account.addSetupLink())
    const both = ['a first sentence', 'a second sentence'].map((next) =>
      account.changePassword(null, next, undefined),
    )
    const answers = await Promise.allSettled(both)
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('[SX76] of two who make the account at once, at the machine, one does', async () => {
    const { account } = kit
    const both = ['a first sentence', 'a second sentence'].map((password) =>
      account.setUp({ password }, null),
    )
    const answers = await Promise.allSettled(both)
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('[SX76] a passkey that is removed while it is looked at lets nobody in and stays removed; none is added to an account set up anew', async () => {
    const { account } = kit
    await account.setUp({ password: PASSWORD }, account.addSetupLink())
    const { make, use } = phone(account)
    await account.addPasskey(make())
    expect(await use()).toBeString()
    account.signOut()
    const answer = use().catch((thrown) => thrown)
    account.removePasskey('phone')
    expect(await answer).toMatchObject({ code: 'unauthorized' })
    expect([account.passkeys(), account.signIns()]).toEqual([[], []])

    const token = account.addSetupLink()
    const setUpAnew = account.setUp({ password: PASSWORD }, token)
    // The thief's request waits for the check of its key when the owner's link is used.
    const subtle = spyOn(crypto.subtle, 'importKey').mockImplementationOnce((async () => {
      await setUpAnew
      return {}
    }) as unknown as typeof crypto.subtle.importKey)
    await expect(account.addPasskey(make())).rejects.toMatchObject({ code: 'conflict' })
    subtle.mockRestore()
    expect(account.passkeys()).toEqual([])
  })
})

test('[SX78] guesses from many addresses make everybody wait for the password, but not whoever has a passkey', async () => {
  const { account } = accountWithClock()
  await account.setUp({ password: PASSWORD }, account.addSetupLink())
  const { make, use } = phone(account)
  await account.addPasskey(make())
  const verify = spyOn(Bun.password, 'verify').mockImplementation(async () => false)
  const guess = (from: string) =>
    account.signIn({ password: 'a guess of mine' }, from, '').catch(({ code }) => code)
  const answers: string[] = []
  for (let i = 0; i < 70; i++) answers.push(await guess(`address ${i}`))
  verify.mockRestore()
  expect(answers[0]).toBe('unauthorized')
  expect(answers.at(-1)).toBe('too-many')
  expect(await use('the owner’s address')).toBeString()
  // From one address proofs are counted all the same.
  const tries = await Promise.all(Array.from({ length: 8 }, () => use('another').catch(({ code }) => code)))
  expect(tries.filter((each) => each === 'too-many')).toHaveLength(2)
})

describe('passkeys', () => {
  for (const [name, algorithm, make] of [
    ['ES256', -7, () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', -8, () => generateKeyPairSync('ed25519')],
    ['RS256', -257, () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const) {
    test(`[SX45] ${name}: what the authenticator signed for this page, now, lets in; everything else does not`, async () => {
      const { cookie } = await setUp()
      const { publicKey, privateKey } = make()
      const id = randomBytes(16).toString('base64url')
      const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')
      const challenge = async () =>
        ((await ask('POST', '/api/account/challenge')).json?.challenge ?? '') as string
      const client = (type: string, of: string, origin = ORIGIN) =>
        Buffer.from(JSON.stringify({ type, challenge: of, origin, crossOrigin: false }))
      const data = (counter: number, host = 'captions.example', flags = 0x05) => {
        const bytes = Buffer.alloc(37)
        new Bun.CryptoHasher('sha256')
          .update(host)
          .digest()
          .copy(bytes as Buffer)
        bytes[32] = flags
        bytes.writeUInt32BE(counter, 33)
        return bytes
      }
      const made = await challenge()
      const passkey = {
        id,
        publicKey: spki,
        algorithm,
        authenticatorData: data(1).toString('base64url'),
        clientDataJSON: client('webauthn.create', made).toString('base64url'),
        challenge: made,
        name: 'phone',
      }
      expect((await ask('POST', '/api/account/passkeys', passkey, cookie)).status).toBe(201)
      const again = await challenge()
      const foreign = client('webauthn.create', again, 'https://evil.example').toString('base64url')
      const other = { ...passkey, id: 'other', challenge: again, clientDataJSON: foreign }
      expect((await ask('POST', '/api/account/passkeys', other, cookie)).status).toBe(401)

      const proof = (of: string, auth: Buffer, clientData: Buffer, key = privateKey) => {
        const hash = new Bun.CryptoHasher('sha256').update(clientData).digest()
        const signed = Buffer.concat([auth, hash])
        return {
          passkey: {
            id,
            challenge: of,
            authenticatorData: auth.toString('base64url'),
            clientDataJSON: clientData.toString('base64url'),
            signature: sign(algorithm === -8 ? null : 'sha256', signed, key).toString('base64url'),
          },
        }
      }
      const attempt = async (body: object) => (await ask('POST', '/api/account/sign-in', body)).status
      const one = await challenge()
      const good = proof(one, data(2), client('webauthn.get', one))
      expect(await attempt(good)).toBe(200)
      expect(await attempt(good)).toBe(401) // replayed
      const wrongs: ((of: string) => object)[] = [
        (of) => proof(of, data(3), client('webauthn.get', of, 'https://evil.example')),
        (of) => proof(of, data(3, 'evil.example'), client('webauthn.get', of)),
        (of) => proof(of, data(3, 'captions.example', 0x01), client('webauthn.get', of)), // nobody was asked
        (of) => proof(of, data(2), client('webauthn.get', of)), // the counter stands still: a copy
        (of) => proof(of, data(3), client('webauthn.get', of), make().privateKey),
      ]
      // Attempts are counted: a fresh address is not what this is about.
      const { account } = kit as { account: Account }
      for (const wrong of wrongs) {
        const of = account.challenge()
        const body = wrong(of) as { passkey: Parameters<Account['signIn']>[0] }
        const credentials = { passkey: { ...(body.passkey as object), origin: ORIGIN } } as Parameters<
          Account['signIn']
        >[0]
        await expect(account.signIn(credentials, randomBytes(4).toString('hex'), '')).rejects.toMatchObject({
          code: 'unauthorized',
        })
      }
    })
  }
})

test('[SX45] a question is good once, for three minutes, however many others are asked for, and only as it was made', async () => {
  const { account, clock } = accountWithClock()
  /** Why a passkey with this challenge is refused: it is none, whatever the challenge. */
  const refusal = (challenge: string) => {
    const nothing = { id: 'x', publicKey: '', algorithm: -7, authenticatorData: '', clientDataJSON: '' }
    const passkey = { ...nothing, name: '', challenge, origin: ORIGIN }
    return account.setUp({ passkey }, null).catch(({ message }: Error) => message)
  }
  const tooLate = 'That took too long. Try again.'
  const once = account.challenge()
  expect(await refusal(once)).not.toBe(tooLate)
  expect(await refusal(once)).toBe(tooLate)
  const [inTime, late] = [account.challenge(), account.challenge()]
  clock.now += 3 * 60_000
  expect(await refusal(inTime)).not.toBe(tooLate)
  clock.now++
  expect(await refusal(late)).toBe(tooLate)
  const kept = account.challenge()
  for (let i = 0; i < 5000; i++) account.challenge()
  expect(await refusal(kept)).not.toBe(tooLate)

  const longer = Buffer.from(account.challenge(), 'base64url')
  longer.writeBigUInt64BE(longer.readBigUInt64BE() + 1n)
  const made = account.challenge()
  const others = [
    accountWithClock().account.challenge(),
    longer.toString('base64url'),
    `${made}=`,
    made.slice(1),
    '',
  ]
  for (const other of others) expect(await refusal(other)).toBe(tooLate)
  expect(await refusal(made)).not.toBe(tooLate)
})

test('[SX45] a passkey that does not count (a synced one) signs in again and again; one that counted must count on', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const expected = { challenge: 'abc', origin: ORIGIN }
  const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.get', ...expected }))
  const signIn = (counter: number, before: number) => {
    const data = Buffer.alloc(37)
    new Bun.CryptoHasher('sha256')
      .update('captions.example')
      .digest()
      .copy(data as Buffer)
    data[32] = 0x05
    data.writeUInt32BE(counter, 33)
    const hash = new Bun.CryptoHasher('sha256').update(clientData).digest()
    return checkPasskeyProof(
      {
        id: 'p',
        authenticatorData: data.toString('base64url'),
        clientDataJSON: clientData.toString('base64url'),
        signature: sign(null, Buffer.concat([data, hash]), privateKey).toString('base64url'),
      },
      {
        publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
        algorithm: -8,
        counter: before,
      },
      expected,
    )
  }
  expect(await signIn(0, 0)).toBe(0)
  expect(await signIn(6, 5)).toBe(6)
  for (const counter of [0, 4, 5])
    await expect(signIn(counter, 5)).rejects.toMatchObject({ code: 'unauthorized' })
})

test('[SX41] strangers learn only whether there is an account', async () => {
  const answer = await kit.call('GET', '/api/account', undefined, { caller: STRANGER })
  expect(await answer.json()).toEqual({ mode: 'key', ways: null, owner: false, how: null })
})
