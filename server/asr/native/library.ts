/** Opens the native library and checks that it speaks our version of parley.h. Load it in child processes only: it may abort. */
import { CString, dlopen, type Pointer } from 'bun:ffi'
import { AppError } from '../../core/error.ts'

/** Must equal PARLEY_ABI in parley.h. */
const ABI = 3

const SYMBOLS = {
  parley_abi: { args: [], returns: 'i32' },
  parley_system: { args: [], returns: 'ptr' },
  parley_set_log_level: { args: ['i32'], returns: 'void' },
  parley_model_open: { args: ['ptr', 'i32', 'ptr', 'i32'], returns: 'ptr' },
  parley_model_close: { args: ['ptr'], returns: 'void' },
  parley_model_describe: { args: ['ptr', 'ptr'], returns: 'void' },
  parley_token_bytes: { args: ['ptr', 'i32', 'ptr', 'i32'], returns: 'i32' },
  parley_tokenize: { args: ['ptr', 'ptr', 'i32', 'ptr', 'i32'], returns: 'i32' },
  parley_language_code: { args: ['i32', 'ptr', 'i32'], returns: 'i32' },
  parley_state_open: { args: ['ptr', 'ptr', 'i32'], returns: 'ptr' },
  parley_state_close: { args: ['ptr'], returns: 'void' },
  parley_start: { args: ['ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'i32'], returns: 'i32' },
  parley_poll: { args: ['ptr'], returns: 'i32' },
  parley_abort: { args: ['ptr'], returns: 'void' },
  parley_collect: { args: ['ptr', 'ptr', 'ptr', 'i32', 'ptr', 'i32'], returns: 'i32' },
  parley_measure: { args: ['ptr', 'i32', 'i32', 'i32'], returns: 'f64' },
  parley_voice_open: { args: ['ptr', 'ptr', 'i32'], returns: 'ptr' },
  parley_voice_detect: { args: ['ptr', 'ptr', 'i32', 'ptr'], returns: 'i32' },
  parley_voice_reset: { args: ['ptr'], returns: 'void' },
  parley_voice_close: { args: ['ptr'], returns: 'void' },
} as const

/** What the library was built with, as parley_system tells it. */
export interface NativeSystem {
  whisper: string
  variant: string
  tinyblas: boolean
  openmp: boolean
  /** Instruction sets compiled in. */
  features: string[]
  /** `CPU` and, in GPU builds, `CUDA`, `Vulkan` or `Metal`. */
  backends: string[]
}

export type NativeSymbols = ReturnType<typeof open>['symbols']

export interface NativeLibrary {
  readonly symbols: NativeSymbols
  readonly system: NativeSystem
}

const open = (path: string) => dlopen(path, SYMBOLS)
const opened = new Map<string, NativeLibrary>()

/** Throws AppError `unavailable` when the file is missing or does not fit this machine. */
export function openLibrary(path: string): NativeLibrary {
  const known = opened.get(path)
  if (known) return known
  let symbols: NativeSymbols
  try {
    symbols = open(path).symbols
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\.?$/, '') : 'unknown'
    const remedy = 'Remove that file and start again, which puts a whole one there.'
    throw new AppError('unavailable', `The speech engine ${path} cannot be loaded: ${why}. ${remedy}`, {
      cause,
    })
  }
  if (symbols.parley_abi() !== ABI) {
    throw new AppError(
      'unavailable',
      `The speech engine ${path} is of another version. Build it again: bun server/asr/native/build.ts`,
    )
  }
  const text = symbols.parley_system()
  if (!text) throw new AppError('internal', 'The speech engine does not describe itself.')
  const library = { symbols, system: JSON.parse(new CString(text).toString()) as NativeSystem }
  opened.set(path, library)
  return library
}

/** A zero-terminated UTF-8 string for a `const char *`. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`)
}

/** Room for one error sentence from the library. */
export class ErrorText {
  readonly bytes = new Uint8Array(512)
  readonly size = 512
  /** What the library wrote, or '' when it wrote nothing. */
  read(): string {
    const end = this.bytes.indexOf(0)
    return new TextDecoder().decode(this.bytes.subarray(0, end < 0 ? this.size : end))
  }
}

export type { Pointer }
