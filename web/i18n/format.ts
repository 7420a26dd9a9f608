/** Days and languages as the language of the page writes them; what the captions page needs of this is in index.ts. */
import { locale } from './index.ts'
import { region } from './time.ts'

export function dayAndTime(wall: number): string {
  const { hour12 } = new Intl.DateTimeFormat(region(), { hour: 'numeric' }).resolvedOptions()
  return new Intl.DateTimeFormat(region(), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: new Date(wall).getFullYear() === new Date().getFullYear() ? undefined : 'numeric',
    hour: hour12 ? 'numeric' : '2-digit',
    minute: '2-digit',
  }).format(wall)
}

/** “German” for `de`, in the language of the page. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames([locale.value], { type: 'language' }).of(code) ?? code
  } catch {
    return code
  }
}
