/** Captions only: for an audience, a kiosk or OBS. Text without a click; everything adjustable by the address. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { CaptionText } from '../components/caption-text.tsx'
import { lazy } from '../components/lazy.tsx'
import { useScreen } from '../components/screen-lifetime.ts'
import { live } from '../i18n/index.ts'
import { hash, query } from '../router.ts'
import { useApp } from '../state/app.ts'
import type { CaptionOptions } from '../state/caption-options.ts'
import { CaptionScreen } from '../state/caption-screen.ts'

const ReadAloud = lazy(async () => (await import('../components/read-aloud.tsx')).ReadAloud)
const Announcer = lazy(async () => (await import('../components/announcer.tsx')).Announcer)
const CaptionControls = lazy(async () => (await import('../components/caption-controls.tsx')).CaptionControls)

const CaptionExtras = lazy(async () => (await import('../components/caption-extras.tsx')).CaptionExtras)
const Qr = lazy(async () => (await import('../components/qr.tsx')).Qr)

/** The control bar hides after so long without a movement. */
const HIDE_MS = 3_000

export function CaptionsPage({ id }: { id: string }) {
  const app = useApp()
  const t = live.value
  const screen = useMemo(() => new CaptionScreen(app, id, hash.peek(), query.peek()), [id])
  const options = screen.options.value
  const [awake, setAwake] = useState(false)
  /** The control bar is fetched when somebody first reaches for it; `tab` = with the keyboard, which then goes there. */
  const [wanted, setWanted] = useState<'' | 'moved' | 'tab'>('')
  const timer = useRef(0)

  useScreen(screen, () => screen.enter())

  useEffect(() => {
    const { dataset } = document.documentElement
    dataset.theme = options.theme
    if (options.overlay) dataset.overlay = ''
    return () => {
      delete dataset.overlay
      dataset.theme = app.settings.all.peek().theme
    }
  }, [options.theme, options.overlay])

  useEffect(() => {
    const ignored = screen.ignored.peek()
    if (ignored.length > 0) console.warn(t.captions.ignored(ignored.join(', ')))
    const wake = (event: Event) => {
      setAwake(true)
      setWanted((before) => {
        if (before) return before
        if ((event as KeyboardEvent).key !== 'Tab') return 'moved'
        event.preventDefault()
        return 'tab'
      })
      clearTimeout(timer.current)
      timer.current = Number(setTimeout(() => setAwake(false), HIDE_MS))
    }
    const events = ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const
    for (const name of events) addEventListener(name, wake)
    return () => {
      clearTimeout(timer.current)
      for (const name of events) removeEventListener(name, wake)
    }
  }, [screen])

  const title = screen.room.title.value || id
  useEffect(() => {
    document.title = `${title} · Parley`
  }, [title])

  const { captions } = screen
  const bare = options.overlay
  return (
    <main
      id="main"
      class={`captions${bare ? ' overlay' : ''}${options.kiosk ? ' kiosk' : ''}${awake ? ' awake' : ''}`}
      data-pos={options.pos}
      data-align={options.align}
      data-edge={options.edge}
      data-speakers={options.speakers}
      data-case={options.case}
      style={styleOf(options)}
    >
      <h1 class="visually-hidden">{title}</h1>
      <CaptionText screen={screen} />
      {!bare && <CaptionExtras screen={screen} />}
      {options.qr && screen.viewToken.value && (
        <div class="captions-qr">
          <Qr value={`${location.origin}/c/${id}#${screen.viewToken.value}`} label={title} />
        </div>
      )}
      {options.controls && wanted && <CaptionControls screen={screen} id={id} focused={wanted === 'tab'} />}
      {!bare && app.settings.all.value.readAloud && <ReadAloud captions={captions} />}
      {app.settings.all.value.announce !== 'off' && <Announcer captions={captions} />}
    </main>
  )
}

function styleOf(options: CaptionOptions): Record<string, string | number> {
  const style: Record<string, string | number> = {
    '--caption-size': `${(options.size / 100) * (options.overlay ? 2.2 : 2)}rem`,
    '--caption-width': `${options.width}ch`,
    '--caption-line': options.lh,
    '--caption-spacing': `${options.spacing}em`,
    '--caption-weight': options.weight,
    '--caption-opacity': `${options.bgopacity * 100}%`,
  }
  if (options.lines > 0) style['--caption-lines'] = options.lines
  if (options.font) style['--caption-font'] = `"${options.font}", var(--sans)`
  if (options.fg) style['--caption-fg'] = options.fg
  if (options.bg) style['--caption-bg'] = options.bg
  return style
}
