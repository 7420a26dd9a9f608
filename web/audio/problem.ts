/** Every way in which a microphone can refuse, told apart, so that the page can say what happened and what helps. */

export type CaptureProblem =
  /** The page is not on HTTPS or localhost: browsers hide the microphone. */
  | 'insecure'
  /** The person closed the question without an answer. */
  | 'dismissed'
  /** The site is blocked in this browser. */
  | 'blocked'
  /** The operating system keeps the browser from the microphone. */
  | 'blocked-by-system'
  /** The page is embedded in another one that does not pass the permission on. */
  | 'blocked-by-page'
  | 'no-device'
  | 'busy'
  /** The chosen device is gone; the default one is tried by itself. */
  | 'device-gone'
  /** A tab or screen was shared without its sound. */
  | 'no-tab-audio'
  /** This browser cannot share tab or system sound. */
  | 'tab-audio-unsupported'
  /** The chosen recording cannot be played by this browser. */
  | 'bad-file'
  | 'unsupported'
  | 'unknown'

export interface CaptureContext {
  secure: boolean
  hasMediaDevices: boolean
  /** From the Permissions API where the browser answers, otherwise null. */
  permission: 'granted' | 'denied' | 'prompt' | null
  embedded: boolean
}

/** Maps what `getUserMedia` threw. `message` tells OS-level refusal from the site's in Chromium and Firefox. */
export function captureProblem(
  error: { name?: string; message?: string } | null,
  context: CaptureContext,
): CaptureProblem {
  if (!context.hasMediaDevices) return context.secure ? 'unsupported' : 'insecure'
  const message = error?.message?.toLowerCase() ?? ''
  switch (error?.name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
    case 'SecurityError':
      if (/permissions? policy|feature policy|not allowed in this document/.test(message))
        return 'blocked-by-page'
      if (/system|platform/.test(message)) return 'blocked-by-system'
      if (context.permission === 'denied') return context.embedded ? 'blocked-by-page' : 'blocked'
      if (/dismissed/.test(message) || context.permission === 'prompt') return 'dismissed'
      return 'blocked'
    case 'NotFoundError':
    case 'DevicesNotFoundError':
      return 'no-device'
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'busy'
    case 'OverconstrainedError':
    case 'ConstraintNotSatisfiedError':
      return 'device-gone'
    case 'NotSupportedError':
    case 'TypeError':
      return context.secure ? 'unsupported' : 'insecure'
    default:
      return 'unknown'
  }
}

/** The browser family, for the words that lead to its own permission setting. */
export function browserFamily(userAgent: string): 'chromium' | 'firefox' | 'safari' | 'other' {
  if (/firefox|fxios/i.test(userAgent)) return 'firefox'
  if (/edg|chrome|chromium|crios/i.test(userAgent)) return 'chromium'
  if (/safari/i.test(userAgent)) return 'safari'
  return 'other'
}
