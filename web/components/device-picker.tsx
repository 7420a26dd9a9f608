/** Which microphone: a list of those there are. */
import { text } from '../i18n/text.ts'
import { useApp } from '../state/app.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'

export function DevicePicker({ screen }: { screen: RoomScreenValue }) {
  const { settings } = useApp()
  const t = text.value.join
  const { microphone } = screen
  const { deviceId } = settings.all.value
  return (
    <label class="field">
      {t.device}
      <select
        class="input"
        value={deviceId}
        onChange={(event) => {
          const next = event.currentTarget.value
          settings.set({ deviceId: next })
          void microphone.use({ kind: 'microphone', deviceId: next })
        }}
      >
        <option value="">{t.defaultDevice}</option>
        {microphone.devices.value
          .filter((device) => device.id !== 'default')
          .map((device) => (
            <option key={device.id} value={device.id}>
              {device.label || t.microphone}
            </option>
          ))}
      </select>
    </label>
  )
}
