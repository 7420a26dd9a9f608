/** What the host decides for everyone: language, names and terms, what is kept, who may still come in. */

import type { RoomSettings } from '../../server/core/transcript.ts'
import { languageName } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { CheckBox } from './check-box.tsx'
import { Dialog } from './dialog.tsx'
import { KeepFields } from './keep-fields.tsx'
import { RecogniserChoice } from './recogniser.tsx'
import { SPOKEN } from './start-form.tsx'
import { VoiceCommandFields } from './voice-commands.tsx'

/** Days that can be chosen; what was set otherwise stays among them. */

export function RoomSettingsDialog({ screen, onClose }: { screen: RoomScreenValue; onClose: () => void }) {
  const t = text.value
  const settings = screen.room.settings.value
  if (!settings) return null
  const set = (change: Partial<Omit<RoomSettings, 'title'>>) =>
    screen.decide({ type: 'settings', settings: change })
  const { keep } = settings
  return (
    <Dialog title={t.hostTools.title} onClose={onClose}>
      <div class="fields">
        <label>
          {t.home.spoken}
          <select
            class="input"
            value={settings.language ?? ''}
            onChange={(event) => set({ language: event.currentTarget.value || null })}
          >
            <option value="">{t.home.detect}</option>
            {[...new Set([...SPOKEN, ...(settings.language ? [settings.language] : [])])].map((code) => (
              <option key={code} value={code}>
                {languageName(code)}
              </option>
            ))}
          </select>
        </label>
        {settings.language === null && (
          <details>
            <summary>
              {t.tools.allowed}
              {settings.languages.length > 0 && `: ${settings.languages.map(languageName).join(', ')}`}
            </summary>
            <p class="quiet small hint">{t.tools.allowedHint}</p>
            <div class="language-list">
              {[...new Set([...SPOKEN, ...settings.languages])].map((code) => (
                <CheckBox
                  key={code}
                  checked={settings.languages.includes(code)}
                  onChange={(on) =>
                    set({
                      languages: on
                        ? [...settings.languages, code]
                        : settings.languages.filter((each) => each !== code),
                    })
                  }
                >
                  {languageName(code)}
                </CheckBox>
              ))}
            </div>
          </details>
        )}
        <CheckBox
          checked={settings.task === 'translate'}
          onChange={(on) => set({ task: on ? 'translate' : 'transcribe' })}
        >
          {t.hostTools.toEnglish}
        </CheckBox>
        <RecogniserChoice backend={settings.backend} onChange={(backend) => set({ backend })} />
        <label>
          {t.hostTools.vocabulary}
          <textarea
            class="input"
            rows={3}
            maxLength={2000}
            placeholder={t.hostTools.vocabularyHint}
            defaultValue={settings.vocabulary}
            onChange={(event) => set({ vocabulary: event.currentTarget.value.trim() })}
          />
        </label>
        <KeepFields keep={keep} onChange={(next) => set({ keep: next })} />
        <CheckBox checked={settings.locked} onChange={(on) => set({ locked: on })}>
          {t.hostTools.lock}
        </CheckBox>
        <CheckBox
          checked={screen.room.transcript.value.offRecord !== null}
          onChange={(on) => screen.offTheRecord(on)}
        >
          {t.tools.offRecord}
        </CheckBox>
        <VoiceCommandFields
          commands={settings.commands}
          language={settings.language}
          onChange={(commands) => set({ commands })}
        />
      </div>
    </Dialog>
  )
}
