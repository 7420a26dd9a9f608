/** Light or dark in one press; every other theme is under Reading options. */

import { text } from '../i18n/text.ts'
import { useApp } from '../state/app.ts'
import { IconButton } from './icon-button.tsx'

function isDark(theme: string): boolean {
  if (theme === 'system') return matchMedia('(prefers-color-scheme: dark)').matches
  return theme !== 'light' && theme !== 'dyslexia'
}

export function ThemeButton() {
  const { settings } = useApp()
  const dark = isDark(settings.all.value.theme)
  const t = text.value
  const label = `${t.common.theme}: ${dark ? t.reading.themes.light : t.reading.themes.dark}`
  return (
    <IconButton
      look="theme-button"
      label={label}
      onPress={() => settings.set({ theme: dark ? 'light' : 'dark' })}
    >
      <svg width="20" height="20" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="8" fill="none" stroke="currentColor" stroke-width="1.8" />
        <path d="M12 4a8 8 0 0 1 0 16Z" fill="currentColor" />
      </svg>
    </IconButton>
  )
}
