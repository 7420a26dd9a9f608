/** The `--data-dir` of commands that look at kept data. */
import type { Command } from 'commander'
import { resolveConfig } from '../config.ts'

/** Turns what `--data-dir` said (or nothing) into the directory. */
export type FindDirectory = (dataDir?: string) => string

export const configuredDirectory: FindDirectory = (dataDir) =>
  resolveConfig(dataDir ? { dataDir: { value: dataDir, as: '--data-dir' } } : {}).config.dataDir

export function withDataDirectory(command: Command): Command {
  return command.option('--data-dir <directory>', 'where Parley keeps its data').exitOverride()
}
