/** Home: start a meeting with one press, or join one; what is live and what was. */
import { useEffect, useState } from 'preact/hooks'
import type { SessionSummary } from '../../db/store.ts'
import { AppBar } from '../components/app-bar.tsx'
import { FileDrop, UploadList } from '../components/file-drop.tsx'
import { secureAddress } from '../components/secure-address.ts'
import { SessionCard } from '../components/session-card.tsx'
import { StartForm } from '../components/start-form.tsx'
import { text } from '../i18n/text.ts'
import { ApiError, type RoomInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { go } from '../router.ts'
import { hideWhileAway } from '../state/brought-back.ts'
import { noteOwner, owner } from '../state/owner.ts'
import { roomIdFrom } from '../state/room-id.ts'

/** One after the other, so that whoever may not see them is refused once. */
async function lists() {
  const rooms = await api.rooms()
  return [rooms, await api.sessions({ limit: 6 })] as const
}

export function HomePage() {
  useEffect(hideWhileAway, [])
  const t = text.value
  const [live, setLive] = useState<RoomInfo[]>([])
  const [recent, setRecent] = useState<SessionSummary[] | null>(null)
  const [offline, setOffline] = useState(false)

  useEffect(() => {
    document.title = 'Parley'
    let stopped = false
    let asking = false
    const load = () => {
      // A guest is refused, which counts against them: not asked again, nor before the answer is there.
      if (asking || document.hidden || owner.peek() === false) return
      asking = true
      const asked = lists().finally(() => {
        asking = false
      })
      asked.then(
        ([rooms, sessions]) => {
          noteOwner()
          if (stopped) return
          setLive(rooms.rooms.filter((room) => room.session))
          setRecent(sessions.sessions.filter((session) => session.endedAt !== null).slice(0, 5))
          setOffline(false)
        },
        (error) => {
          noteOwner(error)
          // Whoever does not own this server sees no lists here; that is no fault.
          if (!stopped) setOffline(!(error instanceof ApiError && error.status > 0))
        },
      )
    }
    load()
    const timer = setInterval(load, 5_000)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }, [])

  return (
    <>
      <AppBar />
      <main class="page home" id="main">
        <section class="hero">
          <h1>{t.common.tagline}</h1>
          <StartForm />
          <JoinForm />
          <FileDrop />
          <SecureNote />
          <LocalNote />
        </section>
        {offline && (
          <p class="notice warn" role="alert">
            {t.common.offline}
          </p>
        )}
        <UploadList />
        {live.length > 0 && (
          <section aria-labelledby="live">
            <h2 id="live">{t.home.live}</h2>
            <ul class="cards">
              {live.map((room) => (
                <li key={room.room.id}>
                  <LiveCard info={room} />
                </li>
              ))}
            </ul>
          </section>
        )}
        {recent && recent.length > 0 && (
          <section aria-labelledby="recent">
            <div class="section-head">
              <h2 id="recent">{t.home.recent}</h2>
              <a href="/sessions">{t.home.all}</a>
            </div>
            <ul class="cards">
              {recent.map((session) => (
                <li key={session.id}>
                  <SessionCard session={session} />
                </li>
              ))}
            </ul>
          </section>
        )}
        {recent?.length === 0 && live.length === 0 && (
          <section class="steps" aria-labelledby="steps">
            <h2 id="steps">{t.home.stepsTitle}</h2>
            <ol>
              {t.home.steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </section>
        )}
      </main>
    </>
  )
}

/** Only where it is true: a recogniser elsewhere hears what is said. */
function LocalNote() {
  const [local, setLocal] = useState(false)
  useEffect(() => {
    api.info().then(
      (info) => setLocal(info.engine.backend !== 'openai'),
      () => {},
    )
  }, [])
  return <p class="quiet small">{local ? text.value.home.localOnly : '\u00a0'}</p>
}

/** On plain HTTP reading works, speaking does not: says so, and where it does. */
function SecureNote() {
  const t = text.value.home
  const [secure, setSecure] = useState<string | null>(null)
  useEffect(() => {
    if (!isSecureContext)
      api.info().then(
        (info) => setSecure(secureAddress(info)),
        () => {},
      )
  }, [])
  if (isSecureContext || !secure) return null
  return (
    <p class="notice">
      {t.insecure} <a href={secure}>{t.openSecure}</a>
    </p>
  )
}

function JoinForm() {
  const t = text.value.home
  const [value, setValue] = useState('')
  const [bad, setBad] = useState(false)
  return (
    <form
      class="join-form"
      onSubmit={(event) => {
        event.preventDefault()
        const id = roomIdFrom(value)
        const token = /#(.+)$/.exec(value.trim())?.[0] ?? ''
        if (id) go(`/r/${id}${token}`)
        else setBad(true)
      }}
    >
      <label for="join-code">{t.joinTitle}</label>
      <div class="field-row">
        <input
          id="join-code"
          class="input"
          value={value}
          placeholder={t.joinHint}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={bad}
          aria-describedby={bad ? 'join-bad' : undefined}
          onInput={(event) => {
            setValue(event.currentTarget.value)
            setBad(false)
          }}
        />
        <button type="submit" class="button" disabled={value.trim() === ''}>
          {t.join}
        </button>
      </div>
      {bad && (
        <p class="field-error" id="join-bad" role="alert">
          {t.joinBad}
        </p>
      )}
    </form>
  )
}

function LiveCard({ info }: { info: RoomInfo }) {
  const t = text.value
  const title = info.session?.title || info.room.settings.title || info.room.id
  return (
    <a class="card" href={`/r/${info.room.id}`}>
      <span class="live-badge">{t.reader.live}</span>
      <strong dir="auto">{title}</strong>
      <span class="quiet small">
        {t.home.people(info.present.length)}
        {info.viewers > 0 && ` · ${t.home.watching(info.viewers)}`}
      </span>
    </a>
  )
}
