/** Why the server ends a connection: what its client is told, in the protocol's own words, and the close code. */

import { AppError } from '../core/error.ts'
import { CLOSE } from './close-codes.ts'
import { CONNECTION_LIMITS } from './host.ts'

export type Ending = [error: AppError, closeCode: number]

/** A frame of more than `most` bytes. */
export function tooLarge(most: number): Ending {
  const message = `A frame may have at most ${most / 1024 ** 2} MiB; send sound in smaller pieces.`
  return [new AppError('too-large', message), CLOSE.tooLarge]
}

export function tooFast(): Ending {
  const minutes = CONNECTION_LIMITS.backlog / 60_000
  const message = `Sound arrives faster than it is recognised, and ${minutes} minutes are waiting. Send it more slowly, or upload the file to /v1/audio/transcriptions.`
  return [new AppError('too-many', message), CLOSE.tooFast]
}

/** Memory is short, and this client is in the middle of a message. */
export function unfinished(): Ending {
  const message =
    'The server is short of memory and this message does not come to its end. Send sound in smaller pieces, and try again in a moment.'
  return [new AppError('too-many', message), CLOSE.tryLater]
}

export function restarting(): Ending {
  return [new AppError('unavailable', 'The server is restarting; connect again in a moment.'), CLOSE.restart]
}
