/** How this reader wants it: size, theme, when words appear, line length; at the side, so the text changes in view. */

import { useId } from 'preact/hooks'
import { setLanguage } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { useApp } from '../state/app.ts'
import {
  defaultSettings,
  LANGUAGES,
  type Settings,
  SIZES,
  THEMES,
  type UiLanguage,
} from '../state/settings.ts'
import { CheckBox } from './check-box.tsx'
import { Dialog } from './dialog.tsx'
import { Segmented } from './segmented.tsx'

const OWN_NAMES: Record<UiLanguage, string> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ar: 'العربية',
  ja: '日本語',
}

export function ReadingPanel({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={text.value.reading.title} onClose={onClose} side>
      <ReadingFields />
    </Dialog>
  )
}

/** The controls themselves; every change is kept in this browser at once. */
export function ReadingFields() {
  /** Radio buttons of a second copy on the page are other ones. */
  const group = useId()
  const { settings } = useApp()
  const t = text.value.reading
  const now = settings.all.value
  const set = (change: Partial<Settings>) => settings.set(change)
  const reset = () => {
    const { size, theme, stability, width, lineHeight, letterSpacing } = defaultSettings
    set({ size, theme, stability, width, lineHeight, letterSpacing })
  }
  return (
    <div class="fields">
      <Slider
        label={t.size}
        unit="%"
        value={now.size}
        min={SIZES[0]}
        max={SIZES.at(-1) ?? 400}
        step={5}
        onChange={(size) => set({ size })}
      />
      <fieldset class="themes">
        <legend>{t.theme}</legend>
        {THEMES.map((theme) => (
          <label key={theme} class="theme-choice" data-theme={theme === 'system' ? undefined : theme}>
            <input
              type="radio"
              name={`${group}-theme`}
              checked={now.theme === theme}
              onChange={() => set({ theme })}
            />
            <span>
              <b aria-hidden="true">Aa</b> {t.themes[theme]}
            </span>
          </label>
        ))}
      </fieldset>
      <Segmented
        name={`${group}-stability`}
        label={t.stability}
        value={now.stability}
        onChange={(stability) => set({ stability })}
        options={(['instant', 'balanced', 'steady'] as const).map((value) => ({
          value,
          label: t.stabilities[value],
        }))}
      />
      <p class="quiet small hint">{t.stabilityHints[now.stability]}</p>
      <Slider
        label={t.width}
        unit=" ch"
        value={now.width}
        min={30}
        max={120}
        step={1}
        onChange={(width) => set({ width })}
      />
      <label class="field">
        {t.language}
        <select
          class="input"
          value={now.ui}
          onChange={(event) => {
            const ui = event.currentTarget.value as UiLanguage
            void setLanguage(ui).then(() => set({ ui }))
          }}
        >
          {LANGUAGES.map((code) => (
            <option key={code} value={code} lang={code}>
              {OWN_NAMES[code]}
            </option>
          ))}
        </select>
      </label>
      <details>
        <summary>{t.advanced}</summary>
        <div class="fields">
          <Slider
            label={t.lineHeight}
            unit=""
            value={now.lineHeight}
            min={1.2}
            max={2.4}
            step={0.1}
            onChange={(lineHeight) => set({ lineHeight })}
          />
          <Slider
            label={t.letterSpacing}
            unit=" em"
            value={now.letterSpacing}
            min={0}
            max={0.2}
            step={0.01}
            onChange={(letterSpacing) => set({ letterSpacing })}
          />
          <Segmented
            name={`${group}-announce`}
            label={t.announce}
            value={now.announce}
            onChange={(announce) => set({ announce })}
            options={(['off', 'finals', 'speakers'] as const).map((value) => ({
              value,
              label: t.announces[value],
            }))}
          />
          {'speechSynthesis' in window && (
            <>
              <CheckBox checked={now.readAloud} onChange={(on) => set({ readAloud: on })}>
                {t.readAloud}
              </CheckBox>
              <p class="quiet small hint">{t.readAloudHint}</p>
            </>
          )}
          <CheckBox checked={now.shortcuts} onChange={(on) => set({ shortcuts: on })}>
            {t.shortcuts}
          </CheckBox>
        </div>
      </details>
      <button type="button" class="button" onClick={reset}>
        {t.reset}
      </button>
    </div>
  )
}

function Slider({
  label,
  unit,
  value,
  min,
  max,
  step,
  onChange,
}: {
  label: string
  unit: string
  value: number
  min: number
  max: number
  step: number
  onChange: (value: number) => void
}) {
  return (
    <label class="slider">
      <span>
        {label}
        {/* No <output>: the label would name that, not the slider. */}
        <span class="slider-value" aria-hidden="true">
          {value}
          {unit}
        </span>
      </span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={`${value}${unit}`}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
    </label>
  )
}
