/** A room by its link: pre-flight first, then the room itself, on one connection. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { AppBar } from '../components/app-bar.tsx'
import { JoinCard } from '../components/join-card.tsx'
import { RoomView } from '../components/room-view.tsx'
import { useScreen } from '../components/screen-lifetime.ts'
import { text } from '../i18n/text.ts'
import type { RoomInfo } from '../net/api-types.ts'
import { ApiError } from '../net/json-call.ts'
import { createRoomApi } from '../net/room-api.ts'
import { go, hash, query } from '../router.ts'
import { useApp } from '../state/app.ts'
import { roomToken } from '../state/identity.ts'
import { RoomScreen } from '../state/room-screen.ts'

export function RoomPage({ id }: { id: string }) {
  const app = useApp()
  const screen = useMemo(() => new RoomScreen(app, id, hash.peek(), query.peek()), [id])
  const [info, setInfo] = useState<RoomInfo | null>(null)
  const api = useMemo(() => createRoomApi((url, init) => fetch(url, init), screen.token.peek()), [screen])
  /** Why there is no way in here. */
  const [closed, setClosed] = useState<'missing' | 'withdrawn' | 'locked' | null>(null)
  const [offline, setOffline] = useState(false)

  useScreen(screen, () => void screen.resume())

  useEffect(() => {
    // Addresses are copied, photographed and shown: a host's secret stays in this browser, if it keeps one.
    const host = hash.peek().split('.').length === 3
    if (host && roomToken(app.storage, id, '', new URLSearchParams()) === hash.peek())
      go(location.pathname + location.search, true)
  }, [id])

  useEffect(() => {
    let stopped = false
    // Asking again with a link that is refused counts against this address.
    let refused = false
    const load = () => {
      if (screen.phase.peek() !== 'lobby' || refused) return
      api.room(id).then(
        (next) => {
          if (stopped) return
          setInfo(next)
          setClosed(null)
          setOffline(false)
          // A reading link is for reading: no questions first.
          screen.canSpeak.value = next.rights.speak
          if (!next.rights.speak) screen.watch()
        },
        (error) => {
          if (stopped) return
          if (!(error instanceof ApiError)) return setOffline(true)
          refused = error.status === 401 || error.status === 403 || error.status === 404
          if (error.status === 404) setClosed('missing')
          else if (refused) setClosed(error.code === 'withdrawn' ? 'withdrawn' : 'locked')
          else setOffline(true)
        },
      )
    }
    load()
    const timer = setInterval(load, 4_000)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }, [id])

  const t = text.value
  const phase = screen.phase.value
  if (phase === 'resuming')
    return (
      <main class="page narrow centred" id="main">
        <p role="status">{t.room.resuming}</p>
      </main>
    )
  if (phase !== 'lobby') return <RoomView screen={screen} />
  document.title = `${t.home.join} ${info?.room.settings.title || id} · Parley`
  return (
    <>
      <AppBar />
      <main class="page narrow" id="main">
        {closed ? (
          <div class="centred" data-closed={closed}>
            <h1>
              {{ missing: t.join.notFound, withdrawn: t.state.withdrawn, locked: t.access.needsLink }[closed]}
            </h1>
            <p class="quiet">{closed === 'missing' ? t.join.notFoundHint : t.access.askForLink}</p>
            <a class="button primary" href="/">
              {t.common.home}
            </a>
          </div>
        ) : (
          <>
            {offline && (
              <p class="notice warn" role="alert">
                {t.common.offline}
              </p>
            )}
            <JoinCard screen={screen} info={info} id={id} />
          </>
        )}
      </main>
    </>
  )
}
