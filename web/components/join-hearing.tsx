/** Before speaking: what the chosen device gives, or the button that asks for it. */
import { text } from '../i18n/text.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { DevicePicker } from './device-picker.tsx'
import { MicIcon } from './icons.tsx'
import { lazy } from './lazy.tsx'
import { LevelMeter } from './level-meter.tsx'

const SoundTest = lazy(async () => (await import('./sound-test.tsx')).SoundTest)

/** Nothing where it has failed: why is told beside it. */
export function Hearing({
  screen,
  source,
  onListen,
}: {
  screen: RoomScreenValue
  source: 'microphone' | 'tab' | 'both'
  onListen: () => void
}) {
  const t = text.value.join
  const { microphone } = screen
  const { kind } = microphone.state.value
  if (kind === 'failed') return null
  if (kind === 'on' || kind === 'paused')
    return (
      <div class="hearing">
        {source !== 'tab' && <DevicePicker screen={screen} />}
        <LevelMeter level={microphone.level.value} verdict={microphone.verdict.value} />
        <SoundTest microphone={microphone} />
      </div>
    )
  return (
    <button type="button" class="button wide" disabled={kind === 'asking'} onClick={onListen}>
      <MicIcon />
      {kind === 'asking' ? t.asking : source === 'tab' ? t.allowTab : t.allow}
    </button>
  )
}
