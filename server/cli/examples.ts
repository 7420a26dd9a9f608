/** What people type, command by command: shown under every `--help`. Tests hold each line against the options there are. */
import type { Command } from 'commander'

type Example = [line: string, what: string]

/** `transcribe`, `client` and `listen` bring their own. */
export const EXAMPLES: Record<string, Example[]> = {
  parley: [
    ['parley', 'start the server and open the browser'],
    ['parley transcribe meeting.mp3', 'a file as text, while it is recognised'],
    ['parley listen', 'subtitles of this microphone'],
    ['parley client --protocol simple talk.wav', 'try any of the protocols'],
    ['parley doctor', 'what is missing on this machine'],
  ],
  serve: [
    ['parley serve --port 9002 --language de', 'another port, German spoken'],
    ['parley serve --host 127.0.0.1 --no-open', 'for this machine only, without a browser'],
    ['parley serve --whisperlive-port 9090', 'for WhisperLive clients on their usual port'],
    ['parley serve -m ./ggml-large-v3-turbo.bin -t 8 -H 0.0.0.0 -p 9002', 'the spellings of whisper.cpp'],
    ['parley serve -f http://localhost:8080/completion -nm 4', 'transcripts to llama.cpp, four at a time'],
    [
      'parley serve --backend openai --backend-url http://gpu:8000/v1',
      'recognised by a Faster-Whisper server; here when that fails',
    ],
    [
      'parley serve --s3-bucket meetings --s3-endpoint http://minio:9000',
      'recordings to a bucket at the end',
    ],
  ],
  config: [
    ['parley config show', 'every setting, and whether a flag, the environment or a file set it'],
    ['PARLEY_PORT=9002 parley config show --json', 'the same for a program'],
  ],
  sessions: [
    ['parley sessions list', 'newest first'],
    ['parley sessions show last', 'the text of the newest meeting'],
    ['parley sessions search budget --speaker Ada', 'who said it, and when'],
  ],
  export: [
    ['parley export last -f srt', 'subtitles of the newest meeting'],
    ['parley export --all -f md -o texts', 'every meeting, a file each'],
  ],
  models: [
    ['parley models list', 'what is installed and what can be fetched'],
    ['parley models get large-v3-turbo', 'download, check, install'],
  ],
  doctor: [['parley doctor --json', 'the same for a program']],
  backup: [['parley backup /mnt/backup/parley', 'also while Parley is running']],
  restore: [['parley restore /mnt/backup/parley', 'with Parley stopped; the present data is moved aside']],
  verify: [['parley verify', 'read everything kept and say what is damaged']],
  keys: [
    ['parley keys add recorder', 'a key that may transcribe'],
    ['parley keys add archive --scope sessions:read,rooms:read', 'one that may read'],
    ['parley keys list', 'ids, scopes and last use'],
  ],
  owner: [
    ['parley owner link', 'sets the account up, once, within 30 minutes'],
    ['parley owner sign-out', 'ends every sign-in'],
  ],
}

/** Adds the examples of `name` under the help of its command. */
export function withExamples(command: Command, name = command.name()): Command {
  const examples = EXAMPLES[name]
  if (!examples) return command
  const width = Math.min(58, Math.max(...examples.map(([line]) => line.length)))
  const lines = examples.map(([line, what]) =>
    line.length > width ? `  ${line}\n  ${' '.repeat(width)}  ${what}` : `  ${line.padEnd(width)}  ${what}`,
  )
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}\n`)
}
