/** The owner's account by itself, with its clock in the test's hand. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAccess } from '../../db/access.ts'
import { openStore } from '../../db/sqlite.ts'
import { Access } from '../../server/access/access.ts'
import { Account, type Credentials } from '../../server/access/account.ts'
import type { AccessStore } from '../../server/access/store.ts'
import { LIMITS } from '../../server/core/limits.ts'
import { authenticator } from './authenticator.ts'

// argon2id is slow by design.
setDefaultTimeout(60_000)

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const PASSWORD = 'a sentence to remember'

let directory: string
let store: AccessStore
let access: Access
let account: Account
let now: number
let changes: number
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-access-'))
  await (await openStore({ directory })).close()
  store = openAccess(directory)
  now = 1_000
  changes = 0
  access = new Access({ store, mode: 'key', now: () => now })
  account = new Account({ store, changed: () => changes++, now: () => now })
})
afterEach(async () => {
  access.close()
  await rm(directory, { recursive: true })
})

const isOwner = (secret: string) => access.isOwner({ loopback: false, secrets: [secret] })

describe('the setup link', () => {
  test('[SX41] is good for thirty minutes', async () => {
    const token = account.addSetupLink()
    now += 30 * MINUTE - 1
    expect(account.setupHolds(token)).toBe(true)
    now += 2
    expect(account.setupHolds(token)).toBe(false)
    await expect(account.setUp({ password: PASSWORD }, token)).rejects.toMatchObject({ code: 'unauthorized' })
    expect(account.ways()).toBeNull()
  })

  test('[SX41] opens nothing once the account was made without it, or its password changed', async () => {
    const printed = account.addSetupLink()
    await account.setUp({ password: PASSWORD }, null)
    expect(account.setupHolds(printed)).toBe(false)
    const asked = account.addSetupLink()
    await account.changePassword(PASSWORD, 'another sentence', undefined)
    await expect(account.setUp({ password: PASSWORD }, asked)).rejects.toMatchObject({ code: 'unauthorized' })
    await account.signIn({ password: 'another sentence' }, 'a', '')
  })

  test('[SX41] an account that is there is set up anew with a link only', async () => {
    await account.setUp({ password: PASSWORD }, null)
    const other = { password: 'another sentence' }
    await expect(account.setUp(other, null)).rejects.toMatchObject({ code: 'conflict' })
    await account.signIn({ password: PASSWORD }, 'a', '')
    await account.setUp(other, account.addSetupLink())
    await account.signIn(other, 'a', '')
  })

  test('[SX44] a passkey that opened the account before it was set up anew opens it no more', async () => {
    const old = authenticator()
    await account.setUp({ password: PASSWORD, passkey: old.make(account.challenge()) }, null)
    await account.signIn({ passkey: old.prove(account.challenge()) }, 'a', '')
    await account.setUp({ password: 'another sentence' }, account.addSetupLink())
    expect(account.ways()).toEqual({ password: true, passkey: false })
    await expect(account.signIn({ passkey: old.prove(account.challenge()) }, 'a', '')).rejects.toMatchObject({
      code: 'unauthorized',
    })
  })
})

describe('sign-ins', () => {
  test('[SX42] end after thirty days, in the list too', async () => {
    await account.setUp({ password: PASSWORD }, null)
    const secret = await account.signIn({ password: PASSWORD }, 'a', 'Firefox')
    now += 30 * DAY - 1
    expect([isOwner(secret), account.signIns().length]).toEqual([true, 1])
    now += 1
    expect([isOwner(secret), account.signIns().length]).toEqual([false, 0])
  })

  test('[SX60] whoever holds sockets is told at once when a sign-in ends', async () => {
    await account.setUp({ password: PASSWORD }, null)
    const told = () => {
      const before = changes
      changes = 0
      return before
    }
    account.beginSignIn('Firefox')
    told()
    account.signOut(account.signIns()[0]?.id)
    expect(told()).toBe(1)
    await account.changePassword(null, 'another sentence', undefined)
    expect(told()).toBe(1)
  })

  test('[SX43, SX78] guesses at the password from many addresses are counted together; passkeys are not', async () => {
    await account.setUp({ password: PASSWORD }, null)
    const answer = (credentials: Credentials, visitor: string) =>
      account.signIn(credentials, visitor, '').catch(({ code }: { code: string }) => code)
    const attempt = (visitor: string) => answer({ password: 'wrong' }, visitor)
    const codes: unknown[] = []
    for (let i = 0; i < LIMITS.signInsInAll.burst + 5; i++) codes.push(await attempt(`198.51.100.${i}`))
    expect(codes.slice(0, LIMITS.signInsInAll.burst)).toEqual(
      new Array(LIMITS.signInsInAll.burst).fill('unauthorized'),
    )
    expect(codes.slice(LIMITS.signInsInAll.burst)).toEqual(new Array(5).fill('too-many'))
    const passkey = authenticator().prove(account.challenge())
    expect(await answer({ passkey }, '203.0.113.1')).toBe('unauthorized')
  })

  test('[SX43] eight passwords at once wait for each other, the ninth is told to come back; later there is room again', async () => {
    await account.setUp({ password: PASSWORD }, null)
    const guess = (i: number) =>
      account.signIn({ password: 'wrong' }, `198.51.100.${i}`, '').catch(({ code }: { code: string }) => code)
    const first = await Promise.all(Array.from({ length: 10 }, (_, i) => guess(i)))
    expect(first).toEqual([...new Array(8).fill('unauthorized'), 'too-many', 'too-many'])
    now += 10 * MINUTE
    expect(await guess(11)).toBe('unauthorized')
    expect(await account.signIn({ password: PASSWORD }, '198.51.100.12', '')).toBeString()
  })
})

describe('passkeys', () => {
  const add = async (device = authenticator()) => {
    await account.addPasskey(device.make(account.challenge()))
    return device
  }

  test('[SX45] what a synced passkey signed lets in once: it has no counter that would tell a copy', async () => {
    await account.setUp({ password: PASSWORD }, null)
    const device = await add()
    const proof = device.prove(account.challenge())
    expect(await account.signIn({ passkey: proof }, 'a', '')).toBeString()
    await expect(account.signIn({ passkey: proof }, 'a', '')).rejects.toMatchObject({ code: 'unauthorized' })
    const invented = device.prove('a challenge of its own')
    await expect(account.signIn({ passkey: invented }, 'a', '')).rejects.toMatchObject({
      code: 'unauthorized',
    })
  })

  test('[SX70] the only way in cannot be removed', async () => {
    const [one, other] = [authenticator(), authenticator()]
    await account.setUp({ passkey: one.make(account.challenge()) }, null)
    expect(() => account.removePasskey(one.id)).toThrow('only way in')
    await add(other)
    account.removePasskey(one.id)
    expect(() => account.removePasskey(other.id)).toThrow('only way in')
    await account.changePassword(null, PASSWORD, undefined)
    account.removePasskey(other.id)
    expect(account.ways()).toEqual({ password: true, passkey: false })
    expect(() => account.removePasskey(other.id)).toThrow('no such passkey')
  })

  test('[SX70] one device is added once, and twenty at the most', async () => {
    await account.setUp({ password: PASSWORD }, null)
    const device = await add()
    await expect(add(device)).rejects.toMatchObject({ code: 'conflict' })
    for (let i = 1; i < 20; i++) await add()
    await expect(add()).rejects.toMatchObject({ code: 'too-many' })
    expect(account.passkeys()).toHaveLength(20)
  })
})
