/**
 * Subtitles in a program of your own: `bun docs/examples/subtitles.ts [--server http://localhost:8123] [--language en] [FILE]`.
 * Without a file the microphone is heard until Ctrl+C. The connection may break meanwhile: nothing is lost, it goes on by itself.
 */
import { parseArgs } from 'node:util'
import { fileSource, microphone, transcribe } from 'parley/client'

const { values, positionals } = parseArgs({
  args: Bun.argv.slice(2),
  allowPositionals: true,
  options: {
    server: { type: 'string', default: 'http://localhost:8123' },
    language: { type: 'string' },
    room: { type: 'string' },
    token: { type: 'string' },
  },
})
const over = new AbortController()
process.on('SIGINT', () => over.abort())
const [file] = positionals

const { text } = await transcribe({
  url: values.server,
  room: values.room,
  token: values.token,
  language: values.language,
  name: 'Example',
  source: file === undefined ? microphone({ signal: over.signal }) : fileSource(file),
  onDraft: (draft) => process.stderr.write(`\r\u001b[K${draft.slice(-100)}`),
  onFinal: (line, { revised }) => process.stderr.write(`\r\u001b[K${revised ? '(better) ' : ''}${line}\n`),
  onStatus: (status) => status === 'waiting' && process.stderr.write('\r\u001b[K… connection lost, trying again\n'),
  onNotice: (message) => process.stderr.write(`${message}\n`),
})
console.log(text)
