/** The whole catalogue in use; apart from index.ts so that the captions page does not carry it. */
import { computed } from '@preact/signals'
import { en } from './en.ts'
import { foreign } from './index.ts'

export const text = computed(() => foreign.value ?? en)
