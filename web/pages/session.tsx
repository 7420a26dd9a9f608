/** Review of a meeting: read, hear, correct, take away. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Mark } from '../../db/store.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import { AppBar } from '../components/app-bar.tsx'
import { FindBar } from '../components/find-bar.tsx'
import { setHighlight, type TextRange, textNodeOf } from '../components/highlights.ts'
import { lazy } from '../components/lazy.tsx'
import type { NotePlace } from '../components/marks-dialog.tsx'
import { PlayerBar } from '../components/player-bar.tsx'
import { ReviewHead } from '../components/review-head.tsx'
import { type ReviewDialog, ReviewTools } from '../components/review-tools.tsx'
import { ReviewTranscript } from '../components/review-transcript.tsx'
import { sameName } from '../components/review-turn.tsx'
import { useShortcuts } from '../components/shortcuts.ts'
import { useUndoKeys } from '../components/undo-keys.ts'
import { text } from '../i18n/text.ts'
import { createApi } from '../net/api.ts'
import { deletion } from '../net/browser-deletion.ts'
import { go, hash, query } from '../router.ts'
import { noteOwner } from '../state/owner.ts'
import { PlayerModel } from '../state/player.ts'
import { ReviewModel, type ReviewModelValue } from '../state/review.ts'
import { wordAtTime, wordRanges } from '../state/words.ts'

const ExportDialog = lazy(async () => (await import('../components/export-dialog.tsx')).ExportDialog)
const SummaryPanel = lazy(async () => (await import('../components/summary-panel.tsx')).SummaryPanel)
const ReplaceDialog = lazy(async () => (await import('../components/replace-dialog.tsx')).ReplaceDialog)
const MarksDialog = lazy(async () => (await import('../components/marks-dialog.tsx')).MarksDialog)
const NoteDialog = lazy(async () => (await import('../components/marks-dialog.tsx')).NoteDialog)
const VersionsDialog = lazy(async () => (await import('../components/versions-dialog.tsx')).VersionsDialog)
const ShortcutsSheet = lazy(async () => (await import('../components/shortcuts-sheet.tsx')).ShortcutsSheet)

/** A hit is heard from a little before, so that its sentence makes sense. */
const BEFORE_MS = 2_000
const UNSURE = 0.5

