/** Every quota on one page: what one connection, one address and one room may use; those of people and places are settings. */
import type { RateLimit } from './rate-limit.ts'
import { BYTES_PER_SECOND } from './wire.ts'

export interface Limits {
  /** Audio of one speaker. Catching up after an outage runs at 4 times real time (client contract), so twice that is abuse. */
  audioBytes: RateLimit
  /** Binary frames of one connection: 10 per second are usual, 50 in a catch-up. */
  audioFrames: RateLimit
  /** Text messages of one connection. */
  messages: RateLimit
  /** Recordings one connection may have open at once. */
  streamsPerConnection: number
  /** Sockets one address may have open. A classroom behind one router is one address. */
  socketsPerAddress: number
  socketsInAll: number
  /**
   * Memory of this process, beyond the least it was seen with, at which sockets are ended that sit in the middle of a
   * message, bytes: one may hold 20 MiB, and one address may have 500. On small machines it is less (limitsOf).
   */
  unfinishedBytes: number
  /** Compressed sound of all connections that waits to be decoded, bytes; a single one may have a few MiB whatever the sum. */
  undecodedBytes: number
  /** People and screens in one room. */
  socketsPerRoom: number
  /** People who ever joined one meeting as speakers. */
  speakersPerMeeting: number
  /** New rooms by one creator: over HTTP, and by clients of the transcription protocols. */
  newRooms: RateLimit
  /** Requests with a wrong link or key by one address, before it has to wait. */
  misses: RateLimit
  /** Attempts to sign in as the owner: by one address, and by all of them. */
  signIns: RateLimit
  signInsInAll: RateLimit
  /** Free disk space below which no new recording begins, bytes (running ones go on). */
  diskReserve: number
  /** A JSON body, which is read as a whole; the one that names every line of a long meeting is larger. Bytes. */
  jsonBytes: number
  editBytes: number
  /** …and of whoever has shown nothing yet (the sign-in); a passkey is the largest. */
  strangerJsonBytes: number
}

export const LIMITS: Limits = {
  audioBytes: { perSecond: 8 * BYTES_PER_SECOND, burst: 60 * BYTES_PER_SECOND },
  audioFrames: { perSecond: 400, burst: 4_000 },
  messages: { perSecond: 20, burst: 200 },
  streamsPerConnection: 8,
  socketsPerAddress: 500,
  socketsInAll: 10_000,
  unfinishedBytes: 640 * 1024 ** 2,
  undecodedBytes: 512 * 1024 ** 2,
  socketsPerRoom: 5_000,
  speakersPerMeeting: 1_000,
  newRooms: { perSecond: 1, burst: 600 },
  misses: { perSecond: 20 / 60, burst: 20 },
  signIns: { perSecond: 6 / 60, burst: 6 },
  signInsInAll: { perSecond: 30 / 60, burst: 60 },
  // One hour of four speakers at 115 MB each.
  diskReserve: 460_000_000,
  // A line may have 20,000 characters, each perhaps written as six.
  jsonBytes: 128 * 1024,
  editBytes: 4 * 1024 ** 2,
  strangerJsonBytes: 32 * 1024,
}

/** The quotas that are settings; their defaults are the numbers above. */
export interface Quotas {
  maxSockets: number
  maxSocketsPerAddress: number
  maxSocketsPerRoom: number
  maxSpeakersPerMeeting: number
  maxNewRooms: number
  diskReserveMb: number
}

/** Share of the machine's memory that unfinished messages may hold, and the least: forty clients in the middle of 3 MiB. */
const UNFINISHED = { share: 1 / 8, least: 128 * 1024 ** 2 }

/** `memory`: what this process may use at most (the machine's, or its container's), bytes. */
export function limitsOf(quotas: Quotas, memory = Number.POSITIVE_INFINITY): Limits {
  const unfinished = Math.max(UNFINISHED.least, memory * UNFINISHED.share)
  return {
    ...LIMITS,
    unfinishedBytes: Math.min(LIMITS.unfinishedBytes, unfinished),
    socketsInAll: quotas.maxSockets,
    socketsPerAddress: quotas.maxSocketsPerAddress,
    socketsPerRoom: quotas.maxSocketsPerRoom,
    speakersPerMeeting: quotas.maxSpeakersPerMeeting,
    newRooms: { ...LIMITS.newRooms, burst: quotas.maxNewRooms },
    diskReserve: quotas.diskReserveMb * 1e6,
  }
}
