/** What `parley transcribe` can be given: files, addresses, pipes, standard input. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../core/error.ts'

export const isAddress = (source: string) => /^https?:\/\//i.test(source)

/** Before anything is loaded: a misspelt name should not cost half a minute. */
export function checkSource(source: string): void {
  if (source === '-' || isAddress(source)) return
  if (!existsSync(source)) throw new AppError('not-found', `There is no file ${source}.`)
  if (statSync(source).isDirectory())
    throw new AppError('invalid', `${source} is a directory. Name the files in it: ${join(source, '*')}`)
}

/** Standard input, an address, a pipe such as `<(ffmpeg …)`: read once, from the front, with an end nobody knows yet. */
export const isStream = (source: string) => source === '-' || isAddress(source) || !statSync(source).isFile()

/** A stream's bytes, as they arrive. `stdin`: instead of this program's own. */
export async function openStream(
  source: string,
  { stdin, signal }: { stdin?: AsyncIterable<Uint8Array>; signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array>> {
  if (source === '-') return stdin ?? Bun.stdin.stream()
  return isAddress(source) ? download(source, signal) : createReadStream(source)
}

async function download(address: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(address, { signal }).catch((cause) => {
    throw new AppError('unavailable', `${new URL(address).host} cannot be reached.`, { cause })
  })
  if (!response.ok || !response.body)
    throw new AppError(
      'not-found',
      `${new URL(address).host} answered ${response.status} ${response.statusText}.`,
    )
  return response.body
}
