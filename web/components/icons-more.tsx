/** The icons that the captions page does without, and the mark. */
import { icon } from './icon.tsx'

export const MicOffIcon = icon(
  <path d="M15 9V6a3 3 0 0 0-5.6-1.5M9 9v2a3 3 0 0 0 4.5 2.6M5 11a7 7 0 0 0 11.3 5.5M19 11a7 7 0 0 1-.5 2.6M12 18v3M4 4l16 16" />,
)
export const UnmuteIcon = icon(
  <path d="M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3" />,
)
export const LockIcon = icon(
  <>
    <rect x="5" y="11" width="14" height="9" rx="2" />
    <path d="M8 11V8a4 4 0 0 1 8 0v3" />
  </>,
)
export const OffRecordIcon = icon(
  <>
    <circle cx="12" cy="12" r="8" />
    <path d="M9 9v6M15 9v6" />
  </>,
)
export const ShareIcon = icon(<path d="M12 15V4m0 0L8 8m4-4 4 4M5 12v7a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-7" />)
export const FloatIcon = icon(
  <>
    <rect x="3" y="4" width="18" height="16" rx="2" />
    <rect x="12" y="12" width="7" height="5" rx="1" />
  </>,
)
export const CaptionsIcon = icon(
  <>
    <rect x="3" y="5" width="18" height="14" rx="2" />
    <path d="M7 11h6M16 11h1M7 15h2M12 15h5" />
  </>,
)
export const KeyboardIcon = icon(
  <>
    <rect x="2.5" y="6" width="19" height="12" rx="2" />
    <path d="M6 10h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10" />
  </>,
)
export const PeopleIcon = icon(
  <>
    <circle cx="9" cy="8" r="3.2" />
    <path d="M3 20c.5-3.6 2.8-5.5 6-5.5s5.5 1.9 6 5.5M15.5 5.2a3.2 3.2 0 0 1 0 5.6M17 14.8c2.3.6 3.7 2.4 4 5.2" />
  </>,
)
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </>,
)
export const CloseIcon = icon(<path d="M6 6l12 12M18 6 6 18" />)
export const StarIcon = icon(
  <path d="m12 3.8 2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8Z" />,
)
export const MoreIcon = icon(<path d="M5 12h.01M12 12h.01M19 12h.01" />)
export const UndoIcon = icon(<path d="M9 7 4 12l5 5M4.5 12H14a5 5 0 0 1 5 5v2" />)
export const RedoIcon = icon(<path d="m15 7 5 5-5 5M19.5 12H10a5 5 0 0 0-5 5v2" />)
export const NoteIcon = icon(<path d="M5 4h14v11l-5 5H5V4Zm9 16v-5h5M8.5 8.5h7M8.5 12h4" />)
export const ReplaceIcon = icon(<path d="M4 8h11m0 0-3-3m3 3-3 3M20 16H9m0 0 3-3m-3 3 3 3" />)
export const LayersIcon = icon(
  <path d="m12 4 8.5 4.5L12 13 3.5 8.5 12 4Zm-8.5 8.5L12 17l8.5-4.5M3.5 16.5 12 21l8.5-4.5" />,
)
export const EditIcon = icon(<path d="m14.5 5.5 4 4L8 20H4v-4L14.5 5.5Z" />)
export const UploadIcon = icon(<path d="M12 15V4m0 0L8 8m4-4 4 4M5 19h14" />)
export const GearIcon = icon(
  <>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2" />
    <circle cx="9" cy="17" r="2" />
  </>,
)
export const DownloadIcon = icon(<path d="M12 4v11m0 0 4-4m-4 4-4-4M5 19h14" />)
export const TrashIcon = icon(<path d="M4 7h16M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10 11v5M14 11v5" />)
export const WarnIcon = icon(<path d="M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5M12 17h.01" />)

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
