/** The level as a bar and, more important, as a word. */
import type { LevelState, LevelVerdict } from '../audio/level.ts'
import { text } from '../i18n/text.ts'

export function LevelMeter({ level, verdict }: { level: LevelState; verdict: LevelVerdict }) {
  const words = text.value.level[verdict]
  return (
    <div class={`level ${verdict}`} data-verdict={verdict}>
      <div class="level-bar" aria-hidden="true">
        <div class="level-fill" style={{ transform: `scaleX(${level.bar.toFixed(3)})` }} />
      </div>
      <span class="level-word">{words}</span>
    </div>
  )
}
