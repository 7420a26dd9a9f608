/** The owner's account over HTTP: set up, sign in and out, password, passkeys, the list of sign-ins. */
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import type { Access } from '../access/access.ts'
import { Account, type Setup } from '../access/account.ts'
import { AppError } from '../core/error.ts'
import { type Grant, isOwner } from '../core/rights.ts'
import type { HttpEnv } from './app.ts'
import { originFor } from './origin.ts'
import { COOKIE } from './secrets.ts'
import { checked, describe } from './validate.ts'

export interface AccountRoutesDeps {
  access: Access
  account: Account
  /** Of a proxy in front, or empty. */
  publicUrl: string
}

const text = (most: number) => v.pipe(v.string(), v.maxLength(most, `at most ${most} characters`))
const encoded = (most = 4000) => v.pipe(text(most), v.regex(/^[\w-]+$/, 'base64url'))
const passwordSchema = text(200)
const newPasskeySchema = v.object({
  id: encoded(1400),
  publicKey: encoded(),
  algorithm: v.pipe(v.number(), v.integer()),
  authenticatorData: encoded(),
  clientDataJSON: encoded(),
  challenge: encoded(100),
  name: v.optional(text(80), ''),
})
const setupSchema = v.object({
  token: v.optional(text(64)),
  password: v.optional(passwordSchema),
  passkey: v.optional(newPasskeySchema),
})
const signInSchema = v.union([
  v.object({ password: passwordSchema }),
  v.object({
    passkey: v.object({
      id: encoded(1400),
      authenticatorData: encoded(),
      clientDataJSON: encoded(),
      signature: encoded(),
      challenge: encoded(100),
    }),
  }),
])
const changeSchema = v.object({ current: v.optional(passwordSchema, ''), next: passwordSchema })

export function accountRoutes({ access, account, publicUrl }: AccountRoutesDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const tags = ['account']
  const grants = (c: Context<HttpEnv>) => access.grants(c.env.caller)
  const mine = (c: Context<HttpEnv>) => grants(c).find((grant) => grant.kind === 'sign-in')?.id

  app.get('/api/account', describe('Is there an account, and is it yours?', { tags }), (c) => {
    const held = grants(c)
    const how =
      held.find((grant): grant is Exclude<Grant, { kind: 'link' }> => isOwner([grant]))?.kind ?? null
    return c.json({ mode: access.mode, ways: account.ways(), owner: isOwner(held), how })
  })

  app.post(
    '/api/account',
    describe('Set the account up, by the link from the console or at the machine', { tags, status: 201 }),
    checked('json', setupSchema),
    async (c) => {
      const { token, ...setup } = c.req.valid('json')
      if (token === undefined && !isOwner(grants(c)))
        throw new AppError('unauthorized', 'This needs the link that Parley printed when it started.')
      await account.setUp(withOrigin(c, setup), token ?? null)
      setCookie(c, account.beginSignIn(browserOf(c)))
      return c.json({ ways: account.ways() }, 201)
    },
  )

  app.post(
    '/api/account/sign-in',
    describe('Sign in as the owner', { tags }),
    checked('json', signInSchema),
    async (c) => {
      const given = c.req.valid('json')
      const credentials = 'password' in given ? given : { passkey: { ...given.passkey, origin: originOf(c) } }
      setCookie(c, await account.signIn(credentials, c.env.visitor ?? '', browserOf(c)))
      return c.json({ owner: true })
    },
  )

  app.post('/api/account/sign-out', describe('Sign out in this browser', { tags, status: 204 }), (c) => {
    const id = mine(c)
    if (id) account.signOut(id)
    setCookie(c, '')
    forgetCached(c)
    return c.body(null, 204)
  })

  app.post('/api/account/challenge', describe('What a passkey has to sign next', { tags }), (c) =>
    c.json({ challenge: account.challenge() }),
  )

  app.post(
    '/api/account/password',
    describe('Choose another password; other browsers are signed out', { tags, status: 204 }),
    checked('json', changeSchema),
    async (c) => {
      const { current, next } = c.req.valid('json')
      const atMachine = grants(c).some(({ kind }) => kind === 'machine')
      await account.changePassword(atMachine ? null : current, next, mine(c))
      return c.body(null, 204)
    },
  )

  app.get('/api/account/passkeys', describe('Passkeys of the owner', { tags }), (c) =>
    c.json({ passkeys: account.passkeys().map(shownPasskey) }),
  )
  app.post(
    '/api/account/passkeys',
    describe('Add a passkey', { tags, status: 201 }),
    checked('json', newPasskeySchema),
    async (c) => {
      const added = await account.addPasskey({ ...c.req.valid('json'), origin: originOf(c) })
      return c.json({ passkey: shownPasskey(added) }, 201)
    },
  )
  app.delete('/api/account/passkeys/:passkeyId', describe('Remove a passkey', { tags, status: 204 }), (c) => {
    account.removePasskey(c.req.param('passkeyId'))
    return c.body(null, 204)
  })

  app.get('/api/account/sign-ins', describe('Browsers that are signed in', { tags }), (c) =>
    c.json({ signIns: account.signIns().map((signIn) => ({ ...signIn, mine: signIn.id === mine(c) })) }),
  )
  app.delete(
    '/api/account/sign-ins/:signInId',
    describe('Sign a browser out; “all” means every one', { tags, status: 204 }),
    (c) => {
      const id = c.req.param('signInId')
      const here = id === 'all' || id === mine(c)
      account.signOut(id === 'all' ? undefined : id)
      if (here) forgetCached(c)
      return c.body(null, 204)
    },
  )
  return app

  /** Recordings lie in the browser's cache so that listening again asks only whether they changed. */
  function forgetCached(c: Context<HttpEnv>): void {
    c.header('Clear-Site-Data', '"cache"')
  }

  /** Empty = forget. Strict: the pages are ours, and need it only for what they fetch themselves. */
  function setCookie(c: Context<HttpEnv>, secret: string): void {
    const cookie = new Bun.Cookie(COOKIE, secret, {
      httpOnly: true,
      sameSite: 'strict',
      path: '/',
      secure: originOf(c).startsWith('https:'),
      maxAge: secret ? Account.signInSeconds : 0,
    })
    c.header('Set-Cookie', cookie.serialize())
  }

  /** Of the page, as people see it. */
  function originOf(c: Context<HttpEnv>): string {
    return c.req.header('origin') ?? originFor(new URL(c.req.url), publicUrl)
  }

  function withOrigin(c: Context<HttpEnv>, { password, passkey }: v.InferOutput<typeof setupSchema>): Setup {
    return { password, passkey: passkey && { ...passkey, origin: originOf(c) } }
  }
}

function browserOf(c: Context<HttpEnv>): string {
  return c.req.header('user-agent') ?? ''
}

function shownPasskey({
  id,
  name,
  createdAt,
  usedAt,
}: {
  id: string
  name: string
  createdAt: number
  usedAt: number | null
}) {
  return { id, name, createdAt, usedAt }
}
