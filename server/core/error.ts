/** The closed list of things that go wrong, and the one error type that carries them to an edge. */

/** Each edge (HTTP, native socket, a foreign protocol, the command line) has one table from these codes to its own words. */
export type ErrorCode =
  | 'invalid' // the caller sent something we cannot use; the message says what to send instead
  | 'unauthorized' // no or wrong credentials
  | 'forbidden' // known, but not allowed
  | 'withdrawn' // the link or key was good once
  | 'not-found'
  | 'conflict' // the state forbids it (already ended, name taken, other instance running)
  | 'changed' // what the caller had before them is no longer so: somebody else was faster
  | 'too-large' // a frame, upload or text over its stated limit
  | 'too-many' // rate or number over its stated limit
  | 'unsupported' // a language, encoding, format or model we do not have
  | 'unavailable' // worth trying again later (worker starting, overloaded, neighbour down)
  | 'storage' // disk full or failing
  | 'internal' // a bug of ours: logged with its cause, its text is hidden from users

/** An error meant for a person: `message` says what happened and, where possible, what to do. Never contains spoken words or tokens. */
export class AppError extends Error {
  override readonly name = 'AppError'
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfter?: number; param?: string },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.retryAfter = options?.retryAfter
    this.param = options?.param
  }
  /** Name of the field that is wrong, for APIs that tell it apart. */
  readonly param: string | undefined
  /** Seconds after which the same request may succeed, for `too-many` and `unavailable`. */
  readonly retryAfter: number | undefined
}

/** Any thrown value as an AppError; what is not ours becomes `internal` with a neutral text. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  return new AppError('internal', 'Something went wrong inside Parley. The log has the details.', {
    cause: thrown,
  })
}

/** The code that the system, the network or SQLite gave what was thrown (`ENOENT`, `EPIPE`, …); '' where it has none. */
export function codeOf(thrown: unknown): string {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : ''
  return typeof code === 'string' ? code : ''
}

/** Whoever writes finds the data directory elsewhere than at the start. */
export function movedAway(): AppError {
  return new AppError(
    'storage',
    'The data directory was moved or removed while Parley runs. Put it back, or start Parley anew.',
  )
}
