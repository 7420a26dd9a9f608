/** The path as a signal, and links that change it without loading the page again. */
import { computed, signal } from '@preact/signals'

export type Route =
  | { page: 'home' }
  | { page: 'room'; id: string }
  | { page: 'captions'; id: string }
  | { page: 'sessions' }
  | { page: 'session'; id: string }
  | { page: 'settings' }
  | { page: 'sign-in' }
  | { page: 'not-found' }

/** What a path means. Ids are taken as they are; the server decides whether they exist. */
export function routeOf(pathname: string): Route {
  const [first, second, ...rest] = pathname.split('/').filter(Boolean).map(decode)
  if (first === undefined) return { page: 'home' }
  if (rest.length > 0) return { page: 'not-found' }
  if (second !== undefined) {
    if (first === 'r') return { page: 'room', id: second }
    if (first === 'c') return { page: 'captions', id: second }
    if (first === 's') return { page: 'session', id: second }
    return { page: 'not-found' }
  }
  const known = first === 'sessions' || first === 'settings' || first === 'sign-in'
  return { page: known ? first : 'not-found' }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const here = () => (typeof location === 'undefined' ? '/' : location.href.slice(location.origin.length))
const url = signal(here())

export const path = computed(() => url.value.split(/[?#]/)[0] ?? '/')
export const query = computed(() => new URLSearchParams(url.value.split('#')[0]?.split('?')[1] ?? ''))
export const hash = computed(() => url.value.split('#')[1] ?? '')
export const route = computed(() => routeOf(path.value))

/** Goes to an address of this app. `replace` for changes that are not worth a step of Back (filters while typing). */
export function go(address: string, replace = false): void {
  if (address !== here()) history[replace ? 'replaceState' : 'pushState'](null, '', address)
  url.value = here()
  if (!replace) scrollTo(0, 0)
}

/** Back, forward, and plain clicks on links of this app. Returns the closer. */
export function startRouter(): () => void {
  const back = () => {
    url.value = here()
  }
  const click = (event: MouseEvent) => {
    const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const to = link.pathname
    if (routeOf(to).page === 'not-found') return
    event.preventDefault()
    go(link.href.slice(location.origin.length))
  }
  addEventListener('popstate', back)
  addEventListener('click', click)
  return () => {
    removeEventListener('popstate', back)
    removeEventListener('click', click)
  }
}
