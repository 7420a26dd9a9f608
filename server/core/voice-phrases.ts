/** Phrases proposed to a host who turns voice commands on, by language; every one can be changed. */
import type { CommandKind, VoiceCommand } from './voice-command.ts'

const PHRASES: Record<string, Record<CommandKind, string>> = {
  en: {
    section: 'new section',
    action: 'action item',
    'off-the-record': 'off the record',
    'on-the-record': 'back on the record',
  },
  de: {
    section: 'neuer Abschnitt',
    action: 'Aufgabe',
    'off-the-record': 'nicht fürs Protokoll',
    'on-the-record': 'wieder fürs Protokoll',
  },
  fr: {
    section: 'nouvelle section',
    action: 'action à faire',
    'off-the-record': 'hors procès-verbal',
    'on-the-record': 'retour au procès-verbal',
  },
  es: {
    section: 'nueva sección',
    action: 'tarea pendiente',
    'off-the-record': 'fuera de acta',
    'on-the-record': 'volvemos al acta',
  },
  ar: {
    section: 'قسم جديد',
    action: 'مهمة جديدة',
    'off-the-record': 'خارج المحضر',
    'on-the-record': 'عودة إلى المحضر',
  },
  ja: {
    section: '新しいセクション',
    action: 'アクションアイテム',
    'off-the-record': 'ここからオフレコ',
    'on-the-record': 'オフレコ終わり',
  },
}

/** The languages there are proposals for. */
export const PHRASE_LANGUAGES = Object.keys(PHRASES)

/** Proposals in one language; English for one without. */
export function proposedPhrases(language: string): VoiceCommand[] {
  const phrases = PHRASES[language] ?? (PHRASES.en as Record<CommandKind, string>)
  return (Object.keys(phrases) as CommandKind[]).map((does) => ({ does, phrase: phrases[does] }))
}
