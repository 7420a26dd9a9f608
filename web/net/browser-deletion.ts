/** The one DeletionModel of this page: a deletion goes on while the person moves from page to page. */
import { DeletionModel } from '../state/deletion.ts'
import { api } from './browser-api.ts'

export const deletion = new DeletionModel({
  remove: (id) => api.deleteSession(id),
  later: (callback, ms) => setTimeout(callback, ms),
  cancel: (timer) => clearTimeout(timer as number),
})

if (typeof addEventListener === 'function') addEventListener('pagehide', () => deletion.flush())
