/** `parley client FILE`: a test client for every protocol the server speaks, and for other people's servers of the same kind. */
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { fileSource } from '../client/sources.ts'
import { AppError } from '../core/error.ts'
import { addTalkOptions, checkFlags, converse, type TalkFlags } from './talk-options.ts'
import type { Output } from './talk-printer.ts'

interface ClientFlags extends TalkFlags {
  fast?: boolean
  raw?: boolean
}

const HELP = `
Examples:
  parley client talk.wav                                        one line per utterance, in real time
  parley client --uri ws://localhost:8000/ws --chunk-size 8192 --protocol simple --fast talk.wav
  parley client --protocol realtime --json talk.mp3 > conversation.jsonl
  parley client --protocol native --room quiet-otter-4207 --token TOKEN talk.wav   survives cuts and restarts
  parley client --uri ws://localhost:9090 --protocol whisperlive --language de talk.wav
`

export function clientCommand(out?: { stdout: Output; stderr: Output }): Command {
  const command = new Command('client')
    .description('send audio files to a server over any of its protocols and print what arrives')
    .argument('<file...>', 'audio or video files')
  addTalkOptions(command)
    .option('--fast', 'send faster than real time')
    .option('--raw', 'send the file as it is, container and all (protocols that take files)')
    .addHelpText('after', HELP)
  return command.action(async (files: string[]) => {
    const flags = command.opts<ClientFlags>()
    checkFlags(flags) // a misspelt protocol costs no decoding
    for (const file of files)
      if (!existsSync(file)) throw new AppError('not-found', `There is no file ${file}.`)
    for (const file of files) {
      const sound = flags.raw ? Bun.file(file).stream() : fileSource(file)
      await converse(
        flags,
        { sound: sound as AsyncIterable<Uint8Array>, realTime: !flags.fast, raw: flags.raw },
        out,
      )
    }
  })
}
