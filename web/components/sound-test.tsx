/** “Say something”: a few seconds go through the real recogniser before joining, and come back as words. */

import { useEffect, useState } from 'preact/hooks'
import { wavFile } from '../../server/core/wav-file.ts'
import { BYTES_PER_MS } from '../../server/core/wire.ts'
import { text } from '../i18n/text.ts'
import type { MicrophoneModelValue } from '../state/microphone.ts'

/** Long enough for a few words, short enough to wait for. */
const TEST_MS = 3_500

type State =
  | { kind: 'waiting' }
  | { kind: 'sending' }
  | { kind: 'heard'; words: string }
  | { kind: 'nothing' }
  | { kind: 'off' }

export function SoundTest({ microphone }: { microphone: MicrophoneModelValue }) {
  const t = text.value.join
  const [state, setState] = useState<State>({ kind: 'waiting' })
  const [round, setRound] = useState(0)

  useEffect(() => {
    const parts: Uint8Array[] = []
    let bytes = 0
    let spoken = false
    const stop = new AbortController()
    const close = microphone.listen({
      frame(pcm16) {
        spoken ||= microphone.level.peek().verdict !== 'silent' && microphone.level.peek().peak > 0.05
        if (!spoken) {
          // Half a second before the first sound is kept, so that the first word is whole.
          parts.push(pcm16)
          if (parts.length > 8) parts.shift()
          return
        }
        parts.push(pcm16)
        bytes += pcm16.length
        if (bytes < TEST_MS * BYTES_PER_MS) return
        close()
        setState({ kind: 'sending' })
        recognise(parts, stop.signal).then(
          (words) => setState(words ? { kind: 'heard', words } : { kind: 'nothing' }),
          () => {
            if (!stop.signal.aborted) setState({ kind: 'off' })
          },
        )
      },
      gap() {},
    })
    return () => {
      stop.abort()
      close()
    }
  }, [round])

  // No recogniser to ask: the meter says enough.
  if (state.kind === 'off') return null
  return (
    <div class="sound-test" role="status">
      {state.kind === 'waiting' && <p class="quiet">{t.test}</p>}
      {state.kind === 'sending' && <p class="quiet">{t.testing}</p>}
      {state.kind === 'nothing' && <p>{t.heardNothing}</p>}
      {state.kind === 'heard' && (
        <p>
          {t.heard}: <q dir="auto">{state.words}</q>
        </p>
      )}
      {(state.kind === 'heard' || state.kind === 'nothing') && (
        <button
          type="button"
          class="button small"
          onClick={() => {
            setState({ kind: 'waiting' })
            setRound(round + 1)
          }}
        >
          {text.value.common.retry}
        </button>
      )}
    </div>
  )
}

/** Through the same door as any file: nothing of it is kept. */
async function recognise(parts: readonly Uint8Array[], signal: AbortSignal): Promise<string> {
  const form = new FormData()
  form.set('file', new Blob([wavFile(parts)], { type: 'audio/wav' }), 'test.wav')
  form.set('response_format', 'json')
  form.set('store', 'false')
  const response = await fetch('/v1/audio/transcriptions', { method: 'POST', body: form, signal })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  const { text: words } = (await response.json()) as { text: string }
  return words.trim()
}
