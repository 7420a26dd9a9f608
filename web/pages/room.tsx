/** A room by its link: pre-flight first, then the room itself, on one connection. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { AppBar } from '../components/app-bar.tsx'
import { JoinCard } from '../components/join-card.tsx'
import { RoomView } from '../components/room-view.tsx'
import { text } from '../i18n/text.ts'
import { ApiError, type RoomInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { hash, query } from '../router.ts'
import { useApp } from '../state/app.ts'
import { RoomScreen } from '../state/room-screen.ts'

export function RoomPage({ id }: { id: string }) {
  const app = useApp()
  const screen = useMemo(() => new RoomScreen(app, id, hash.peek(), query.peek()), [id])
  const [info, setInfo] = useState<RoomInfo | null>(null)
  const [missing, setMissing] = useState(false)
  const [offline, setOffline] = useState(false)

  useEffect(() => {
    void screen.resume()
    const nudge = () => {
      if (!document.hidden) screen.room.nudge()
    }
    const doubt = () => screen.room.doubt()
    addEventListener('online', nudge)
    addEventListener('offline', doubt)
    document.addEventListener('visibilitychange', nudge)
    return () => {
      removeEventListener('online', nudge)
      removeEventListener('offline', doubt)
      document.removeEventListener('visibilitychange', nudge)
      screen.close()
      screen[Symbol.dispose]()
    }
  }, [screen])

  useEffect(() => {
    let stopped = false
    const load = () => {
      if (screen.phase.peek() !== 'lobby') return
      api.room(id).then(
        (next) => {
          if (stopped) return
          setInfo(next)
          setOffline(false)
        },
        (error) => {
          if (stopped) return
          if (error instanceof ApiError && error.status === 404) setMissing(true)
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
        {missing ? (
          <div class="centred">
            <h1>{t.join.notFound}</h1>
            <p class="quiet">{t.join.notFoundHint}</p>
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
