/** The one DeletionModel of this page: a deletion goes on while the person moves from page to page. */

import { later } from '../later.ts'
import { DeletionModel } from '../state/deletion.ts'
import { api } from './browser-api.ts'

export const deletion = new DeletionModel({
  remove: (id) => api.deleteSession(id),
  later,
})

if (typeof addEventListener === 'function') addEventListener('pagehide', () => deletion.flush())
