/** The list of keys, opened by `?`. */
import { text } from '../i18n/text.ts'
import { Dialog } from './dialog.tsx'

type KeyRow = readonly [keys: readonly string[], meaning: string]

export function ShortcutsSheet({ of, onClose }: { of: 'room' | 'review'; onClose: () => void }) {
  const rows = of === 'room' ? roomKeys() : reviewKeys()
  return (
    <Dialog title={text.value.keys.title} onClose={onClose}>
      <dl class="keys">
        {rows.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}

function roomKeys(): readonly KeyRow[] {
  const t = text.value.keys
  return [
    [['M'], t.mute],
    [['Space'], t.talk],
    [['O'], text.value.tools.offRecordKey],
    [['H'], t.mark],
    [['Shift', 'H'], t.back],
    [['P'], t.pause],
    [['End'], t.live],
    [['+', '−'], t.size],
    [['F'], t.full],
    [['?'], t.sheet],
  ]
}

function reviewKeys(): readonly KeyRow[] {
  const t = text.value.keys
  return [
    [['Space', 'K'], t.play],
    [['←', '→'], t.skip],
    [['J', 'L'], t.skip],
    [['[', ']'], t.speed],
    [['N', 'B'], t.turn],
    [['E'], t.edit],
    [['S'], t.starLine],
    [['M'], t.note],
    [['Shift', 'Enter'], t.split],
    [['Ctrl', 'Z'], t.undo],
    [['/'], t.search],
    [['?'], t.sheet],
  ]
}
