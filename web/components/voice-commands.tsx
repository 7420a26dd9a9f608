/** Voice commands as the host defines them: off until turned on, proposals in the room's languages, every phrase can be changed. */

import { useState } from 'preact/hooks'
import type { CommandKind, VoiceCommand, VoiceCommands } from '../../server/core/voice-command.ts'
import { PHRASE_LANGUAGES, proposedPhrases } from '../../server/core/voice-phrases.ts'
import { languageName } from '../i18n/format.ts'
import { locale } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { CheckBox } from './check-box.tsx'
import { IconButton } from './icon-button.tsx'
import { TrashIcon } from './icons-more.tsx'

const KINDS: readonly CommandKind[] = ['section', 'action', 'off-the-record', 'on-the-record']

export function VoiceCommandFields({
  commands,
  language,
  onChange,
}: {
  commands: VoiceCommands | undefined
  /** Spoken in the room; null = detected. */
  language: string | null
  onChange: (commands: VoiceCommands) => void
}) {
  const t = text.value.tools
  const now: VoiceCommands = commands ?? { on: false, who: 'host', phrases: [] }
  const [proposed, setProposed] = useState(language ?? locale.peek())
  const set = (change: Partial<VoiceCommands>) => onChange({ ...now, ...change })
  const replace = (index: number, change: Partial<VoiceCommand>) =>
    set({ phrases: now.phrases.map((each, i) => (i === index ? { ...each, ...change } : each)) })
  const add = (code: string) => {
    const known = new Set(now.phrases.map(({ phrase }) => phrase))
    set({ phrases: [...now.phrases, ...proposedPhrases(code).filter(({ phrase }) => !known.has(phrase))] })
  }
  return (
    <fieldset class="voice-commands">
      <legend>{t.voice}</legend>
      <CheckBox
        checked={now.on}
        onChange={(on) =>
          set(on && now.phrases.length === 0 ? { on, phrases: proposedPhrases(proposed) } : { on })
        }
      >
        {t.voiceOn}
      </CheckBox>
      <p class="quiet small hint">{t.voiceHint}</p>
      {now.on && (
        <>
          <CheckBox
            checked={now.who === 'everyone'}
            onChange={(on) => set({ who: on ? 'everyone' : 'host' })}
          >
            {t.voiceEveryone}
          </CheckBox>
          <ul class="phrases">
            {now.phrases.map((phrase, index) => (
              <li key={`${index} ${phrase.phrase}`}>
                <select
                  class="input"
                  aria-label={t.voiceDoes}
                  value={phrase.does}
                  onChange={(event) => replace(index, { does: event.currentTarget.value as CommandKind })}
                >
                  {KINDS.map((kind) => (
                    <option key={kind} value={kind}>
                      {t.kinds[kind]}
                    </option>
                  ))}
                </select>
                <input
                  class="input"
                  aria-label={t.voicePhrase}
                  dir="auto"
                  maxLength={60}
                  defaultValue={phrase.phrase}
                  onChange={(event) => {
                    const next = event.currentTarget.value.trim()
                    if (next.length >= 2) replace(index, { phrase: next })
                    else event.currentTarget.value = phrase.phrase
                  }}
                />
                <IconButton
                  label={`${t.voiceRemove}: ${phrase.phrase}`}
                  onPress={() => set({ phrases: now.phrases.filter((_, i) => i !== index) })}
                >
                  <TrashIcon size={18} />
                </IconButton>
              </li>
            ))}
          </ul>
          <div class="row">
            <select
              class="input"
              aria-label={t.voiceLanguage}
              value={PHRASE_LANGUAGES.includes(proposed) ? proposed : 'en'}
              onChange={(event) => setProposed(event.currentTarget.value)}
            >
              {PHRASE_LANGUAGES.map((code) => (
                <option key={code} value={code}>
                  {languageName(code)}
                </option>
              ))}
            </select>
            <button type="button" class="button" onClick={() => add(proposed)}>
              {t.voiceAdd}
            </button>
          </div>
          {now.phrases.some(({ does }) => does === 'on-the-record') && (
            <p class="quiet small hint">{t.voiceListens}</p>
          )}
        </>
      )}
    </fieldset>
  )
}
