/** Français: the words of the captions page. */
import type { LiveMessages } from './en-live.ts'

/** Zéro et un prennent le singulier. */
export const count = (n: number, one: string, many: string) => `${n} ${n < 2 ? one : many}`

export const frLive: LiveMessages = {
  common: {
    close: 'Fermer',
    retry: 'Réessayer',
    offline: 'Le serveur est injoignable. Il redémarre peut-être.',
  },
  reader: {
    language: 'Langue',
    original: 'Version originale',
    both: (language) => `${language} et version originale`,
    transcript: 'Transcription',
    live: 'En direct',
    jump: (n) =>
      n === 0 ? 'Revenir au direct' : `Direct · ${count(n, 'nouvelle ligne', 'nouvelles lignes')}`,
    pause: 'Pause',
    resume: 'Continuer',
    paused: 'En pause',
    toLive: 'Aller au direct',
    behind: (s) => `${s} s de retard`,
    larger: 'Texte plus grand',
    smaller: 'Texte plus petit',
    reading: 'Options de lecture',
    speakToo: 'Parler aussi',
    gap: (duration) => `${duration} de son manquant`,
    offTheRecord: (duration) => `${duration} hors enregistrement`,
    noTranslation: 'La traduction ne répond pas',
    section: 'Nouvelle section',
    action: 'À faire',
  },
  state: {
    connecting: 'Connexion…',
    reconnecting: 'Reconnexion…',
    stillRecording: (s) => `L’enregistrement continue, reconnexion… ${s} s en sûreté`,
    stillRecordingHere: (s) =>
      `L’enregistrement continue, reconnexion… ${s} s dans cette page seulement : ne la fermez pas`,
    replaying: (s) => `De retour. Envoi de ${s} s gardées`,
    live: 'En direct',
    lag: (s) => `En direct · ${s} s`,
    waiting: 'Prêt',
    noSound: (s) => `Aucun son depuis ${s} s. Est-ce le bon micro ?`,
    behind: (s) => `Les sous-titres ont ${s} s de retard`,
    muted: 'Votre micro est coupé',
    mutedSpeaking: 'Votre micro est coupé, mais vous parlez',
    pausedBySystem: 'Le système a mis votre micro en pause',
    offRecord: 'Hors procès-verbal',
    ended: (time) => `Terminée à ${time}`,
    'not-allowed': 'Ce lien ne vous laisse pas entrer',
    'not-found': 'Cette salle n’existe pas',
    withdrawn: 'Ce lien a été retiré',
    'taken-over': 'Vous avez rejoint depuis un autre onglet ou appareil',
    other: 'Le serveur a fermé la connexion',
    refusedEnded: 'Cette réunion est terminée',
  },
  captions: {
    waiting: 'Les sous-titres vont bientôt commencer',
    ended: 'Merci. Cette réunion est terminée.',
    notFound: 'Cette salle n’existe pas',
    ignored: (names) => `Réglages du lien ignorés : ${names}`,
    controls: 'Réglages des sous-titres',
  },
}
