/** Opt-in: finished sentences for screen readers, one at a time, never the tentative tail. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { textOf } from '../../server/core/transcript.ts'
import { useApp } from '../state/app.ts'
import type { CaptionsModelValue } from '../state/captions.ts'

/** One announcement per two seconds at most; what comes faster is joined. */
const EVERY_MS = 2_000

export function Announcer({ captions }: { captions: CaptionsModelValue }) {
  const { settings } = useApp()
  const mode = settings.all.value.announce
  const [said, setSaid] = useState('')
  const told = useRef<Set<string> | null>(null)
  const queue = useRef<string[]>([])
  const transcript = captions.shown.value

  useEffect(() => {
    const finals = transcript.utterances.filter((utterance) => utterance.state !== 'pending')
    // What was there when it was switched on is not read out.
    if (told.current === null || mode === 'off') {
      told.current = new Set(finals.map((utterance) => utterance.id))
      return
    }
    for (const utterance of finals) {
      if (told.current.has(utterance.id)) continue
      told.current.add(utterance.id)
      const name = transcript.participants.get(utterance.participantId)?.name
      const words = textOf(utterance.committed)
      queue.current.push(mode === 'speakers' && name ? `${name}: ${words}` : words)
    }
  }, [transcript.utterances, mode])

  useEffect(() => {
    if (mode === 'off') return
    const timer = setInterval(() => {
      if (queue.current.length === 0) return
      setSaid(queue.current.join(' '))
      queue.current = []
    }, EVERY_MS)
    return () => clearInterval(timer)
  }, [mode])

  return (
    <div class="visually-hidden" aria-live="polite">
      {mode === 'off' ? '' : said}
    </div>
  )
}
