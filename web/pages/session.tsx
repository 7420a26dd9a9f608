/** Review of a meeting: read, hear, correct, export. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { AppBar } from '../components/app-bar.tsx'
import { FindBar } from '../components/find-bar.tsx'
import { lazy } from '../components/lazy.tsx'
import { useLeftBehind } from '../components/left-behind.tsx'
import type { NotePlace } from '../components/marks-dialog.tsx'
import { PlayerBar } from '../components/player-bar.tsx'
import { ReviewDialogs } from '../components/review-dialogs.tsx'
import { ReviewHead } from '../components/review-head.tsx'
import { useReviewKeys } from '../components/review-keys.ts'
import { showPlace, useUnsureWords } from '../components/review-place.ts'
import { useReviewPlayer } from '../components/review-player.ts'
import { type ReviewDialog, ReviewTools } from '../components/review-tools.tsx'
import { ReviewTranscript } from '../components/review-transcript.tsx'
import { text } from '../i18n/text.ts'
import { createApi } from '../net/api.ts'
import { deletion } from '../net/browser-deletion.ts'
import { go, hash, query } from '../router.ts'
import { useApp } from '../state/app.ts'
import { hideWhileAway } from '../state/brought-back.ts'
import { noteOwner } from '../state/owner.ts'
import { ReviewModel, type ReviewModelValue } from '../state/review.ts'
import { reviewActions } from '../state/review-actions.ts'
import { unsavedLines } from '../state/unsaved-lines.ts'
import { lineAt } from '../state/words.ts'

const SummaryPanel = lazy(async () => (await import('../components/summary-panel.tsx')).SummaryPanel)

export function SessionPage({ id }: { id: string }) {
  useEffect(hideWhileAway, [])
  const t = text.value
  const token = /^[0-9a-z.]{20,}$/.test(hash.peek()) ? hash.peek() : ''
  const api = useMemo(() => createApi((url, init) => fetch(url, init), token), [id])
  const review = useMemo(() => new ReviewModel(api, id), [id])
  const player = useReviewPlayer(review, api.audioUrl(id))
  const [editing, setEditing] = useState<string | null>(null)
  const [dialog, setDialog] = useState<ReviewDialog | null>(null)
  const [note, setNote] = useState<NotePlace | null>(null)
  const wanted = useRef(query.peek().get('q') ?? '')
  const [unsure, setUnsure] = useState(false)
  /** A language model is set up: there may be summaries and answers. */
  const [summaries, setSummaries] = useState(false)
  /** Somebody goes to a place in the text, so all of it has to be there. */
  const [whole, setWhole] = useState(query.peek().has('t'))
  const state = review.state.value
  const session = review.session.value
  const hasAudio = review.hasAudio.value && !player.failed.value

  useEffect(() => {
    void review.load().then(() => {
      // Without a host's token it is the owner who is let in.
      if (!token && review.session.peek()) noteOwner()
    })
    api.abilities().then(
      (abilities) => setSummaries(abilities.summaries),
      () => {},
    )
  }, [id])

  useEffect(() => {
    document.title = `${session?.title || session?.roomTitle || t.common.untitled} · Parley`
  }, [session?.title])

  useUnsureWords(review.utterances.value, unsure)

  const { storage } = useApp()
  const unsaved = useMemo(() => unsavedLines(storage, id, `/s/${id}${token && `#${token}`}`), [id])
  const actions = useMemo(
    () => reviewActions(review, player, unsaved, { hasAudio, setEditing, setNote }),
    [hasAudio, review],
  )
  useLeftBehind(review, unsaved, (utteranceId) => {
    setWhole(true)
    setEditing(utteranceId)
  })
  const goTo = (ms: number, utteranceId?: string) => {
    setWhole(true)
    player.seek(ms)
    showPlace(review, ms, utteranceId)
  }
  const playingIndex = () => lineAt(review.utterances.peek(), player.position.peek())
  const noteHere = () => {
    player.pause()
    const utterance = review.utterances.peek()[playingIndex()] ?? null
    setDialog(null)
    setNote({ utterance, ms: Math.max(utterance?.start ?? 0, player.position.peek()) })
  }
  useReviewKeys(review, player, {
    hasAudio,
    playingIndex,
    edit: (utterance) => actions.editing(utterance.id),
    noteHere,
    toggleUnsure: () => setUnsure((on) => !on),
    showKeys: () => setDialog('keys'),
  })

  if (state === 'not-found' || state === 'failed') return <NoMeeting review={review} />

  return (
    <div class="review" data-playable={hasAudio}>
      <AppBar>
        {state === 'ready' && (
          <FindBar
            review={review}
            initial={wanted.current}
            onWanted={(typed) => {
              wanted.current = typed
            }}
          />
        )}
      </AppBar>
      <main class="page review-page" id="main">
        {session && (
          <ReviewHead review={review} unsure={unsure} onUnsure={() => setUnsure(!unsure)}>
            <ReviewTools
              review={review}
              onOpen={setDialog}
              onDelete={() => {
                player.pause()
                deletion.begin([{ id, title: session.title || session.roomTitle || t.common.untitled }])
                go('/sessions')
              }}
            />
          </ReviewHead>
        )}
        {state === 'loading' && <div class="skeleton" aria-hidden="true" />}
        {state === 'ready' && !review.hasAudio.value && <p class="notice">{t.review.noAudio}</p>}
        {state === 'ready' && review.utterances.value.length === 0 && <p class="quiet">{t.review.empty}</p>}
        {summaries && state === 'ready' && review.utterances.value.length > 0 && (
          <SummaryPanel
            api={api}
            id={id}
            spoken={session?.languages ?? []}
            onMoment={(moment) => goTo(moment.start, moment.utteranceId)}
          />
        )}
        <ReviewTranscript review={review} player={player} editing={editing} actions={actions} whole={whole} />
      </main>
      {hasAudio && <PlayerBar player={player} review={review} id={id} />}
      <ReviewDialogs
        api={api}
        id={id}
        review={review}
        dialog={dialog}
        note={note}
        wanted={wanted.current}
        onNote={noteHere}
        onGo={goTo}
        onClose={() => setDialog(null)}
        onNoteClose={() => setNote(null)}
      />
    </div>
  )
}

/** The meeting is not there, or could not be read. */
function NoMeeting({ review }: { review: ReviewModelValue }) {
  const t = text.value
  const missing = review.state.value === 'not-found'
  return (
    <>
      <AppBar />
      <main class="page narrow centred" id="main">
        <h1>{missing ? t.review.notFound : t.common.somethingWrong}</h1>
        <p class="quiet">{missing ? t.review.notFoundHint : review.problem.value}</p>
        <div class="row">
          {!missing && (
            <button type="button" class="button primary" onClick={() => void review.load()}>
              {t.common.retry}
            </button>
          )}
          <a class="button" href="/sessions">
            {t.common.meetings}
          </a>
        </div>
      </main>
    </>
  )
}
