/** Share: the reading link first, with its QR code; the speaking link and the overlay beside it. */
import { useEffect, useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import type { ServerInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import { Qr } from './qr.tsx'
import { Segmented } from './segmented.tsx'
import { type LinkKind, linkFor, reachableBases } from './share-links.ts'

export function ShareDialog({
  roomId,
  title,
  speakToken,
  onClose,
}: {
  roomId: string
  title: string
  speakToken: string
  onClose: () => void
}) {
  const t = text.value.share
  const [kind, setKind] = useState<LinkKind>('view')
  const [info, setInfo] = useState<ServerInfo | null>(null)
  const [base, setBase] = useState('')
  useEffect(() => {
    api.info().then(setInfo, () => {})
  }, [])
  const bases = reachableBases(info, kind, location.origin)
  const chosen = bases.includes(base) ? base : (bases[0] ?? location.origin)
  const link = linkFor(kind, chosen, roomId, speakToken)
  const hints = { view: t.viewHint, speak: t.speakHint, overlay: t.overlayHint }
  return (
    <Dialog title={t.title} onClose={onClose}>
      <div class="share">
        <Segmented
          name="share"
          label={t.title}
          hideLabel
          value={kind}
          onChange={setKind}
          options={[
            { value: 'view', label: t.view },
            { value: 'speak', label: t.speak },
            { value: 'overlay', label: t.overlay },
          ]}
        />
        <p class="quiet">{hints[kind]}</p>
        {kind === 'overlay' ? (
          <iframe class="overlay-preview" title={t.overlay} src={`/c/${roomId}?overlay=1&size=60`} />
        ) : (
          <Qr value={link} label={t.qr} />
        )}
        <label class="field">
          {t.link}
          <input class="input mono" readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
        </label>
        {bases.length > 1 && (
          <label class="field">
            {t.network}
            <select class="input" value={chosen} onChange={(event) => setBase(event.currentTarget.value)}>
              {bases.map((each) => (
                <option key={each} value={each}>
                  {each.replace(/^https?:\/\//, '')}
                  {/\/\/(localhost|127\.|\[::1\])/.test(each) ? ` (${t.thisComputer})` : ''}
                </option>
              ))}
            </select>
          </label>
        )}
        <div class="row">
          <CopyButton value={link} primary />
          {kind === 'view' && <CopyButton value={t.inviteText(title, link)} label={t.invite} />}
        </div>
      </div>
    </Dialog>
  )
}
