/** The spool's store in IndexedDB; writes are on disk before they count (strict durability). */
import { CHUNK_BYTES, type SpooledStream, type SpoolStore } from './spool.ts'

interface Chunk {
  stream: string
  offset: number
  end: number
  bytes: Uint8Array
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
    transaction.onerror = () => reject(transaction.error)
  })
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('parley', 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore('streams', { keyPath: 'stream' })
    request.result.createObjectStore('chunks', { keyPath: ['stream', 'offset'] })
  }
  return done(request)
}

/** Null where the browser has no IndexedDB (some private windows). */
export function createSpoolStore(): SpoolStore | null {
  if (typeof indexedDB === 'undefined') return null
  let opening: Promise<IDBDatabase> | null = null
  /** A refused opening, and a connection the browser has closed (site data removed), are tried anew. */
  const forget = () => {
    opening = null
  }
  const database = () => {
    opening ??= open().then((db) => {
      db.onclose = forget
      return db
    })
    opening.catch(forget)
    return opening
  }
  /** Chunks of one stream from `offset` on. */
  const range = (stream: string, offset = 0) =>
    IDBKeyRange.bound([stream, offset], [stream, Number.MAX_SAFE_INTEGER])

  async function write(names: string[], change: (transaction: IDBTransaction) => void): Promise<void> {
    const transaction = (await database()).transaction(names, 'readwrite', { durability: 'strict' })
    change(transaction)
    await committed(transaction)
  }

  async function read(name: string): Promise<IDBObjectStore> {
    return (await database()).transaction(name, 'readonly').objectStore(name)
  }

  return {
    putStream: (stream) =>
      write(['streams'], (transaction) => transaction.objectStore('streams').put(stream)),
    streams: async () => (await done((await read('streams')).getAll())) as SpooledStream[],
    put: (stream, offset, bytes) =>
      write(['chunks'], (transaction) => {
        const chunk: Chunk = { stream, offset, end: offset + bytes.length, bytes }
        transaction.objectStore('chunks').put(chunk)
      }),
    async chunkAt(stream, offset) {
      const before = IDBKeyRange.bound([stream, 0], [stream, offset])
      const last = await done((await read('chunks')).openCursor(before, 'prev'))
      if (last && (last.value as Chunk).end > offset) return last.value as Chunk
      const next = await done((await read('chunks')).openCursor(range(stream, offset)))
      return next ? (next.value as Chunk) : null
    },
    async end(stream) {
      const cursor = await done((await read('chunks')).openCursor(range(stream), 'prev'))
      return cursor ? (cursor.value as Chunk).end : 0
    },
    deleteBelow: (stream, offset) =>
      write(['chunks'], (transaction) => {
        // By where they begin: one that begins so far before it ends before it.
        if (offset >= CHUNK_BYTES)
          transaction
            .objectStore('chunks')
            .delete(IDBKeyRange.bound([stream, 0], [stream, offset - CHUNK_BYTES]))
      }),
    deleteStream: (stream) =>
      write(['streams', 'chunks'], (transaction) => {
        transaction.objectStore('streams').delete(stream)
        transaction.objectStore('chunks').delete(range(stream))
      }),
  }
}
