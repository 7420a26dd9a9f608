/** Captions in a small window on top of everything: Document Picture-in-Picture where there is one, a small window elsewhere. */
import { render } from 'preact'
import type { RoomScreenValue } from '../state/room-screen.ts'
import type { SettingsModelValue } from '../state/settings.ts'
import { FloatView } from './float-view.tsx'

interface DocumentPictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>
}

export async function floatCaptions(screen: RoomScreenValue, settings: SettingsModelValue): Promise<void> {
  const api = (window as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture
  if (!api) {
    window.open(`/c/${screen.id.peek()}?size=80`, 'parley-float', 'popup,width=560,height=220')
    return
  }
  const pip = await api.requestWindow({ width: 560, height: 220 })
  for (const sheet of document.querySelectorAll('link[rel=stylesheet]'))
    pip.document.head.append(sheet.cloneNode())
  const { documentElement } = pip.document
  documentElement.dataset.theme = settings.all.peek().theme
  documentElement.lang = document.documentElement.lang
  documentElement.dir = document.documentElement.dir
  pip.document.title = document.title
  render(<FloatView captions={screen.captions} line={screen.line} />, pip.document.body)
  pip.addEventListener('pagehide', () => render(null, pip.document.body), { once: true })
}
