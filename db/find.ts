/** Runs a search: both indexes, the filters, and the found places as hits. */
import { type SQL, sql } from 'drizzle-orm'
import { foldText } from '../server/core/fold.ts'
import type { Word } from '../server/core/transcript.ts'
import type { Drizzle } from './derive.ts'
import type { StoredWord } from './schema/text.ts'
import { findTokens, snippetOf, wordAt } from './search-places.ts'
import { type Plan, planSearch } from './search-query.ts'
import { type Candidate, matchTokens, rank, relevance } from './search-rank.ts'
import type { SearchHit, SearchQuery } from './store.ts'

/** Of a query that matches more than this only the newest matches are taken, unranked: nobody reads further. */
const MOST = 600
/** With so many whole words found nobody misses parts of words. */
const PLENTY = 100
/** Signs alone are in no index; they are looked for in so many newest lines. */
const RECENT = 50_000
/** What a line that waits for the indexes is worth: like a good match. */
const FRESH_SCORE = 5
/** A match inside a word counts so much of a match of the word. */
const PART_WEIGHT = 0.3

/** Runs one question at the database. */
type Ask = <T>(question: (db: Drizzle) => T) => Promise<T>

/**
 * A search is several questions of milliseconds each. All searches together ask one at a time: between two questions others
 * have their turn, and while what is said waits to be stored (`crowded`) none is asked.
 */
export function inTurns(read: Ask, crowded: () => boolean): Ask {
  let last: Promise<unknown> = Promise.resolve()
  return (question) => {
    const mine = last.then(async () => {
      do await new Promise((resolve) => setImmediate(resolve))
      while (crowded())
      return read(question)
    })
    last = mine.catch(() => {})
    return mine
  }
}

export async function findUtterances(ask: Ask, query: SearchQuery, now: number): Promise<SearchHit[]> {
  const plan = planSearch(query.text)
  if (plan.tokens.length === 0) return []
  const within = await ask((db) => span(db, query.sessionId))
  const candidates = await findCandidates(ask, plan, conditionsOf(query), within)
  const perSession = query.sessionId === undefined ? query.perSession : undefined
  const ranked = rank(candidates, now, perSession)
  const offset = query.offset ?? 0
  return ask((db) => load(db, plan, ranked.slice(offset, offset + query.limit)))
}

async function findCandidates(
  ask: Ask,
  plan: Plan,
  conditions: SQL[],
  within: Span | null,
): Promise<Candidate[]> {
  const found = new Map<number, Candidate>()
  const add = (rows: Candidate[]) => {
    for (const row of rows) if (!found.has(row.row)) found.set(row.row, row)
  }
  add(await ask((db) => waiting(db, plan, conditions)))
  if (plan.words !== null) {
    const likes = plan.likeWithWords.map(like)
    add(await matches(ask, 'words', plan, [...conditions, ...likes], within))
  } else {
    const recent = sql`u.row > (SELECT max(row) FROM utterances) - ${RECENT}`
    const source = sql`utterances AS u`
    const where = [recent, ...conditions, ...plan.likeWithWords.map(like)]
    add(await ask((db) => select(db, source, sql`u.row`, sql`0`, where)))
  }
  if (plan.parts !== null && found.size < PLENTY) {
    const likes = plan.likeWithParts.map(like)
    add(await matches(ask, 'parts', plan, [...conditions, ...likes], within))
  }
  return [...found.values()]
}

/** Lines that the indexes do not have yet: few, so they are read. */
function waiting(db: Drizzle, plan: Plan, conditions: SQL[]): Candidate[] {
  const source = sql`utterances AS u INDEXED BY utterances_waiting`
  const rows = select<Candidate & { folded: string }>(db, source, sql`u.row`, sql`u.folded AS folded, 0`, [
    sql`u.indexed = 0`,
    ...conditions,
  ])
  return rows.flatMap(({ folded, ...row }) => {
    const quality = matchTokens(folded, plan.tokens)
    return quality === null ? [] : [{ ...row, score: FRESH_SCORE * (quality === 'words' ? 1 : PART_WEIGHT) }]
  })
}

/** Newest matches first, cheap at any size; ranked when they are few. */
async function matches(
  ask: Ask,
  inside: 'words' | 'parts',
  plan: Plan,
  conditions: SQL[],
  within: Span | null,
): Promise<Candidate[]> {
  const index = inside === 'words' ? sql`search_words` : sql`search_parts`
  const source = sql`${index} AS f JOIN utterances AS u ON u.row = f.rowid`
  const where = [sql`${index} MATCH ${plan[inside]}`, ...conditions]
  if (within) where.push(sql`f.rowid BETWEEN ${within.first} AND ${within.last}`)
  const texts = sql`u.folded AS folded, 0`
  const newest = await ask((db) =>
    select<Candidate & { folded: string }>(db, source, sql`f.rowid`, texts, where),
  )
  if (newest.length >= MOST) return newest
  const weight = inside === 'words' ? 1 : PART_WEIGHT
  const lines = newest.map(({ folded }) => folded)
  const scores = relevance(lines, plan.tokens, inside)
  return newest.map(({ folded: _, ...row }, at) => ({ ...row, score: (scores[at] ?? 0) * weight }))
}

