/** Share: the reading link first, with its QR code; those to speak, for a projector and for OBS beside it; hosts can take links back. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import type { RoomLink, ServerInfo } from '../net/api-types.ts'
import { createRoomApi } from '../net/room-api.ts'
import { owner } from '../state/owner.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import { LinkList } from './link-list.tsx'
import { reasonOf } from './problem.tsx'
import { Qr } from './qr.tsx'
import { Segmented } from './segmented.tsx'
import { type LinkKind, linkFor, reachableBases } from './share-links.ts'

export function ShareDialog({
  screen,
  title,
  onClose,
}: {
  screen: RoomScreenValue
  title: string
  onClose: () => void
}) {
  const t = text.value.share
  const roomId = screen.id.value
  const api = useMemo(() => createRoomApi((url, init) => fetch(url, init), screen.token.peek()), [roomId])
  const [kind, setKind] = useState<LinkKind>('view')
  const [info, setInfo] = useState<ServerInfo | null>(null)
  const [base, setBase] = useState('')
  const [problem, setProblem] = useState('')
  /** Counts links made and withdrawn: the list is read again. */
  const [changes, setChanges] = useState(0)
  const host = screen.room.me.value?.role === 'host' || owner.value === true
  const role = kind === 'speak' ? 'speak' : 'view'
  const secret = screen.links.value[role]
  useEffect(() => {
    api.info().then(setInfo, () => {})
  }, [])

  async function makeLink({ replace }: { replace: boolean }): Promise<void> {
    setProblem('')
    try {
      const { token } = await api.addRoomLink(roomId, { role, replace })
      // A speaker can pass the reading link on as well.
      const { view } = screen.links.peek()
      screen.learnLink(role, role === 'speak' && view ? `${token}.${view}` : token)
      setChanges((count) => count + 1)
    } catch (error) {
      setProblem(reasonOf(error))
    }
  }

  /** It may be the one known here: which secret belongs to which link the server does not tell. None is better than a dead one. */
  function withdrawn(gone: RoomLink['role']): void {
    if (gone !== 'host') screen.learnLink(gone, '')
    setChanges((count) => count + 1)
  }

  const bases = reachableBases(info, kind, location.origin)
  const chosen = bases.includes(base) ? base : (bases[0] ?? location.origin)
  const link = linkFor(kind, chosen, roomId, secret)
  const hints = { view: t.viewHint, speak: t.speakHint, screen: t.screenHint, overlay: t.overlayHint }
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
            { value: 'screen', label: t.screen },
            { value: 'overlay', label: t.overlay },
          ]}
        />
        <p class="quiet">{secret ? hints[kind] : host ? t.unknown : t.askHost}</p>
        {secret && (
          <>
            {kind === 'overlay' ? (
              <iframe
                class="overlay-preview"
                title={t.overlay}
                src={`/c/${roomId}?overlay=1&size=60#${secret}`}
              />
            ) : (
              <Qr value={link} label={t.qr} />
            )}
            <label class="field">
              {t.link}
              <input
                class="input mono"
                readOnly
                value={link}
                onFocus={(event) => event.currentTarget.select()}
              />
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
          </>
        )}
        <div class="row">
          {secret && <CopyButton value={link} primary />}
          {secret && kind === 'screen' && (
            <a class="button" href={link} target="_blank" rel="noreferrer">
              {t.open}
            </a>
          )}
          {secret && kind === 'view' && <CopyButton value={t.inviteText(title, link)} label={t.invite} />}
          {host && !secret && (
            <button type="button" class="button primary" onClick={() => void makeLink({ replace: false })}>
              {t.make}
            </button>
          )}
          {host && secret && (
            <button
              type="button"
              class="button"
              title={t.replaceHint}
              onClick={() => void makeLink({ replace: true })}
            >
              {t.replace}
            </button>
          )}
        </div>
        {problem && (
          <p class="field-error" role="alert">
            {problem}
          </p>
        )}
        {host && <LinkList api={api} roomId={roomId} changes={changes} onWithdrawn={withdrawn} />}
      </div>
    </Dialog>
  )
}
