/** Path → page. Pages are loaded when they are first needed; the captions page, which must stay small, is here at once. */
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { live } from './i18n/index.ts'
import { CaptionsPage } from './pages/captions.tsx'
import { type Route, route } from './router.ts'

type Page = ComponentType<{ id: string }>

const loaders: Record<Route['page'], () => Promise<Page>> = {
  home: async () => (await import('./pages/home.tsx')).HomePage,
  room: async () => (await import('./pages/room.tsx')).RoomPage,
  captions: async () => CaptionsPage,
  sessions: async () => (await import('./pages/sessions.tsx')).SessionsPage,
  session: async () => (await import('./pages/session.tsx')).SessionPage,
  'sign-in': async () => (await import('./pages/sign-in.tsx')).SignInPage,
  settings: async () => (await import('./pages/settings.tsx')).SettingsPage,
  'not-found': async () => (await import('./pages/not-found.tsx')).NotFoundPage,
}

const loaded: Partial<Record<Route['page'], Page>> = { captions: CaptionsPage }

export function AppRoot() {
  const current = route.value
  const [, refresh] = useState(0)
  const [failed, setFailed] = useState(false)
  const PageView = loaded[current.page]
  const id = 'id' in current ? current.id : ''

  useEffect(() => {
    if (loaded[current.page]) return
    setFailed(false)
    loaders[current.page]().then(
      (page) => {
        loaded[current.page] = page
        refresh((count) => count + 1)
      },
      () => setFailed(true),
    )
  }, [current.page])

  if (PageView) return <PageView key={`${current.page} ${id}`} id={id} />
  if (!failed) return null
  // A part of the app could not be loaded: the server restarted with a new version, or is away.
  return (
    <main class="page narrow" id="main">
      <p role="alert">{live.value.common.offline}</p>
      <button type="button" class="button primary" onClick={() => location.reload()}>
        {live.value.common.retry}
      </button>
    </main>
  )
}
