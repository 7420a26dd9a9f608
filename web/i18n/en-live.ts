/** The words of the captions page, which must stay small; every other page has these and those of en.ts. */

/** “1 line” / “3 lines”; English needs two forms. */
const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`

export const enLive = {
  common: {
    close: 'Close',
    retry: 'Try again',
    offline: 'The server cannot be reached. It may be restarting.',
  },
  reader: {
    language: 'Language',
    original: 'As spoken',
    both: (language: string) => `${language} and as spoken`,
    transcript: 'Transcript',
    live: 'Live',
    jump: (n: number) => (n === 0 ? 'Back to live' : `Live · ${count(n, 'new line', 'new lines')}`),
    pause: 'Pause',
    resume: 'Resume',
    paused: 'Paused',
    toLive: 'Jump to live',
    behind: (s: number) => `${s} s behind`,
    larger: 'Larger text',
    smaller: 'Smaller text',
    reading: 'Reading options',
    speakToo: 'Speak too',
    gap: (duration: string) => `${duration} of audio missing`,
    offTheRecord: (duration: string) => `${duration} off the record`,
    noTranslation: 'Translation is not answering',
    section: 'New section',
    action: 'To do',
  },
  state: {
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting…',
    stillRecording: (s: number) => `Still recording, reconnecting… ${s} s kept safe`,
    stillRecordingHere: (s: number) =>
      `Still recording, reconnecting… ${s} s kept in this page only: do not close it`,
    replaying: (s: number) => `Back. Sending ${s} s that were kept`,
    live: 'Live',
    lag: (s: string) => `Live · ${s} s`,
    waiting: 'Ready',
    noSound: (s: number) => `No sound for ${s} s. Is this the right microphone?`,
    behind: (s: number) => `Captions are ${s} s behind`,
    muted: 'You are muted',
    mutedSpeaking: 'You are muted, but speaking',
    pausedBySystem: 'The system paused your microphone',
    offRecord: 'Off the record',
    ended: (time: string) => `Ended ${time}`,
    'not-allowed': 'This link does not let you in',
    'not-found': 'There is no such room',
    withdrawn: 'This link was withdrawn',
    'taken-over': 'You joined from another tab or device',
    other: 'The server closed the connection',
    refusedEnded: 'This meeting has ended',
  },
  captions: {
    waiting: 'Captions will begin shortly',
    ended: 'Thank you. This meeting has ended.',
    notFound: 'There is no such room',
    ignored: (names: string) => `Ignored settings in the link: ${names}`,
    controls: 'Caption controls',
  },
}

export type LiveMessages = typeof enLive
