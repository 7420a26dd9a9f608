/** What several codecs need: reading untrusted JSON, query parameters, confidence, times. */
import type { SpeechOptions } from '../asr/speech-event.ts'
import { languageOfTag } from '../core/language-tag.ts'
import type { Word } from '../core/transcript.ts'

/** Longest text frame that is looked at; configurations are a few hundred bytes. */
const MAX_TEXT = 64 * 1024

export type JsonObject = Record<string, unknown>

/** Deeper than any message of a protocol; what is nested some thousand levels deep can be read, but not be written again. */
const MAX_DEPTH = 64

/** A JSON object, or null for anything else, also for a text longer than `most` characters or nested deeper than 64. */
export function readObject(text: string, most = MAX_TEXT * 16): JsonObject | null {
  if (text.length > most) return null
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && !isDeeper(value, MAX_DEPTH) ? value : null
  } catch {
    return null
  }
}

function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return most === 0 || Object.values(value).some((each) => isDeeper(each, most - 1))
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function json(value: unknown): string {
  return JSON.stringify(value)
}

/** Mean probability of the words, weighted by their length in characters (decisions, seed 002); 0…1 with 3 decimals. */
export function confidence(words: readonly Word[]): number {
  let sum = 0
  let weight = 0
  for (const { text, probability } of words) {
    sum += probability * text.length
    weight += text.length
  }
  return weight === 0 ? 0 : round(Math.max(0, Math.min(1, sum / weight)))
}

export function round(value: number, decimals = 3): number {
  const scale = 10 ** decimals
  return Math.round(value * scale) / scale
}

export function seconds(ms: number): number {
  return round(ms / 1000)
}

/** 'yes', '1', 'true' … as true; undefined when absent or something else. */
export function flag(text: string | null): boolean | undefined {
  if (text === null) return undefined
  if (['1', 'true', 'yes', 'on', ''].includes(text.toLowerCase())) return true
  if (['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false
  return undefined
}

/** `?language=de&task=translate&prompt=…`: understood on every path; a language nobody knows is left out. */
export function querySpeech(url: URL, fallback: string | null): Partial<SpeechOptions> {
  const tag = url.searchParams.get('language')
  const language = tag === null ? fallback : languageOfTag(tag)
  const task = url.searchParams.get('task')
  const vocabulary = url.searchParams.get('prompt') ?? url.searchParams.get('vocabulary')
  return {
    ...(language === undefined || (tag === null && fallback === null) ? {} : { language }),
    ...(task === 'translate' || task === 'transcribe' ? { task } : {}),
    ...(vocabulary ? { vocabulary: vocabulary.slice(0, 2000) } : {}),
  }
}

/** `?speaker=` or `?name=`, else what the protocol calls its clients. */
export function speakerName(url: URL, fallback: string): string {
  const name = url.searchParams.get('speaker') ?? url.searchParams.get('name') ?? ''
  return name.trim().slice(0, 80) || fallback
}

/** Without punctuation, for clients that asked for none; what belongs to a word (don’t, well-known) or number (3.5) stays. */
export function withoutPunctuation(text: string): string {
  return text
    .replace(/[\p{P}\p{S}]/gu, (mark, at: number) => {
      const inside = /['’-]/.test(mark) ? /[\p{L}\p{N}]/u : /[.,:]/.test(mark) ? /\p{N}/u : null
      return inside?.test(text[at - 1] ?? '') && inside.test(text[at + 1] ?? '') ? mark : ' '
    })
    .replace(/\s+/g, ' ')
    .trim()
}
