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
