/** The REST client of this page. */
import { createApi } from './api.ts'

export const api = createApi((url, init) => fetch(url, init))
