/** `parley backup | restore | verify`: copies of everything kept, and whether it is sound. */
import { Command } from 'commander'
import { backup } from '../../db/backup.ts'
import { restore } from '../../db/restore.ts'
import { verify } from '../../db/verify.ts'
import { AppError } from '../core/error.ts'
import { configuredDirectory, type FindDirectory, withDataDirectory } from './data-directory.ts'
import { print } from './print.ts'

interface Options {
  dataDir?: string
  json?: boolean
}

export function backupCommand(find: FindDirectory = configuredDirectory): Command {
  return withDataDirectory(new Command('backup'))
    .description('copy everything kept, also while Parley is running')
    .argument('<path>', 'a folder to make, or a name ending in .db for the database without recordings')
    .option('--json', 'as JSON')
    .action((path: string, options: Options) => {
      const report = backup({ directory: find(options.dataDir), to: path })
      if (options.json) return print(JSON.stringify(report))
      const audio = report.audioFiles === null ? 'without recordings' : `${report.audioFiles} recordings`
      print(`Saved ${report.sessions} meetings (${report.utterances} lines, ${audio}) to ${report.path}`)
    })
}

export function restoreCommand(find: FindDirectory = configuredDirectory): Command {
  return withDataDirectory(new Command('restore'))
    .description('put a backup in place of the present data, which is moved aside')
    .argument('<path>', 'a backup folder, or a .db file')
    .option('--json', 'as JSON')
    .action((path: string, options: Options) => {
      const report = restore({ directory: find(options.dataDir), from: path })
      if (options.json) return print(JSON.stringify(report))
      print(
        `Restored ${report.sessions} meetings (${report.utterances} lines, ${report.audioFiles} recordings).`,
      )
      if (report.replaced) print(`What was there before is in ${report.replaced}`)
    })
}

export function verifyCommand(find: FindDirectory = configuredDirectory): Command {
  return withDataDirectory(new Command('verify'))
    .description('check everything kept: the database, the logs of all meetings, the recordings')
    .option('--json', 'as JSON')
    .action((options: Options) => {
      const report = verify(find(options.dataDir))
      if (options.json) print(JSON.stringify(report))
      else {
        for (const problem of report.problems) print(problem)
        if (report.ok)
          print(
            `All is well: ${report.sessions} meetings, ${report.utterances} lines, ${report.audioFiles} recordings.`,
          )
      }
      if (!report.ok) {
        throw new AppError(
          'storage',
          `${report.problems.length} problems found. "parley restore" puts a backup in place.`,
        )
      }
    })
}
