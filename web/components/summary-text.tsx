/** A summary as it reads: its parts, each statement with its moments; while it is written also the sentence the model is at. */
import type { Bullet, Moment } from '../../server/integration/citations.ts'
import type { OpenItem } from '../../server/integration/draft.ts'
import type { SummaryBody } from '../../server/integration/summarize.ts'
import { dayAndTime } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import { coverage, type Draft, type WrittenSummary } from '../state/summary.ts'
import { BeingWritten, Bullets } from './summary-bullets.tsx'

/** A summary that is there. */
export function Written({
  summary,
  onMoment,
}: {
  summary: WrittenSummary
  onMoment: (moment: Moment) => void
}) {
  const t = text.value.summary
  const { body } = summary
  if (!body) return <p class="quiet">{t.unreadable}</p>
  const { minutes, of, whole } = coverage(body)
  const { overview, decisions, actions, topics, sections } = body
  return (
    <div class="summary-text">
      <Parts body={body} open={null} onMoment={onMoment} />
      {overview.length + decisions.length + actions.length + topics.length + sections.length === 0 && (
        <p>{t.nothing}</p>
      )}
      <p class="quiet small">
        <span class={whole ? undefined : 'partly'}>{t.covers(minutes, of)}</span>
        {body.dropped > 0 && ` · ${t.dropped(body.dropped)}`}
        <br />
        {t.by(summary.model, dayAndTime(summary.createdAt))}
      </p>
    </div>
  )
}

/** A summary that is being written. Screen readers hear of it when it is whole. */
export function Writing({ draft, onMoment }: { draft: Draft; onMoment: (moment: Moment) => void }) {
  return (
    <div class="summary-text draft" aria-busy="true">
      <Parts body={draft.body} open={draft.open} onMoment={onMoment} />
    </div>
  )
}

function Parts({
  body: { overview, decisions, actions, topics, sections },
  open,
  onMoment,
}: {
  body: SummaryBody
  open: OpenItem | null
  onMoment: (moment: Moment) => void
}) {
  const t = text.value.summary
  const parts = [
    { place: 'overview', title: t.overview, bullets: overview },
    { place: 'decisions', title: t.decisions, bullets: decisions },
    { place: 'actions', title: t.actions, bullets: actions },
    { place: 'topics', title: t.topics, bullets: topics },
    ...sections.map(({ title, bullets }) => ({ place: title, title, bullets })),
  ]
  return (
    <>
      {parts.map(({ place, title, bullets }) => {
        const now = open?.place === place ? open.text : ''
        if (bullets.length === 0 && !now) return null
        return (
          <div key={place}>
            <h3 dir="auto">{title}</h3>
            <Bullets
              bullets={bullets}
              onMoment={onMoment}
              more={place === 'actions' ? ownerAndDue : undefined}
              last={now && <BeingWritten text={now} />}
            />
          </div>
        )
      })}
      {open && !parts.some(({ place }) => place === open.place) && (
        <ul class="bullets">
          <BeingWritten text={open.text} />
        </ul>
      )}
    </>
  )
}

function ownerAndDue({ owner, due }: Bullet & { owner?: string; due?: string }) {
  const t = text.value.summary
  return (
    <>
      {owner && <Tag label={t.owner} value={owner} />}
      {due && <Tag label={t.due} value={due} />}
    </>
  )
}

function Tag({ label, value }: { label: string; value: string }) {
  return (
    <span class="tag">
      <span class="quiet">{label}:</span> <bdi>{value}</bdi>
    </span>
  )
}
