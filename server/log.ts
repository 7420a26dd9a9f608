/** Structured lines on stderr: ids, counts and durations; never words people said, names or tokens. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
/** From the most to the least talkative. */
export const LOG_LEVELS: LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Values are ids, numbers, booleans, and texts of our own. */
export type LogFields = Record<string, string | number | boolean | null | undefined>

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields, cause?: unknown): void
}

/** A log that writes JSON lines, or short readable ones on a terminal. A broken sink never breaks the server (reliability R33). */
export function createLog(
  level: LogLevel,
  options?: { write?: (line: string) => void; pretty?: boolean },
): Log {
  const write = options?.write ?? writeToStderr
  const pretty = options?.pretty ?? process.stderr.isTTY === true
  const emit = (at: LogLevel, message: string, fields: LogFields = {}) => {
    if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return
    const time = new Date().toISOString()
    if (!pretty) return write(`${JSON.stringify({ time, level: at, message, ...fields })}\n`)
    const rest = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${value}`)
      .join('')
    write(`${time.slice(11, 19)} ${at.padEnd(5)} ${message}${rest}\n`)
  }
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields, cause) => emit('error', message, { ...fields, ...describe(cause) }),
  }
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** The kind and place of an error; its message only if it is of a system call, since others may quote content. */
function describe(cause: unknown): LogFields {
  if (!(cause instanceof Error)) return {}
  const code = (cause as { code?: unknown }).code
  const place = cause.stack
    ?.split('\n')
    .find((line) => line.includes('at '))
    ?.trim()
  return { error: cause.name, code: typeof code === 'string' ? code : undefined, place }
}

function writeToStderr(line: string): void {
  try {
    process.stderr.write(line)
  } catch {
    // Nowhere left to say it.
  }
}
