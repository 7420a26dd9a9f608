/** Milliseconds as the times that subtitle files, people and links write. */
import type { Ms } from './transcript.ts'

/** `00:01:02,345` as SubRip wants it. */
export function srtTime(ms: Ms): string {
  return stamp(ms, ',')
}

/** `00:01:02.345` as WebVTT wants it. */
export function vttTime(ms: Ms): string {
  return stamp(ms, '.')
}

/** `1:02` or `1:01:02`: for people. Rounded down, so that a link never starts after the word. */
export function clockTime(ms: Ms): string {
  const { hours, minutes, seconds } = split(ms)
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`
}

function stamp(ms: Ms, separator: string): string {
  const { hours, minutes, seconds, rest } = split(ms)
  return `${pad(hours)}:${pad(minutes)}:${pad(seconds)}${separator}${String(rest).padStart(3, '0')}`
}

function split(ms: Ms): { hours: number; minutes: number; seconds: number; rest: number } {
  const whole = Math.max(0, Math.round(ms))
  const all = Math.floor(whole / 1000)
  return {
    hours: Math.floor(all / 3600),
    minutes: Math.floor(all / 60) % 60,
    seconds: all % 60,
    rest: whole % 1000,
  }
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
