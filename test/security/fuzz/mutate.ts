/** What a broken or hostile client makes of a good frame: values of other types and sizes, bytes turned, cut, doubled. */
import { below, pick, type Random } from '../../helpers/seeded.ts'

export type Frame = string | Uint8Array

/** Values that programs stumble over. */
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  -0,
  1e308,
  -1e308,
  2 ** 53,
  2 ** 31,
  2 ** 32 - 1,
  0.1,
  Number.MIN_VALUE,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a template engine would run
  '${7*7}',
  '../../etc/passwd',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  'x'.repeat(70_000),
  '🙂'.repeat(400),
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  { toString: 'x', valueOf: 1, length: -1 },
  Array.from({ length: 300 }, (_, index) => index),
]

/** One frame, mutated one to three times; sometimes left as it is. */
export function mutate(random: Random, frame: Frame): Frame {
  let result = frame
  for (let times = below(random, 4); times > 0; times--) {
    result = typeof result === 'string' ? mutateText(random, result) : mutateBytes(random, result)
  }
  return result
}

function mutateText(random: Random, text: string): Frame {
  const way = below(random, 10)
  if (way < 6) {
    try {
      const value: unknown = JSON.parse(text)
      if (value && typeof value === 'object') return JSON.stringify(changeLeaf(random, value)) ?? ''
    } catch {
      // No JSON: its bytes are changed instead.
    }
  }
  const at = below(random, text.length + 1)
  switch (way) {
    case 6:
      return text.slice(0, at)
    case 7:
      return text + text
    case 8:
      return new TextEncoder().encode(text)
    case 9:
      return '['.repeat(below(random, 50_000)) + text
    default: {
      const bytes = new TextEncoder().encode(text)
      if (bytes.length > 0) bytes[below(random, bytes.length)] = below(random, 256)
      return new TextDecoder().decode(bytes)
    }
  }
}

/** A copy with one value replaced, taken away, doubled under another name, or wrapped. */
function changeLeaf(random: Random, value: object): unknown {
  const copy = structuredClone(value) as Record<string, unknown>
  let place = copy
  for (let depth = 0; depth < 6; depth++) {
    const keys = Object.keys(place)
    if (keys.length === 0) return pick(random, ODD)
    const key = pick(random, keys)
    const inner = place[key]
    if (inner && typeof inner === 'object' && random() < 0.7) {
      place = inner as Record<string, unknown>
      continue
    }
    switch (below(random, 6)) {
      case 0:
        delete place[key]
        break
      case 1:
        place[pick(random, ['type', 'number', 'uid', 'language', 'x', '__proto__', key.toUpperCase()])] =
          inner
        break
      case 2:
        place[key] = [inner]
        break
      case 3:
        place[key] =
          typeof inner === 'number' ? inner * pick(random, [-1, 1e9, 0.5, 65_536]) : `${String(inner)}x`
        break
      default:
        place[key] = pick(random, ODD)
    }
    break
  }
  return copy
}

function mutateBytes(random: Random, bytes: Uint8Array): Frame {
  switch (below(random, 7)) {
    case 0:
      return bytes.slice(0, below(random, bytes.length + 1))
    case 1: {
      const longer = new Uint8Array(bytes.length + below(random, 64))
      longer.set(bytes)
      return longer
    }
    case 2:
      return new Uint8Array(below(random, 4))
    case 3: {
      // Samples that are no numbers, endless or denormal, for whoever reads them as float32.
      const floats = new Float32Array(16 + below(random, 200))
      for (let i = 0; i < floats.length; i++)
        floats[i] = pick(random, [
          Number.NaN,
          Number.POSITIVE_INFINITY,
          Number.NEGATIVE_INFINITY,
          1e-42,
          1e38,
          0.1,
        ])
      return new Uint8Array(floats.buffer)
    }
    case 4:
      return new TextDecoder().decode(bytes.subarray(0, 200))
    default: {
      const changed = bytes.slice()
      for (let count = 1 + below(random, 8); count > 0 && changed.length > 0; count--)
        changed[below(random, Math.min(changed.length, random() < 0.5 ? 24 : changed.length))] = below(
          random,
          256,
        )
      return changed
    }
  }
}
