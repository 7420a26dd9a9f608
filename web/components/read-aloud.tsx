/** Opt-in: captions spoken by the browser, for as long as this is on the page. */
import { useEffect } from 'preact/hooks'
import { useApp } from '../state/app.ts'
import type { CaptionsModelValue } from '../state/captions.ts'
import { browserReadAloudPorts, ReadAloudModel } from '../state/read-aloud.ts'

export function ReadAloud({ captions }: { captions: CaptionsModelValue }) {
  const { settings } = useApp()
  useEffect(() => {
    const model = new ReadAloudModel(captions.lines, settings.readIn, browserReadAloudPorts)
    return () => {
      model.stop()
      model[Symbol.dispose]()
    }
  }, [captions])
  return null
}
