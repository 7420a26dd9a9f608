/** The captions page's settings from its address, so that links can be prepared; bad values fall back and are named. */
import type { Settings, Theme } from './settings.ts'
import { THEMES } from './settings.ts'
import type { Stability } from './stability.ts'

export interface CaptionOptions {
  size: number
  font: string
  weight: number
  /** Line height. */
  lh: number
  /** Between letters, em. */
  spacing: number
  /** Characters per line. */
  width: number
  /** Lines shown; 0 = the whole transcript (four, as an overlay). */
  lines: number
  align: 'start' | 'center' | 'end'
  pos: 'top' | 'bottom' | 'third'
  fg: string
  bg: string
  /** Opacity of the background, 0…1. */
  bgopacity: number
  edge: 'none' | 'outline' | 'shadow'
  speakers: '0' | 'name' | 'color' | 'both'
  stable: Stability
  show: 'source' | 'translation' | 'both'
  /** Language of the translation wanted. */
  lang: string
  /** Seconds behind the speaker, to match a delayed picture. */
  delay: number
  /** Seconds of silence after which the screen is cleared; 0 = never. */
  clear: number
  case: 'as-is' | 'upper'
  theme: Theme
  kiosk: boolean
  overlay: boolean
  controls: boolean
  qr: boolean
}

type Rule<K extends keyof CaptionOptions> = (value: string) => CaptionOptions[K] | undefined

const number =
  (min: number, max: number) =>
  (value: string): number | undefined => {
    const parsed = Number(value)
    return value !== '' && parsed >= min && parsed <= max ? parsed : undefined
  }
const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (value: string): T | undefined =>
    values.find((each) => each === value)
const flag = (value: string): boolean | undefined =>
  /^(1|true|yes|)$/.test(value) ? true : /^(0|false|no)$/.test(value) ? false : undefined
/** `#rgb`, `rrggbb` (without the sign, which would end the query), or a colour word. */
const colour = (value: string): string | undefined => {
  if (/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value)) return value.startsWith('#') ? value : `#${value}`
  return /^[a-z]{3,20}$/i.test(value) ? value : undefined
}

const RULES: { [K in keyof CaptionOptions]: Rule<K> } = {
  size: number(20, 1000),
  font: (value) => (/^[\p{L}\p{N} _-]{1,40}$/u.test(value) ? value : undefined),
  weight: number(100, 900),
  lh: number(1, 3),
  spacing: number(0, 0.5),
  width: number(10, 200),
  lines: number(0, 20),
  align: oneOf('start', 'center', 'end'),
  pos: oneOf('top', 'bottom', 'third'),
  fg: colour,
  bg: colour,
  bgopacity: number(0, 1),
  edge: oneOf('none', 'outline', 'shadow'),
  speakers: oneOf('0', 'name', 'color', 'both'),
  stable: oneOf('instant', 'balanced', 'steady'),
  show: (value) =>
    oneOf('source', 'translation', 'both')({ src: 'source', tr: 'translation' }[value] ?? value),
  lang: (value) => (/^[a-z]{2,3}$/.test(value) ? value : undefined),
  delay: number(0, 20),
  clear: number(0, 600),
  case: oneOf('as-is', 'upper'),
  theme: oneOf(...THEMES),
  kiosk: flag,
  overlay: flag,
  controls: flag,
  qr: flag,
}

/** Not settings of the captions, and no mistakes either. */
const OTHERS = new Set(['token', 'k'])

function defaultOptions(settings: Settings, overlay: boolean): CaptionOptions {
  return {
    size: settings.size,
    font: '',
    weight: overlay ? 600 : 400,
    lh: overlay ? 1.35 : settings.lineHeight,
    spacing: settings.letterSpacing,
    width: overlay ? 37 : 42,
    lines: overlay ? 2 : 0,
    align: overlay ? 'center' : 'start',
    pos: 'bottom',
    fg: '',
    bg: '',
    bgopacity: overlay ? 0.75 : 1,
    edge: 'none',
    speakers: 'both',
    stable: settings.stability,
    show: settings.show,
    lang: settings.language,
    delay: 0,
    clear: overlay ? 6 : 0,
    case: 'as-is',
    theme: overlay ? 'broadcast' : settings.theme,
    kiosk: false,
    overlay,
    controls: true,
    qr: false,
  }
}

/** Options for an address, and the names of those that could not be understood. */
export function captionOptions(
  query: URLSearchParams,
  settings: Settings,
): { options: CaptionOptions; ignored: string[]; given: Set<string> } {
  const options = defaultOptions(settings, flag(query.get('overlay') ?? '0') ?? false)
  const ignored: string[] = []
  const given = new Set<string>()
  for (const [name, value] of query) {
    if (OTHERS.has(name)) continue
    const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof CaptionOptions] : undefined
    const read = rule?.(value)
    if (read === undefined) ignored.push(name)
    else {
      Object.assign(options, { [name]: read })
      given.add(name)
    }
  }
  if (options.kiosk || options.overlay) options.controls = given.has('controls') && options.controls
  return { options, ignored, given }
}

/** A caption must stay long enough to be read: one second and 0.06 s per character, whatever `clear` says. */
export function clearAfterMs(clearSeconds: number, characters: number): number {
  return Math.max(clearSeconds * 1_000, 1_000 + 60 * characters)
}
