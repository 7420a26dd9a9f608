/** The owner's account: made by a link that works once, entered by password or passkey, left and reset at any time. */
import { AppError } from '../core/error.ts'
import { newId, randomText } from '../core/id.ts'
import { LIMITS, type Limits } from '../core/limits.ts'
import { sha256 } from './access.ts'
import { Challenges } from './challenges.ts'
import { checkNewPasskey, checkPasskeyProof, type NewPasskey, type PasskeyProof } from './passkey.ts'
import { hashPassword, PasswordChecks } from './password.ts'
import { SignInAttempts } from './sign-in-attempts.ts'
import type { AccessStore, Passkey, SignIn, Account as StoredAccount } from './store.ts'

export interface AccountOptions {
  store: AccessStore
  /** Rights were taken away: open sockets are to be looked at. */
  changed(): void
  now?: () => number
  limits?: Limits
}

export interface Setup {
  password?: string | undefined
  passkey?: (NewPasskey & { name: string; challenge: string; origin: string }) | undefined
}

export type Credentials =
  | { password: string }
  | { passkey: PasskeyProof & { challenge: string; origin: string } }

const MINUTE = 60_000
/** A setup link printed on the console is for now. */
const SETUP_MINUTES = 30
const SIGN_IN_DAYS = 30
const MOST_PASSKEYS = 20
/** Sign-ins kept; the oldest goes. */
const MOST_SIGN_INS = 50

export class Account {
  readonly #store: AccessStore
  readonly #changed: () => void
  readonly #now: () => number
  readonly #challenges = new Challenges()
  readonly #attempts: SignInAttempts
  readonly #passwords = new PasswordChecks()

  constructor({ store, changed, now = Date.now, limits = LIMITS }: AccountOptions) {
    this.#store = store
    this.#changed = changed
    this.#now = now
    this.#attempts = new SignInAttempts(limits, now())
  }

  /** Which ways in there are; null = there is no account yet. */
  ways(): { password: boolean; passkey: boolean } | null {
    const account = this.#store.account()
    return account && { password: account.passwordHash !== null, passkey: this.passkeys().length > 0 }
  }

  /** The secret of a link that makes the account, or sets it up anew. */
  addSetupLink(): string {
    const token = randomText(32)
    this.#store.saveSetupLink(sha256(token), this.#now() + SETUP_MINUTES * MINUTE)
    return token
  }

  setupHolds(token: string): boolean {
    return this.#store.setupLinkHolds(sha256(token), this.#now())
  }

