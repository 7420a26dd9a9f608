/** Before speaking: your name, your microphone and whether it is heard, what is kept; then in. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Keep } from '../../server/core/transcript.ts'
import { canShareTabAudio } from '../audio/capture.ts'
import { text } from '../i18n/text.ts'
import type { RoomInfo, ServerInfo } from '../net/api-types.ts'
import { roomApi } from '../net/room-api.ts'
import { useApp } from '../state/app.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { FileChoice } from './join-file.tsx'
import { Hearing } from './join-hearing.tsx'
import { ProblemCard } from './problem-card.tsx'
import { HeardElsewhere } from './recogniser.tsx'
import { secureAddress } from './secure-address.ts'
import { Segmented } from './segmented.tsx'

type Source = 'microphone' | 'tab' | 'both' | 'file'

export function consentOf(keep: Keep): string {
  const t = text.value.join
  const days = keep.days === null ? t.forever : t.days(keep.days)
  if (keep.what === 'nothing') return t.keepNothing
  return keep.what === 'text' ? t.keepText(days) : t.keepAudio(days)
}

export function JoinCard({
  screen,
  info,
  id,
}: {
  screen: RoomScreenValue
  info: RoomInfo | null
  id: string
}) {
  const { settings } = useApp()
  const t = text.value
  const { microphone } = screen
  const [source, setSource] = useState<Source>('microphone')
  const [server, setServer] = useState<ServerInfo | null>(null)
  const [file, setFile] = useState<File | null>(null)
  const name = useRef<HTMLInputElement>(null)
  const mic = microphone.state.value
  const title = info?.room.settings.title || id

  useEffect(() => {
    name.current?.focus()
    roomApi.info().then(setServer, () => {})
    // Somebody who has allowed it before is not asked again: the meter runs at once.
    const { returning, deviceId } = settings.all.peek()
    if (!returning) return
    navigator.permissions
      ?.query({ name: 'microphone' as PermissionName })
      .then((permission) => {
        if (permission.state !== 'granted' || screen.phase.peek() !== 'lobby') return
        microphone.source.value = { kind: 'microphone', deviceId }
        void microphone.start()
      })
      .catch(() => {})
  }, [])

  function listen(): Promise<boolean> {
    const { deviceId } = settings.all.peek()
    microphone.source.value = source === 'tab' ? { kind: 'tab' } : { kind: 'microphone', deviceId }
    return microphone.start()
  }

  function choose(chosen: File | null): void {
    if (chosen === null) microphone.stop()
    setFile(chosen)
  }

  async function join(muted: boolean): Promise<void> {
    settings.set({ name: (name.current?.value ?? '').trim(), returning: true })
    if (source === 'file') {
      if (file) await screen.play(file)
      return
    }
    if (microphone.state.peek().kind !== 'on' && !(await listen())) return
    if (source === 'both' && !(await screen.addTab(`${settings.all.peek().name} · ${t.join.tab}`.trim())))
      return
    screen.speak(muted)
  }

  return (
    <form
      class="join-card panel"
      onSubmit={(event) => {
        event.preventDefault()
        void join(false)
      }}
    >
      <h1 dir="auto">{t.join.heading(title)}</h1>
      <p class="quiet">{whoIsHere(info)}</p>
      <label class="field">
        {t.join.name}
        <input
          ref={name}
          class="input"
          name="name"
          autocomplete="name"
          maxLength={80}
          defaultValue={settings.all.peek().name}
          placeholder={t.join.namePlaceholder}
        />
      </label>
      <Segmented
        name="source"
        label={t.join.source}
        value={source}
        onChange={(next) => {
          setSource(next)
          choose(null)
        }}
        options={[
          { value: 'microphone', label: t.join.microphone },
          { value: 'tab', label: t.join.tab },
          { value: 'both', label: t.join.both },
          { value: 'file', label: t.join.file },
        ]}
      />
      {source === 'file' && <FileChoice onChoose={choose} />}
      {(source === 'tab' || source === 'both') && !canShareTabAudio() && (
        <p class="notice">{t.problem['tab-audio-unsupported'].help}</p>
      )}
      {mic.kind === 'failed' && (
        <ProblemCard problem={mic.problem} secureUrl={secureAddress(server)} onRetry={() => void listen()} />
      )}
      {source !== 'file' && <Hearing screen={screen} source={source} onListen={() => void listen()} />}
      {info && (
        <p class="consent">
          {consentOf(info.room.settings.keep)} {t.join.whoSees}
        </p>
      )}
      {info && <HeardElsewhere backend={info.room.settings.backend} />}
      <div class="join-actions">
        <button
          type="submit"
          class="button primary big"
          disabled={mic.kind === 'asking' || (source === 'file' && !file)}
        >
          {t.join.speak}
        </button>
        {source !== 'file' && (
          <button
            type="button"
            class="button"
            disabled={mic.kind === 'asking'}
            onClick={() => void join(true)}
          >
            {t.join.muted}
          </button>
        )}
        <button
          type="button"
          class="button plain"
          onClick={() => {
            microphone.stop()
            screen.watch()
          }}
        >
          {t.join.watch}
        </button>
      </div>
      <p class="quiet small only-phone">{t.join.keepOpen}</p>
    </form>
  )
}

function whoIsHere(info: RoomInfo | null): string {
  const t = text.value.join
  if (info === null) return ' '
  return info.present.length > 0 ? t.here(info.present.map((person) => person.name).join(', ')) : t.nobody
}
