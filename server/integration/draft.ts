/** A summary or an answer while the language model writes it: what is whole, and the sentence it is at. Pure. */
import { findJson, plain } from './citations.ts'
import { readPartialJson } from './partial-json.ts'

/** The item that is being written: which moments it rests on is not known yet. */
export interface OpenItem {
  /** overview, decisions, actions, topics, answer, or the title of a section. */
  place: string
  text: string
}

/** Splits what the model has written so far into whole items (in the shape it was asked for) and the open one. */
export function readDraft(written: string): { json: Record<string, unknown>; open: OpenItem | null } {
  const whole = findJson(written)
  if (whole) return { json: whole, open: null }
  const partial = readPartialJson(written)
  if (!partial) return { json: {}, open: null }
  const { value: json, open } = partial
  const [place, index] = open
  const list = json[String(place)]
  if (!Array.isArray(list) || typeof index !== 'number') return { json, open: null }
  if (place !== 'sections') return { json, open: takeOpen(list, index, String(place)) }
  const section = list[index] as { title?: unknown; items?: unknown } | undefined
  if (open[2] !== 'items' || typeof open[3] !== 'number' || !Array.isArray(section?.items))
    return { json, open: null }
  return { json, open: takeOpen(section.items, open[3], plain(section.title)) }
}

/** Takes the open item out of its list: as long as its moments are not all there it is none. */
function takeOpen(list: unknown[], index: number, place: string): OpenItem | null {
  const [item] = list.splice(index, 1)
  const text = plain((item as { text?: unknown } | null | undefined)?.text)
  return text ? { place, text } : null
}
