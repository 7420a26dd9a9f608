/** Times of day as they are written where the reader lives. */
import { locale } from './index.ts'

/** The language of the page as it is written where the reader lives: en-GB has no AM. */
export function region(): string {
  return navigator.languages?.find((tag) => tag.split('-')[0] === locale.value) ?? locale.value
}

export function timeOfDay(wall: number): string {
  return new Intl.DateTimeFormat(region(), { timeStyle: 'short' }).format(wall)
}
