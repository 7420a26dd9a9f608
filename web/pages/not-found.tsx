/** Nothing is here, said plainly, with a way on. */
import { AppBar } from '../components/app-bar.tsx'
import { text } from '../i18n/text.ts'

export function NotFoundPage() {
  const t = text.value.notFound
  document.title = `${t.title} · Parley`
  return (
    <>
      <AppBar />
      <main class="page narrow centred" id="main">
        <p class="big-number" aria-hidden="true">
          404
        </p>
        <h1>{t.title}</h1>
        <p class="quiet">{t.hint}</p>
        <a class="button primary" href="/">
          {t.home}
        </a>
      </main>
    </>
  )
}