export function SessionPage({ id }: { id: string }) {
  const t = text.value
  const token = /^[0-9a-z.]{20,}$/.test(hash.peek()) ? hash.peek() : ''
  const api = useMemo(() => createApi((url, init) => fetch(url, init), token), [id])
  const review = useMemo(() => new ReviewModel(api, id), [id])
  const player = useMemo(() => {
    const audio = new Audio()
    audio.preload = 'metadata'
    audio.preservesPitch = true
    return { audio, model: new PlayerModel({ audio, frame }) }
  }, [id])
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
  const hasAudio = review.hasAudio.value && !player.model.failed.value

  useEffect(() => {
    void review.load().then(() => {
      // Without a host's token it is the owner who is let in.
      if (!token && review.session.peek()) noteOwner()
    })
    api.abilities().then(
      (abilities) => setSummaries(abilities.summaries),
      () => {},
    )
    return () => {
      player.model.close()
      player.audio.removeAttribute('src')
    }
  }, [id])

  useEffect(() => {
    if (state !== 'ready') return
    if (review.hasAudio.peek()) player.audio.src = api.audioUrl(id)
    const asked = Number(query.peek().get('t') ?? Number.NaN)
    if (!Number.isFinite(asked)) return
    player.model.seek(Math.max(0, asked - BEFORE_MS))
    // Only a click may start sound; coming from the search is one.
    if (navigator.userActivation?.isActive && review.hasAudio.peek()) void player.model.play()
    showPlace(review, asked)
  }, [state])

  useEffect(() => {
    document.title = `${session?.title || session?.roomTitle || t.common.untitled} · Parley`
  }, [session?.title])

  useEffect(() => {
    const ranges: TextRange[] = []
    if (unsure)
      for (const utterance of review.utterances.value) {
        const node = textNodeOf(utterance.id)
        const places = wordRanges(utterance.committed)
        utterance.committed.forEach((word, index) => {
          const place = places[index]
          if (node && place && word.probability < UNSURE) ranges.push({ node, from: place[0], to: place[1] })
        })
      }
    setHighlight('unsure', ranges)
  }, [unsure, review.utterances.value])

  const actions = useMemo(
    () => ({
      hasAudio,
      playFrom: (ms: number) => player.model.playFrom(ms),
      save: (utteranceId: string, words: string) => review.edit(utteranceId, words),
      editing: (utteranceId: string | null) => {
        if (utteranceId) player.model.pause()
        setEditing(utteranceId)
      },
      operate: review.operate,
      star: (utterance: Utterance) => void review.toggleStar(utterance),
      note: (utterance: Utterance, mark?: Mark) =>
        setNote({ utterance, ms: mark?.start ?? utterance.start, mark }),
      original: async (utteranceId: string) => (await review.revisions(utteranceId))?.original?.text ?? null,
      previous: (utteranceId: string) => neighbour(review, utteranceId, -1),
      next: (utteranceId: string) => neighbour(review, utteranceId, 1),
      people: () => review.speakers.peek(),
      rename: (participantId: string, name: string) => {
        const other = review.speakers.peek().find((each) => each.id !== participantId && each.name === name)
        if (other) void review.operate({ kind: 'merge-speakers', from: participantId, into: other.id })
        else void review.renameSpeaker(participantId, name)
      },
      give: (utteranceIds: string[], name: string) => {
        const other = review.speakers.peek().find((each) => sameName(each.name, name))
        const who = other ? { participantId: other.id } : { name }
        void review.operate({ kind: 'speaker', utteranceIds, ...who })
      },
      others: (participantId: string) => [
        ...new Set(
          review.speakers
            .peek()
            .filter((person) => person.id !== participantId)
            .map((person) => person.name),
        ),
      ],
    }),
    [hasAudio, review],
  )

  const goTo = (ms: number, utteranceId?: string) => {
    setWhole(true)
    player.model.seek(ms)
    showPlace(review, ms, utteranceId)
  }
  /** The line that sounds, or did last. */
  const playingIndex = () => {
    const [all, ms] = [review.utterances.peek(), player.model.position.peek()]
    return (
      wordAtTime(all, ms)?.utterance ??
      Math.max(
        0,
        all.findLastIndex((each) => each.start <= ms),
      )
    )
  }
  const jump = (direction: 1 | -1) => {
    const all = review.utterances.peek()
    const now = playingIndex()
    const speaker = all[now]?.participantId
    const next =
      direction > 0
        ? all.findIndex((each, index) => index > now && each.participantId !== speaker)
        : all.findLastIndex((each, index) => index < now && each.participantId !== speaker)
    const target = all[next]
    if (target) player.model.playFrom(target.start)
  }
  const noteHere = () => {
    player.model.pause()
    const utterance = review.utterances.peek()[playingIndex()] ?? null
    setDialog(null)
    setNote({ utterance, ms: Math.max(utterance?.start ?? 0, player.model.position.peek()) })
  }
  useUndoKeys(review.undo, review.redo)
  useShortcuts({
    ' ': () => hasAudio && player.model.toggle(),
    k: () => hasAudio && player.model.toggle(),
    j: () => player.model.skip(-5_000),
    l: () => player.model.skip(5_000),
    ArrowLeft: () => player.model.skip(-5_000),
    ArrowRight: () => player.model.skip(5_000),
    '[': () => player.model.faster(-1),
    ']': () => player.model.faster(1),
    n: () => jump(1),
    b: () => jump(-1),
    e: () => actions.editing(review.utterances.peek()[playingIndex()]?.id ?? null),
    s: () => {
      const line = review.utterances.peek()[playingIndex()]
      if (line) void review.toggleStar(line)
    },
    m: () => noteHere(),
    u: () => setUnsure((on) => !on),
    '/': () => dispatchEvent(new Event('parley-find')),
    '?': () => setDialog('keys'),
  })

  if (state === 'not-found' || state === 'failed')
    return (
      <>
        <AppBar />
        <main class="page narrow centred" id="main">
          <h1>{state === 'not-found' ? t.review.notFound : t.common.somethingWrong}</h1>
          <p class="quiet">{state === 'not-found' ? t.review.notFoundHint : review.problem.value}</p>
          <div class="row">
            {state === 'failed' && (
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
                player.model.pause()
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
        <ReviewTranscript
          review={review}
          player={player.model}
          editing={editing}
          actions={actions}
          whole={whole}
        />
      </main>
      {hasAudio && <PlayerBar player={player.model} review={review} id={id} />}
      {dialog === 'export' && session && (
        <ExportDialog api={api} id={id} review={review} onClose={() => setDialog(null)} />
      )}
      {dialog === 'replace' && (
        <ReplaceDialog review={review} initial={wanted.current} onClose={() => setDialog(null)} />
      )}
      {dialog === 'marks' && (
        <MarksDialog
          review={review}
          onClose={() => setDialog(null)}
          onNote={noteHere}
          onGo={(mark) => {
            setDialog(null)
            goTo(mark.start, mark.utteranceId ?? undefined)
          }}
        />
      )}
      {dialog === 'versions' && (
        <VersionsDialog
          api={api}
          id={id}
          review={review}
          onGo={(ms) => {
            setDialog(null)
            goTo(ms)
          }}
          onClose={() => setDialog(null)}
        />
      )}
      {note && <NoteDialog review={review} place={note} onClose={() => setNote(null)} />}
      {dialog === 'keys' && <ShortcutsSheet of="review" onClose={() => setDialog(null)} />}
    </div>
  )
}

/** The line before or after, when it is the same speaker's. */
function neighbour(review: ReviewModelValue, utteranceId: string, step: 1 | -1): string | null {
  const all = review.utterances.peek()
  const at = all.findIndex((each) => each.id === utteranceId)
  const other = all[at + step]
  return other && other.participantId === all[at]?.participantId ? other.id : null
}

function frame(callback: () => void): () => void {
  const id = requestAnimationFrame(callback)
  return () => cancelAnimationFrame(id)
}

/** Brings a moment into view and lights its word; the keyboard goes on from a line that is named. */
function showPlace(review: ReviewModelValue, ms: number, utteranceId?: string): void {
  // The text may only now be completed: one frame to draw it, one to find its place.
  const soon = (show: () => void) => requestAnimationFrame(() => requestAnimationFrame(show))
  soon(() => {
    const utterances = review.utterances.peek()
    const place = wordAtTime(utterances, ms)
    const utterance =
      utterances.find((each) => each.id === utteranceId) ??
      (place ? utterances[place.utterance] : utterances.find((each) => each.start >= ms))
    if (!utterance) return
    const node = textNodeOf(utterance.id)
    const line = node?.parentElement
    line?.scrollIntoView({ block: 'center' })
    if (utteranceId && line?.parentElement) {
      // Only now part of the way of the keyboard, and never a stop of its Tab key.
      line.parentElement.tabIndex = -1
      line.parentElement.focus({ preventScroll: true })
    }
    const at = utterances.indexOf(utterance)
    const range = wordRanges(utterance.committed)[place?.utterance === at ? place.word : 0]
    if (node && range) setHighlight('now', [{ node, from: range[0], to: range[1] }])
  })
}