  /** With a setup link, or by the owner where no account is yet. Everybody who was signed in is signed out. */
  async setUp(setup: Setup, token: string | null): Promise<void> {
    if (token === null && this.#store.account()) throw new AppError('conflict', 'The account exists already.')
    if (setup.password === undefined && !setup.passkey)
      throw new AppError('invalid', 'password: choose one, or make a passkey.')
    // Everything is checked before the link is used up.
    if (token !== null && !this.setupHolds(token)) throw new AppError('unauthorized', SPENT)
    const passwordHash = setup.password === undefined ? null : await hashPassword(setup.password)
    const passkey = setup.passkey ? await this.#checkedPasskey(setup.passkey) : null
    if (token === null) this.#demandUnchanged(null)
    if (token !== null && !this.#store.takeSetupLink(sha256(token), this.#now()))
      throw new AppError('unauthorized', SPENT)
    // A link is also how somebody who lost a device gets back in: what opened the account before opens it no more.
    for (const { id } of this.passkeys()) this.#store.deletePasskey(id)
    // …and what the console shows does not open it any more either, when it was made at the machine.
    this.#store.forgetSetupLinks()
    this.#store.saveAccount({ passwordHash, createdAt: this.#now() })
    if (passkey) this.#store.savePasskey(passkey)
    this.#store.deleteSignIns()
    this.#changed()
  }

  /** The secret for the cookie. `visitor`: whose attempts are counted together. */
  async signIn(credentials: Credentials, visitor: string, browser: string): Promise<string> {
    this.#attempts.count(visitor, this.#now(), 'password' in credentials ? 'guess' : 'proof')
    if ('password' in credentials) await this.#checkPassword(credentials.password)
    else await this.#checkProof(credentials.passkey)
    return this.beginSignIn(browser)
  }

  /** A sign-in without a question, for whoever has just set the account up. */
  beginSignIn(browser: string): string {
    const secret = randomText(32)
    const now = this.#now()
    for (const old of this.#store.signIns().slice(MOST_SIGN_INS - 1)) this.#store.deleteSignIns(old.id)
    const expiresAt = now + SIGN_IN_DAYS * 24 * 60 * MINUTE
    this.#store.saveSignIn(
      { id: newId('sgn'), browser: browser.slice(0, 200), createdAt: now, usedAt: now, expiresAt },
      sha256(secret),
    )
    return secret
  }

  static readonly signInSeconds = SIGN_IN_DAYS * 24 * 3600

  signIns(): SignIn[] {
    return this.#store.signIns().filter(({ expiresAt }) => expiresAt > this.#now())
  }

  /** Ends one sign-in by its id, or all. */
  signOut(id?: string): void {
    this.#store.deleteSignIns(id)
    this.#changed()
  }

  /** `current` is asked of whoever is signed in; at the machine itself (null) it is not. */
  async changePassword(current: string | null, next: string, keep: string | undefined): Promise<void> {
    const account = this.#store.account()
    if (!account) throw new AppError('conflict', 'There is no account yet.')
    if (current !== null && account.passwordHash) await this.#checkPassword(current)
    const passwordHash = await hashPassword(next)
    this.#demandUnchanged(account)
    this.#store.saveAccount({ ...account, passwordHash })
    this.#store.forgetSetupLinks()
    for (const { id } of this.#store.signIns()) if (id !== keep) this.#store.deleteSignIns(id)
    this.#changed()
  }

  passkeys(): Passkey[] {
    return this.#store.passkeys()
  }

  async addPasskey(made: NonNullable<Setup['passkey']>): Promise<Passkey> {
    const account = this.#store.account()
    if (!account) throw new AppError('conflict', 'There is no account yet.')
    if (this.passkeys().length >= MOST_PASSKEYS)
      throw new AppError('too-many', `There can be ${MOST_PASSKEYS} passkeys.`)
    const passkey = await this.#checkedPasskey(made)
    this.#demandUnchanged(account)
    this.#store.savePasskey(passkey)
    return passkey
  }

  removePasskey(id: string): void {
    const ways = this.ways()
    if (!this.passkeys().some((passkey) => passkey.id === id))
      throw new AppError('not-found', 'There is no such passkey.')
    if (!ways?.password && this.passkeys().length === 1)
      throw new AppError('conflict', 'This is the only way in. Choose a password first.')
    this.#store.deletePasskey(id)
  }

  /** What an authenticator signs; good once and for some minutes. */
  challenge(): string {
    return this.#challenges.make(this.#now())
  }

  async #checkedPasskey(made: NonNullable<Setup['passkey']>): Promise<Passkey> {
    this.#takeChallenge(made.challenge)
    const counter = await checkNewPasskey(made, made)
    const { id, publicKey, algorithm, name } = made
    if (this.passkeys().some((known) => known.id === id))
      throw new AppError('conflict', 'That passkey is known already.')
    return {
      id,
      publicKey,
      algorithm,
      counter,
      name: name.slice(0, 80),
      createdAt: this.#now(),
      usedAt: null,
    }
  }

  async #checkPassword(password: string): Promise<void> {
    const account = this.#store.account()
    const right = await this.#passwords.matches(password, account?.passwordHash ?? null)
    if (!right || !this.#isUnchanged(account)) throw new AppError('unauthorized', 'That is not the password.')
  }

  async #checkProof(proof: PasskeyProof & { challenge: string; origin: string }): Promise<void> {
    this.#takeChallenge(proof.challenge)
    const known = this.passkeys().find(({ id }) => id === proof.id)
    if (!known) throw new AppError('unauthorized', 'That passkey is not known here. Use the password.')
    const counter = await checkPasskeyProof(proof, known, proof)
    const now = this.passkeys().find(({ id }) => id === proof.id)
    if (now?.publicKey !== known.publicKey || now.counter !== known.counter)
      throw new AppError('unauthorized', 'That passkey was removed or used meanwhile. Try again.')
    this.#store.savePasskey({ ...known, counter, usedAt: this.#now() })
  }

  /** Hashes and signatures take their time: what was begun before the account was changed or set up anew counts no more. */
  #isUnchanged(before: StoredAccount | null): boolean {
    const now = this.#store.account()
    return now?.passwordHash === before?.passwordHash && now?.createdAt === before?.createdAt
  }

  #demandUnchanged(before: StoredAccount | null): void {
    if (!this.#isUnchanged(before))
      throw new AppError('conflict', 'The account was changed meanwhile. Look, and try again.')
  }

  #takeChallenge(challenge: string): void {
    if (!this.#challenges.take(challenge, this.#now()))
      throw new AppError('unauthorized', 'That took too long. Try again.')
  }
}

const SPENT = 'This link has been used or is too old. “parley owner link” on the machine makes a new one.'
