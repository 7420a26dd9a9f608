/** What needs an answer right now: ended, taken over, a lost device, a paused reading. One at a time, the gravest first. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { CaptureProblem } from '../audio/problem.ts'
import { problemText } from '../i18n/problem.ts'
import { text } from '../i18n/text.ts'
import type { ServerInfo } from '../net/api-types.ts'
import { createRoomApi, roomApi } from '../net/room-api.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import type { RefusedReason, StateLine } from '../state/state-line.ts'
import { useFocusIfLost } from './focus.ts'
import { ProblemCard } from './problem-card.tsx'
import { secureAddress } from './secure-address.ts'

interface OfScreen {
  screen: RoomScreenValue
}

export function RoomBanner({ screen, line }: OfScreen & { line: StateLine }) {
  const { room, captions, microphone } = screen
  const phase = screen.phase.value
  const mic = microphone.state.value
  if (line.kind === 'ended') return <Ended screen={screen} />
  if (line.kind === 'queued') return <Queued screen={screen} place={line.place} />
  if (line.kind === 'refused') return <Refused screen={screen} reason={line.reason} />
  if (phase === 'speaking' && mic.kind === 'failed')
    return <MicrophoneLost screen={screen} problem={mic.problem} />
  if (room.transcript.value.offRecord && line.kind === 'off-the-record')
    return <OffTheRecord screen={screen} />
  if (screen.silenced.value && phase === 'speaking') return <Silenced screen={screen} />
  if (screen.playedFile.value && phase === 'watching') return <FilePlayed screen={screen} />
  if (captions.paused.value || captions.behind.value > 1) return <Behind screen={screen} />
  if (room.error.value && line.kind !== 'reconnecting') return <Trouble screen={screen} />
  return null
}

/** The way to the transcript, for those to whom it is open: the host, also one who only watches. */
function Ended({ screen }: OfScreen) {
  const t = text.value.room
  const { session } = screen.room.transcript.value
  const token = screen.token.peek()
  const host = screen.room.me.peek()?.role === 'host'
  const [open, setOpen] = useState(host)
  useEffect(() => {
    if (host) return
    const api = createRoomApi((url, init) => fetch(url, init), token)
    api.room(screen.id.peek()).then(
      ({ rights }) => setOpen(rights.host),
      () => {},
    )
  }, [])
  // Whoever ended it stood on a button that is gone.
  const link = useFocusIfLost<HTMLAnchorElement>(host)
  return (
    <div class="banner" role="status">
      <strong>{t.ended}</strong>
      {session && open && screen.room.settings.value?.keep.what !== 'nothing' && (
        <a class="button" ref={link} href={`/s/${session.id}${token && `#${token}`}`}>
          {t.seeTranscript}
        </a>
      )}
    </div>
  )
}

function Queued({ screen, place }: OfScreen & { place: number }) {
  const t = text.value
  return (
    <div class="banner" role="status">
      <strong>{t.access.queued(place)}</strong>
      <Answer onClick={() => void screen.stopSpeaking()}>{t.join.watch}</Answer>
    </div>
  )
}

function Refused({ screen, reason }: OfScreen & { reason: RefusedReason }) {
  const t = text.value
  const error = screen.room.error.value
  const why = () => {
    if (reason === 'taken-over') return t.room.takenOver
    if (reason === 'withdrawn') return t.state.withdrawn
    return error ? problemText(error) : t.state.other
  }
  return (
    <div class="banner warn" role="alert">
      <strong>{why()}</strong>
      <div class="row">
        {reason === 'taken-over' && <Answer onClick={() => screen.speak(false)}>{t.room.takeBack}</Answer>}
        {reason !== 'withdrawn' && <Answer onClick={() => screen.watch()}>{t.join.watch}</Answer>}
      </div>
    </div>
  )
}

function MicrophoneLost({ screen, problem }: OfScreen & { problem: CaptureProblem }) {
  const [server, setServer] = useState<ServerInfo | null>(null)
  useEffect(() => {
    if (problem === 'insecure') roomApi.info().then(setServer, () => {})
  }, [problem])
  return (
    <div class="banner plain">
      <ProblemCard
        problem={problem}
        secureUrl={secureAddress(server)}
        onRetry={() => void screen.microphone.start()}
      />
    </div>
  )
}

function OffTheRecord({ screen }: OfScreen) {
  const t = text.value
  return (
    <div class="banner warn" role="status">
      <div>
        <strong>{t.state.offRecord}</strong>{' '}
        <span>{screen.microphone.withheld.value ? t.tools.offHint : t.tools.offListening}</span>
      </div>
      {screen.room.me.value?.role === 'host' && (
        <Answer onClick={() => screen.offTheRecord(false)}>{t.tools.backOn}</Answer>
      )}
    </div>
  )
}

function Silenced({ screen }: OfScreen) {
  const t = text.value
  return (
    <div class="banner warn" role="alert">
      <strong>{t.tools.youAreMuted}</strong>
      <Answer onClick={() => screen.toggleMute()}>{t.room.unmute}</Answer>
    </div>
  )
}

function FilePlayed({ screen }: OfScreen) {
  const t = text.value
  const forget = () => {
    screen.playedFile.value = ''
  }
  return (
    <div class="banner" role="status">
      <strong>{t.room.filePlayed(screen.playedFile.value)}</strong>
      <div class="row">
        <Answer onClick={() => screen.toLobby()}>{t.room.anotherFile}</Answer>
        <Answer onClick={forget}>{t.common.close}</Answer>
      </div>
    </div>
  )
}

function Behind({ screen: { captions } }: OfScreen) {
  const t = text.value
  const paused = captions.paused.value
  return (
    <div class="banner" role="status">
      <strong>{paused ? t.reader.paused : t.reader.behind(captions.behind.value)}</strong>
      <div class="row">
        {paused && <Answer onClick={() => captions.resume(false)}>{t.room.catchUp}</Answer>}
        <Answer primary onClick={() => captions.resume(true)}>
          {t.reader.toLive}
        </Answer>
      </div>
    </div>
  )
}

function Trouble({ screen: { room } }: OfScreen) {
  const error = room.error.value
  return (
    error && (
      <div class="banner warn" role="alert">
        <span>{problemText(error)}</span>
        <Answer onClick={() => room.dismissError()}>{text.value.common.close}</Answer>
      </div>
    )
  )
}

interface AnswerProps {
  primary?: boolean
  onClick: () => void
  children: ComponentChildren
}

function Answer({ primary, onClick, children }: AnswerProps) {
  return (
    <button type="button" class={primary ? 'button primary' : 'button'} onClick={onClick}>
      {children}
    </button>
  )
}
