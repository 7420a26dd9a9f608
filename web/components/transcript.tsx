/** The flowing transcript: follows the newest words until the reader scrolls away, and says how much is new. */
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Mark } from '../../server/core/mark.ts'
import type { Gap } from '../../server/core/transcript.ts'
import { live } from '../i18n/index.ts'
import type { CaptionsModelValue, Turn } from '../state/captions.ts'
import type { PlaceModelValue } from '../state/place.ts'
import { DownIcon } from './icon.tsx'
import { GapView, MarkView, type Show, TurnView } from './turn.tsx'

/** Within so many pixels of the end the reader is taken to follow. */
const NEAR_END = 100

/** Turns with the gaps and marks where they belong in time: a section before the turn that it begins. */
function withAsides(
  turns: readonly Turn[],
  nodes: readonly VNode[],
  gaps: readonly Gap[],
  marks: readonly Mark[],
): VNode[] {
  if (gaps.length + marks.length === 0) return [...nodes]
  const starts = new Map(turns.map(({ key, start }) => [key, start]))
  const waiting = [
    ...gaps.map((gap) => ({ at: gap.start, vnode: <GapView key={gap.id} gap={gap} /> })),
    ...marks.map((mark) => ({
      at: starts.get((mark.kind === 'section' && mark.utteranceId) || '') ?? mark.start,
      vnode: <MarkView key={mark.id} mark={mark} />,
    })),
  ].sort((a, b) => a.at - b.at)
  const out: VNode[] = []
  for (const [i, { start }] of turns.entries()) {
    while (waiting[0] && waiting[0].at <= start) out.push((waiting.shift() as { vnode: VNode }).vnode)
    out.push(nodes[i] as VNode)
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
  const marked = place.place.value
  const nodes = turns.map((turn) => (
    <TurnView
      key={turn.key}
      turn={turn}
      person={people.get(turn.participantId)}
      place={turn.lines.some(({ id }) => id === marked?.lineId) ? marked : null}
      show={show}
    />
  ))
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
          {count === 0 ? empty : withAsides(turns, nodes, captions.gaps.value, captions.marks.value)}
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
