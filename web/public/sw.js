/** Service worker: keeps the app's own shell (page, scripts, styles, icons) so that it can be installed and opens at once. Nothing that anybody said ever passes through it. */

const CACHE = 'parley-shell-1'
/** Files of older builds leave as newer ones come. */
const MOST = 120
/** The bundle's files carry their content's hash in their name. */
const ASSET = /^\/[\w.-]+\.(?:js|css|woff2)$/
const STEADY = new Set(['/icon.svg', '/icon-192.png', '/icon-512.png', '/manifest.webmanifest'])

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.add('/'))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    // Pages only: exports, audio and the API's documentation are the server's own answers.
    if (/^\/(?:$|[rcs]\/[^/]+$|sessions$|settings$)/.test(url.pathname)) event.respondWith(page(request))
  } else if (STEADY.has(url.pathname)) event.respondWith(fresh(request))
  else if (ASSET.test(url.pathname) && url.pathname !== '/sw.js' && !url.pathname.includes('worklet'))
    event.respondWith(asset(request))
})

/** Newest page first; without the server the shell, which says so itself. */
async function page(request) {
  try {
    const response = await fetch(request)
    if (response.ok) await put('/', response.clone())
    return response
  } catch (error) {
    return (await caches.match('/')) ?? Promise.reject(error)
  }
}

async function fresh(request) {
  try {
    const response = await fetch(request)
    if (response.ok) await put(request, response.clone())
    return response
  } catch (error) {
    return (await caches.match(request)) ?? Promise.reject(error)
  }
}

async function asset(request) {
  const known = await caches.match(request)
  if (known) return known
  const response = await fetch(request)
  if (response.ok) await put(request, response.clone())
  return response
}

async function put(request, response) {
  const cache = await caches.open(CACHE)
  await cache.put(request, response)
  const keys = await cache.keys()
  for (const key of keys.slice(0, Math.max(0, keys.length - MOST)))
    if (new URL(key.url).pathname !== '/') await cache.delete(key)
}
