/** The icons that the captions page does without, and the mark. */
import { icon } from './icon.tsx'

export const MicOffIcon = icon(
  'M15 9V6a3 3 0 0 0-5.6-1.5M9 9v2a3 3 0 0 0 4.5 2.6M5 11a7 7 0 0 0 11.3 5.5M19 11a7 7 0 0 1-.5 2.6M12 18v3M4 4l16 16',
)
export const UnmuteIcon = icon(
  'M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3',
)
export const LockIcon = icon(
  'M7 11h10a2 2 0 0 1 2 2v5a2 2 0 0 1 -2 2h-10a2 2 0 0 1 -2 -2V13a2 2 0 0 1 2 -2ZM8 11V8a4 4 0 0 1 8 0v3',
)
export const OffRecordIcon = icon('M4 12a8 8 0 1 0 16 0a8 8 0 1 0 -16 0ZM9 9v6M15 9v6')
export const ShareIcon = icon('M12 15V4m0 0L8 8m4-4 4 4M5 12v7a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-7')
export const FloatIcon = icon(
  'M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2V6a2 2 0 0 1 2 -2ZM13 12h5a1 1 0 0 1 1 1v3a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1V13a1 1 0 0 1 1 -1Z',
)
export const CaptionsIcon = icon(
  'M5 5h14a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2V7a2 2 0 0 1 2 -2ZM7 11h6M16 11h1M7 15h2M12 15h5',
)
export const KeyboardIcon = icon(
  'M4.5 6h15a2 2 0 0 1 2 2v8a2 2 0 0 1 -2 2h-15a2 2 0 0 1 -2 -2V8a2 2 0 0 1 2 -2ZM6 10h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10',
)
export const PeopleIcon = icon(
  'M5.8 8a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0ZM3 20c.5-3.6 2.8-5.5 6-5.5s5.5 1.9 6 5.5M15.5 5.2a3.2 3.2 0 0 1 0 5.6M17 14.8c2.3.6 3.7 2.4 4 5.2',
)
export const SearchIcon = icon('M4.5 11a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0 -13 0ZM16 16l4.5 4.5')
export const CloseIcon = icon('M6 6l12 12M18 6 6 18')
export const StarIcon = icon('m12 3.8 2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8Z')
export const MoreIcon = icon('M5 12h.01M12 12h.01M19 12h.01')
export const UndoIcon = icon('M9 7 4 12l5 5M4.5 12H14a5 5 0 0 1 5 5v2')
export const RedoIcon = icon('m15 7 5 5-5 5M19.5 12H10a5 5 0 0 0-5 5v2')
export const NoteIcon = icon('M5 4h14v11l-5 5H5V4Zm9 16v-5h5M8.5 8.5h7M8.5 12h4')
export const ReplaceIcon = icon('M4 8h11m0 0-3-3m3 3-3 3M20 16H9m0 0 3-3m-3 3 3 3')
export const LayersIcon = icon(
  'm12 4 8.5 4.5L12 13 3.5 8.5 12 4Zm-8.5 8.5L12 17l8.5-4.5M3.5 16.5 12 21l8.5-4.5',
)
export const EditIcon = icon('m14.5 5.5 4 4L8 20H4v-4L14.5 5.5Z')
export const UploadIcon = icon('M12 15V4m0 0L8 8m4-4 4 4M5 19h14')
export const GearIcon = icon(
  'M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0 -4 0ZM7 17a2 2 0 1 0 4 0a2 2 0 1 0 -4 0Z',
)
export const DownloadIcon = icon('M12 4v11m0 0 4-4m-4 4-4-4M5 19h14')
export const TrashIcon = icon('M4 7h16M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10 11v5M14 11v5')
export const WarnIcon = icon('M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5M12 17h.01')

/** The mark: two caption lines in a speech bubble. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg class="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        class="logo-body"
        d="M9 3h14a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-7.5L9.6 28.6A1 1 0 0 1 8 27.8V24a6 6 0 0 1-5-6V9a6 6 0 0 1 6-6Z"
      />
      <path class="logo-line" d="M9 11.5h9M21.5 11.5H23M9 16.5h4M16.5 16.5H23" />
    </svg>
  )
}
