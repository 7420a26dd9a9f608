/** The bar on top of every page outside a room: mark, places to go, theme. */
import type { ComponentChildren } from 'preact'
import { text } from '../i18n/text.ts'
import { path } from '../router.ts'
import { Logo } from './icons-more.tsx'
import { ThemeButton } from './theme-button.tsx'

export function AppBar({ children }: { children?: ComponentChildren }) {
  const t = text.value.common
  const here = path.value
  return (
    <header class="app-bar">
      <a class="skip" href="#main">
        {t.skip}
      </a>
      <a class="brand" href="/" aria-label={`${t.appName}: ${t.home}`}>
        <Logo />
        <span>{t.appName}</span>
      </a>
      <div class="app-bar-middle">{children}</div>
      <nav class="app-nav">
        <a href="/sessions" aria-current={here.startsWith('/s') ? 'page' : undefined}>
          {t.meetings}
        </a>
        <ThemeButton />
      </nav>
    </header>
  )
}
