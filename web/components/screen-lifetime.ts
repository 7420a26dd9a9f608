/** Ties a screen to its page: entered when the page is shown, told when the network comes and goes, closed with it. */
import { useEffect } from 'preact/hooks'
import type { RoomModelValue } from '../state/room.ts'

export interface LivingScreen {
  room: Pick<RoomModelValue, 'nudge' | 'doubt'>
  close(): void
  [Symbol.dispose](): void
}

export function useScreen(screen: LivingScreen, enter: () => void): void {
  useEffect(() => {
    enter()
    const nudge = () => {
      if (!document.hidden) screen.room.nudge()
    }
    const doubt = () => screen.room.doubt()
    addEventListener('online', nudge)
    addEventListener('offline', doubt)
    document.addEventListener('visibilitychange', nudge)
    return () => {
      removeEventListener('online', nudge)
      removeEventListener('offline', doubt)
      document.removeEventListener('visibilitychange', nudge)
      screen.close()
      screen[Symbol.dispose]()
    }
  }, [screen])
}
