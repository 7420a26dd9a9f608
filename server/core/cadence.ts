/** How often the speech of each speaker is decoded while they speak, so that the machine can hear all of them. Pure (engine note §8). */

export interface CadenceLimits {
  /** Shortest and longest time between two drafts of one stream, ms. */
  shortest: number
  longest: number
  /** Share of all cores that drafts may use: half, since finals and second passes need the other (NOTEBOOK, crowds). */
  share: number
  /**
   * Where more people speak than there are cores, one stream's drafts may use so much of a core, unless that makes them come
   * less often than this, ms: committed words are hardly later for it, and every speaker costs a sixth less (NOTEBOOK).
   */
  each: number
  modest: number
}

export const CADENCE: CadenceLimits = {
  shortest: 480,
  longest: 2500,
  share: 0.52,
  each: 0.2,
  modest: 1000,
}
/** From this time between drafts on many speak, ms, whatever their number. */
const CROWDED = 600

/** Time between drafts of one stream at which all active ones together use their share of the machine. */
function fitting(activeStreams: number, draftCost: number, cores: number, { share }: CadenceLimits): number {
  return (Math.max(1, activeStreams) * draftCost) / (share * cores)
}

/** So many speak that everybody's drafts have to come less often: three and more on two cores, seldom two. */
export function isCrowd(activeStreams: number, draftCost: number, cores: number, limits = CADENCE): boolean {
  const fits = fitting(activeStreams, draftCost, cores, limits)
  return fits > CROWDED || (activeStreams > cores && fits > limits.shortest)
}

/** Time between drafts of one stream so that all active ones together fit the machine. */
export function cadence(activeStreams: number, draftCost: number, cores: number, limits = CADENCE): number {
  const fits = fitting(activeStreams, draftCost, cores, limits)
  const many = activeStreams > cores && isCrowd(activeStreams, draftCost, cores, limits)
  const modest = many ? Math.min(limits.modest, draftCost / limits.each) : 0
  return Math.round(Math.min(limits.longest, Math.max(limits.shortest, fits, modest)))
}
