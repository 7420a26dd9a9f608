/** Where speech is recognised: a choice for the host where the server has two recognisers, and a word about it before people speak. */
import { useEffect, useState } from 'preact/hooks'
import type { RoomSettings } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'
import type { ServerInfo } from '../net/api-types.ts'
import { roomApi } from '../net/room-api.ts'

type Backend = NonNullable<RoomSettings['backend']>

function useEngine(): ServerInfo['engine'] | null {
  const [engine, setEngine] = useState<ServerInfo['engine'] | null>(null)
  useEffect(() => {
    roomApi.info().then(
      (info) => setEngine(info.engine),
      () => {},
    )
  }, [])
  return engine
}

interface ChoiceProps {
  backend: RoomSettings['backend']
  onChange: (backend: Backend) => void
}

export function RecogniserChoice({ backend, onChange }: ChoiceProps) {
  const t = text.value.setup
  const engine = useEngine()
  if (!engine?.backends || engine.backends.length < 2) return null
  return (
    <label>
      {t.speech}
      <select
        class="input"
        value={backend ?? engine.backend}
        onChange={(event) => onChange(event.currentTarget.value as Backend)}
      >
        <option value="whisper">{t.speechHere}</option>
        <option value="openai">{t.speechElsewhere}</option>
      </select>
    </label>
  )
}

/** Nothing where speech stays on the server's machine. */
export function HeardElsewhere({ backend }: Pick<ChoiceProps, 'backend'>) {
  const engine = useEngine()
  if (!engine || (backend ?? engine.backend) !== 'openai') return null
  const { speech, speechElsewhere } = text.value.setup
  return <p class="quiet small">{`${speech}: ${speechElsewhere}`}</p>
}
