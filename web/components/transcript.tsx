/** The flowing transcript: follows the newest words until the reader scrolls away, and says how much is new. */
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Mark } from '../../server/core/mark.ts'
import type { Gap, Participant } from '../../server/core/transcript.ts'
import { live } from '../i18n/index.ts'
import type { CaptionsModelValue, Turn } from '../state/captions.ts'
import type { Place, PlaceModelValue } from '../state/place.ts'
import { DownIcon } from './icon.tsx'
import { GapView, MarkView, type Show, TurnView } from './turn.tsx'

/** Within so many pixels of the end the reader is taken to follow. */
const NEAR_END = 100

interface Cached {
  turn: Turn
  person: Participant | undefined
  place: Place | null
  show: Show
  vnode: VNode
}

/** Turns as nodes; an unchanged turn gives the very same node, which Preact then skips. */
function useTurnNodes(
  turns: readonly Turn[],
  people: ReadonlyMap<string, Participant>,
  place: Place | null,
  show: Show,
) {
  const cache = useRef(new Map<string, Cached>())
  const next = new Map<string, Cached>()
  const nodes = turns.map((turn) => {
    const person = people.get(turn.participantId)
    const here = place && turn.lines.some((line) => line.id === place.lineId) ? place : null
    const known = cache.current.get(turn.key)
    const entry =
      known && known.turn === turn && known.person === person && known.place === here && known.show === show
        ? known
        : {
            turn,
            person,
            place: here,
            show,
            vnode: <TurnView key={turn.key} turn={turn} person={person} place={here} show={show} />,
          }
    next.set(turn.key, entry)
    return entry
  })
  cache.current = next
  return nodes
}

/** Turn nodes with the gaps and marks where they belong in time: a section before the turn that it begins. */
function withAsides(nodes: readonly Cached[], gaps: readonly Gap[], marks: readonly Mark[]): VNode[] {
  if (gaps.length + marks.length === 0) return nodes.map((node) => node.vnode)
  const starts = new Map(nodes.map(({ turn }) => [turn.key, turn.start]))
  const waiting = [
    ...gaps.map((gap) => ({ at: gap.start, vnode: <GapView key={gap.id} gap={gap} /> })),
    ...marks.map((mark) => ({
      at: starts.get((mark.kind === 'section' && mark.utteranceId) || '') ?? mark.start,
      vnode: <MarkView key={mark.id} mark={mark} />,
    })),
  ].sort((a, b) => a.at - b.at)
  const out: VNode[] = []
  for (const node of nodes) {
    while (waiting[0] && waiting[0].at <= node.turn.start)
      out.push((waiting.shift() as { vnode: VNode }).vnode)
    out.push(node.vnode)
  }
  for (const { vnode } of waiting) out.push(vnode)
  return out
}

export function Transcript({
  captions,
  place,
  show,
  empty,
}: {
  captions: CaptionsModelValue
  place: PlaceModelValue
  show: Show
  empty: VNode | null
}) {
  const t = live.value.reader
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  const seen = useRef(0)
  const turns = captions.turns.value
  const count = captions.lines.value.length
  const newest = captions.lines.value.at(-1)
  const people = captions.shown.value.participants
  const nodes = useTurnNodes(turns, people, place.place.value, show)
  if (following) seen.current = count

  const toEnd = useMemo(
    () => () => {
      const box = scroller.current
      if (box) box.scrollTop = box.scrollHeight
    },
    [],
  )

  useLayoutEffect(() => {
    if (following) toEnd()
  }, [turns, following])

  // Rotating, the keyboard opening, or larger text change the height: who followed still follows.
  useEffect(() => {
    if (!following || !content.current || !scroller.current) return
    const observer = new ResizeObserver(toEnd)
    observer.observe(content.current)
    observer.observe(scroller.current)
    return () => observer.disconnect()
  }, [following])

  useEffect(() => {
    if (place.visits.value === 0) return
    setFollowing(false)
    scroller.current?.querySelector('.place')?.scrollIntoView({ block: 'center' })
  }, [place.visits.value])

  useEffect(() => {
    const back = () => {
      setFollowing(true)
      toEnd()
    }
    addEventListener('parley-live', back)
    return () => removeEventListener('parley-live', back)
  }, [])

  const scrolled = () => {
    const box = scroller.current
    if (!box) return
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END
    if (near !== following) setFollowing(near)
  }

  const mark = (event: MouseEvent) => {
    const word = (event.target as Element).closest<HTMLElement>('.w')
    const line = word?.closest<HTMLElement>('.line')
    if (!word || !line || !getSelection()?.isCollapsed) return
    place.mark({ lineId: line.dataset.line ?? '', key: Number(word.dataset.k) })
  }

  return (
    <div class="transcript-frame">
      <div
        class="transcript"
        ref={scroller}
        onScroll={scrolled}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t.transcript}
      >
        {/* biome-ignore lint/a11y: marking a place has its own key (H); clicking is the shortcut for pointers */}
        <div class="transcript-text" ref={content} onClick={mark}>
          {count === 0 ? empty : withAsides(nodes, captions.gaps.value, captions.marks.value)}
        </div>
      </div>
      {!following && (
        <button type="button" class="to-live" onClick={() => dispatchEvent(new Event('parley-live'))}>
          <DownIcon size={16} />
          <span>{t.jump(Math.max(0, count - seen.current))}</span>
          {newest && (
            <span class="to-live-text" dir="auto">
              {newest.words
                .slice(-6)
                .map((word) => word.text)
                .join('')
                .trim()}
            </span>
          )}
        </button>
      )}
    </div>
  )
}
