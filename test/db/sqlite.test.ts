/** The store contract on SQLite files and in memory. */
import { openMemoryStore, openStore } from '../../db/sqlite.ts'
import { storeContract } from '../contract/store.ts'
import { scratch } from './samples.ts'

storeContract('sqlite file', async () => {
  const { directory, remove } = scratch()
  let store = await openStore({ directory })
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openStore({ directory })
      return store
    },
    dispose: async () => {
      await store.close()
      remove()
    },
  }
})

storeContract('sqlite memory', async () => {
  const store = await openMemoryStore()
  return { store, reopen: null, dispose: () => store.close() }
})
