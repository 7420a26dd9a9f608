/** The list of keys, opened by `?`. */
import { text } from '../i18n/text.ts'
import { Dialog } from './dialog.tsx'

type KeyRow = readonly [keys: readonly string[], meaning: string]

/** Only what works for whoever asks: in a room, a reader has no microphone to mute. */
export function ShortcutsSheet({
  of,
  onClose,
}: {
  of: 'reader' | 'speaker' | 'host' | 'review'
  onClose: () => void
}) {
  const rows = of === 'review' ? reviewKeys() : [...speakerKeys(of), ...readerKeys()]
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

function speakerKeys(of: 'reader' | 'speaker' | 'host'): readonly KeyRow[] {
  const { keys, tools } = text.value
  const speaker: readonly KeyRow[] = [
    [['M'], keys.mute],
    [['Space'], keys.talk],
  ]
  if (of === 'reader') return []
  return of === 'host' ? [...speaker, [['O'], tools.offRecordKey]] : speaker
}

function readerKeys(): readonly KeyRow[] {
  const t = text.value.keys
  return [
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
    [['U'], text.value.review.uncertain],
    [['Shift', 'Enter'], t.split],
    [['Ctrl', 'Z'], t.undo],
    [['/'], t.search],
    [['?'], t.sheet],
  ]
}
