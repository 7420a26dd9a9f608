/** Keeps what is decoded short: windows lose committed words, and utterances of people who never pause are divided. */
import { samplesToMs } from '../core/audio.ts'
import type { CommitPolicy } from '../core/commit-policy.ts'
import { decideEndpoint, type EndpointOptions } from '../core/endpointing.ts'
import { CUT_SHARE } from '../core/live.ts'
import type { Division, OpenUtterance } from '../core/open-utterance.ts'
import type { Ms } from '../core/transcript.ts'

export class Divider {
  constructor(
    private policy: CommitPolicy,
    private newId: () => string,
  ) {}

  /** The words before the best place to cut as an utterance of their own, once there are enough; else null. */
  divide(open: OpenUtterance, endpoint: EndpointOptions): Division | null {
    const length = samplesToMs(open.heard - open.start)
    const best = open.bestCut()
    const state = { silence: 0, voiced: length, length, sentenceComplete: null, cut: best.kind }
    if (decideEndpoint(state, endpoint) !== 'split') return null
    this.policy.shift(open.cutTime(best.at))
    return open.splitOff(best.at, this.newId())
  }

  /** Moves the window's start on when it is longer than `most`. */
  shorten(open: OpenUtterance, window: Ms, most: Ms): void {
    if (window <= most) return
    const at = open.cutPoint(window, CUT_SHARE)
    if (at <= 0) return
    this.policy.shift(open.cutTime(at))
    open.cut(at)
  }
}
