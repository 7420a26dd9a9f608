/** The icons of the controls that every page with text has. */
import { icon } from './icon.tsx'

export const MicIcon = icon(
  'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1 -3 3a3 3 0 0 1 -3 -3V6a3 3 0 0 1 3 -3ZM5 11a7 7 0 0 0 14 0M12 18v3',
)
export const TextIcon = icon('M3 18 8 6l5 12M4.7 14h6.6M14.5 18l3.2-8 3.3 8m-5.6-2.5h4.6')
export const PauseIcon = icon('M9 5v14M15 5v14')
export const PlayIcon = icon('M7 4.8v14.4a.6.6 0 0 0 .9.5l11.6-7.2a.6.6 0 0 0 0-1L7.9 4.3a.6.6 0 0 0-.9.5Z')
