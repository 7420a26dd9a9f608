/** What a peer's messages say stands on its reader's screen. Pure. */

export interface LiveText {
  /** What its protocol marks as done. */
  committed: string
  /** What it shows beside that and may still change. */
  pending: string
}

/** Reads one connection's messages: the text now, 'ready' or 'end' for its signals, null for anything else. */
export type TextReader = (message: string) => LiveText | 'ready' | 'end' | null

interface LiveSegment {
  start: string
  text: string
  completed?: boolean
}

/** WhisperLive sends the last ten segments each time; completed ones are kept by their start. */
export function whisperLiveReader(): TextReader {
  const completed = new Map<string, string>()
  return (message) => {
    const { message: signal, segments } = JSON.parse(message) as {
      message?: string
      segments?: LiveSegment[]
    }
    if (signal === 'SERVER_READY') return 'ready'
    if (!segments) return null
    for (const { start, text, completed: done } of segments) if (done) completed.set(start, text.trim())
    const pending = segments.filter((segment) => !segment.completed && !completed.has(segment.start))
    return {
      committed: [...completed]
        .sort((a, b) => Number(a[0]) - Number(b[0]))
        .map(([, text]) => text)
        .join(' '),
      pending: pending.map(({ text }) => text.trim()).join(' '),
    }
  }
}

interface KitState {
  type?: string
  lines?: { text?: string | null }[]
  buffer_transcription?: string
  buffer_diarization?: string
}

/** WhisperLiveKit sends all lines each time, and what it has not validated yet apart. */
export function whisperLiveKitReader(): TextReader {
  return (message) => {
    const state = JSON.parse(message) as KitState
    if (state.type === 'config') return 'ready'
    if (state.type === 'ready_to_stop') return 'end'
    if (!state.lines) return null
    const join = (texts: (string | null | undefined)[]) =>
      texts
        .map((text) => text?.trim() ?? '')
        .filter(Boolean)
        .join(' ')
    return {
      committed: join(state.lines.map(({ text }) => text)),
      pending: join([state.buffer_diarization, state.buffer_transcription]),
    }
  }
}