function select<T = Candidate>(db: Drizzle, source: SQL, row: SQL, score: SQL, conditions: SQL[]): T[] {
  return db.all<T>(sql`
    SELECT ${row} AS row, ${score} AS score, u.session_id AS sessionId, u.start_ms AS start, s.started_at AS startedAt
    FROM ${source} JOIN sessions AS s ON s.id = u.session_id
    WHERE s.deleting = 0 AND ${sql.join(conditions.length > 0 ? conditions : [sql`1`], sql` AND `)}
    ORDER BY ${row} DESC LIMIT ${MOST}`)
}

interface Span {
  first: number
  last: number
}

/** The rows of one session lie close together: with their bounds the indexes skip all others. */
function span(db: Drizzle, sessionId: string | undefined): Span | null {
  if (sessionId === undefined) return null
  const [row] = db.all<{ first: number | null; last: number | null }>(
    sql`SELECT min(row) AS first, max(row) AS last FROM utterances WHERE session_id = ${sessionId}`,
  )
  return { first: row?.first ?? 0, last: row?.last ?? 0 }
}

function like(pattern: string): SQL {
  return sql`u.folded LIKE ${pattern} ESCAPE '\\'`
}

function conditionsOf(query: SearchQuery): SQL[] {
  const conditions: SQL[] = []
  if (query.sessionId !== undefined) conditions.push(sql`u.session_id = ${query.sessionId}`)
  if (query.roomId !== undefined) conditions.push(sql`s.room_id = ${query.roomId}`)
  if (query.language !== undefined) conditions.push(sql`u.language = ${query.language}`)
  if (query.starred !== undefined) conditions.push(sql`s.starred = ${query.starred ? 1 : 0}`)
  if (query.from !== undefined) conditions.push(sql`s.started_at + u.end_ms >= ${query.from}`)
  if (query.to !== undefined) conditions.push(sql`s.started_at + u.start_ms <= ${query.to}`)
  if (query.speaker !== undefined) {
    conditions.push(sql`EXISTS (SELECT 1 FROM participants AS p WHERE p.session_id = u.session_id
      AND p.id = u.participant_id AND (p.id = ${query.speaker} OR p.name_folded = ${foldText(query.speaker.trim())}))`)
  }
  return conditions
}

interface HitRow {
  row: number
  sessionId: string
  roomId: string
  title: string
  startedAt: number
  id: string
  participantId: string
  name: string | null
  colour: number | null
  start: number
  end: number
  language: string
  text: string
  words: string
}

function load(db: Drizzle, plan: Plan, candidates: Candidate[]): SearchHit[] {
  if (candidates.length === 0) return []
  const list = sql.join(
    candidates.map(({ row }) => sql`${row}`),
    sql`, `,
  )
  const rows = db.all<HitRow>(sql`
    SELECT u.row, u.session_id AS sessionId, s.room_id AS roomId, s.title, s.started_at AS startedAt, u.id,
      u.participant_id AS participantId, p.name, p.colour, u.start_ms AS start, u.end_ms AS end, u.language, u.text, u.words
    FROM utterances AS u JOIN sessions AS s ON s.id = u.session_id
    LEFT JOIN participants AS p ON p.session_id = u.session_id AND p.id = u.participant_id
    WHERE u.row IN (${list})`)
  const byRow = new Map(rows.map((row) => [row.row, row]))
  return candidates.flatMap(({ row }) => {
    const found = byRow.get(row)
    return found ? [toHit(found, plan)] : []
  })
}

function toHit(row: HitRow, plan: Plan): SearchHit {
  const ranges = findTokens(row.text, plan.tokens)
  const words = (JSON.parse(row.words) as StoredWord[]).map(
    ([text, start, end, probability]): Word => ({ text, start, end, probability }),
  )
  return {
    session: { id: row.sessionId, roomId: row.roomId, title: row.title, startedAt: row.startedAt },
    utteranceId: row.id,
    participant: { id: row.participantId, name: row.name ?? '', colour: row.colour ?? 0 },
    start: row.start,
    end: row.end,
    language: row.language,
    snippet: snippetOf(row.text, ranges),
    wordStart: wordAt(words, ranges[0]?.from ?? 0)?.start ?? row.start,
  }
}
