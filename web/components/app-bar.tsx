/** The bar on top of every page outside a room: mark, places to go, theme. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import { path } from '../router.ts'
import { owner } from '../state/owner.ts'
import { IconButton } from './icon-button.tsx'
import { TextIcon } from './icons.tsx'
import { Logo } from './icons-more.tsx'
import { lazy } from './lazy.tsx'
import { LeftBehind } from './left-behind.tsx'
import { ThemeButton } from './theme-button.tsx'

const ReadingPanel = lazy(async () => (await import('./reading-panel.tsx')).ReadingPanel)

/** The page's address stays as it is: its fragment may be a secret, and the router makes no jump of it. */
function skip(event: MouseEvent): void {
  event.preventDefault()
  const main = document.getElementById('main')
  if (!main) return
  main.tabIndex = -1
  main.focus()
}

export function AppBar({ children }: { children?: ComponentChildren }) {
  const t = text.value.common
  const here = path.value
  const [open, setOpen] = useState(false)
  return (
    <header class="app-bar">
      {/* biome-ignore lint/a11y/useValidAnchor: it leads to a place of this page */}
      <a class="skip" href="#main" onClick={skip}>
        {t.skip}
      </a>
      <a class="brand" href="/" aria-label={`${t.appName}: ${t.home}`}>
        <Logo />
        <span>{t.appName}</span>
      </a>
      <div class="app-bar-middle">{children}</div>
      <nav class="app-nav">
        <a href="/sessions" aria-current={/^\/s(essions)?(\/|$)/.test(here) ? 'page' : undefined}>
          {t.meetings}
        </a>
        {owner.value && (
          <a href="/settings" aria-current={here === '/settings' ? 'page' : undefined}>
            {text.value.setup.page}
          </a>
        )}
        {owner.value === false && here !== '/sign-in' && (
          <a href="/sign-in" rel="nofollow">
            {text.value.access.signIn}
          </a>
        )}
        <ThemeButton />
        <IconButton label={text.value.reader.reading} onPress={() => setOpen(true)}>
          <TextIcon />
        </IconButton>
      </nav>
      <LeftBehind />
      {open && <ReadingPanel onClose={() => setOpen(false)} />}
    </header>
  )
}
