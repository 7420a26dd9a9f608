/** Builds the state once and renders the app. */
import { render } from 'preact'
import { AppRoot } from './app.tsx'
import { startRouter } from './router.ts'
import { AppContext, createApp } from './state/app.ts'

const root = document.getElementById('app')
if (root) {
  startRouter()
  render(
    <AppContext.Provider value={createApp()}>
      <AppRoot />
    </AppContext.Provider>,
    root,
  )
}

// A stream's overlay is never a guest of an older build; on plain HTTP there is no service worker anyway.
if (!/[?&]overlay/.test(location.search)) {
  navigator.serviceWorker
    ?.register('/sw.js')
    .then(() => navigator.serviceWorker.ready)
    // Kept with the shell, so that the app opens without the server too; who came for a meeting loads nothing else.
    .then(async () => {
      if (!/^\/[cr]\//.test(location.pathname)) await import('./pages/home.tsx')
    })
    .catch(() => {})
}
