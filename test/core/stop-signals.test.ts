import { expect, test } from 'bun:test'
import { StopSignals } from '../../server/core/stop-signals.ts'

test('[OP11] only Ctrl+C pressed again cuts a stop short; the same press passed on by npm, and SIGTERM, do not', () => {
  const pressed = new StopSignals()
  expect([pressed.take('SIGINT', 1000), pressed.take('SIGINT', 1090)]).toEqual(['stop', 'go-on'])
  // npx has ended, and the launcher's watch says so.
  expect([pressed.take('SIGTERM', 2000), pressed.take('SIGHUP', 2001)]).toEqual(['go-on', 'go-on'])
  expect(pressed.take('SIGINT', 2500)).toBe('end')
  const told = new StopSignals()
  expect([told.take('SIGTERM', 0), told.take('SIGTERM', 3000), told.take('SIGINT', 3001)]).toEqual([
    'stop',
    'go-on',
    'end',
  ])
})
