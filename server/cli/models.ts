/** `parley models …`: which speech models there are, and getting, importing, checking and removing them. */
import { resolve } from 'node:path'
import { Command } from 'commander'
import { findModel } from '../../models/catalogue.ts'
import { rememberHash } from '../../models/hash.ts'
import { importModel, listModels, type ModelRow, removeModel, verifyModels } from '../../models/installed.ts'
import { hashMemory, locateModel, modelDirectory, unknownModel } from '../../models/locate.ts'
import { formatBytes } from '../../models/progress.ts'
import { pullModel } from '../../models/pull.ts'
import { resolveConfig } from '../config.ts'
import { catchInterrupts } from './interrupt.ts'
import { progressPrinter } from './pull-progress.ts'

interface Shared {
  dataDir?: string
  json?: boolean
}

/** The command with its five subcommands, ready to be added to the program. */
export function modelsCommand(): Command {
  const command = new Command('models').description('speech models: list, get, import, verify, rm')
  const sub = (usage: string, help: string) =>
    command
      .command(usage)
      .description(help)
      .option('--data-dir <directory>', 'where Parley keeps its data')
      .exitOverride() // main.ts decides on exit codes

  sub('list', 'every model: what is installed and what can be fetched')
    .option('--json', 'as JSON')
    .action(list)
  sub('get <name...>', 'download models, check them and install them')
    .option('--mirror <url>', 'base address to download from (PARLEY_MODEL_MIRROR)')
    .option('--proxy <url>', 'HTTP proxy (default: HTTP_PROXY, HTTPS_PROXY, NO_PROXY)')
    .option('--force', 'download again even if it is installed')
    .action(get)
  sub('import <file>', 'install a model file of your own, or one carried over from another machine')
    .option('--name <name>', 'name for a model that is not in the catalogue')
    .option('--replace', 'replace another model of that name')
    .action(importFile)
  sub('verify [name]', 'read installed models in full and compare their hashes')
    .option('--json', 'as JSON')
    .action(verify)
  sub('rm <name...>', 'delete installed models').action(remove)
  return command
}

async function list({ json, ...options }: Shared): Promise<void> {
  const rows = await listModels(dataDirectory(options))
  if (json) return print(JSON.stringify(rows, null, 2))
  const width = Math.max(...rows.map((row) => row.name.length))
  const line = (row: ModelRow) =>
    `${row.name.padEnd(width)}  ${formatBytes(row.bytes).padStart(8)}  ${STATES[row.state].padEnd(9)}  ${row.note}`
  const hint = 'Fetch one with: parley models get NAME      Use it with: parley --model NAME'
  print([...rows.map(line), '', hint].join('\n'))
}

const STATES: Record<ModelRow['state'], string> = {
  bundled: 'built in',
  installed: 'installed',
  own: 'your own',
  available: '',
}

interface GetOptions extends Shared {
  mirror?: string
  proxy?: string
  force?: boolean
}

async function get(names: string[], options: GetOptions): Promise<void> {
  const dataDir = dataDirectory(options)
  // All names are checked before the first byte is fetched.
  const entries = names.map((name) => {
    const entry = findModel(name)
    if (!entry) throw unknownModel(name)
    return entry
  })
  const interrupts = catchInterrupts()
  try {
    for (const entry of entries) {
      const installed = await locateModel(entry.name, { dataDir, kind: entry.kind }).catch(() => null)
      if (installed && (!options.force || entry.source === 'bundled')) {
        print(
          entry.source === 'bundled'
            ? `${entry.name} comes with Parley.`
            : `${entry.name} is installed: ${installed.path}`,
        )
        continue
      }
      const printer = progressPrinter(entry.name)
      const path = await pullModel(entry, {
        directory: modelDirectory(dataDir),
        mirror: options.mirror ?? process.env.PARLEY_MODEL_MIRROR,
        proxy: options.proxy,
        signal: interrupts.signal,
        onProgress: printer.show,
      }).finally(printer.end)
      await rememberHash(path, entry.sha256, hashMemory(dataDir))
      print(`${entry.name} is installed: ${path}`)
    }
  } catch (error) {
    if (!interrupts.signal.aborted) throw error
    process.stderr.write('What has arrived is kept; the same command continues there.\n')
    throw interrupts.signal.reason
  } finally {
    interrupts.release()
  }
}

async function importFile(
  file: string,
  options: Shared & { name?: string; replace?: boolean },
): Promise<void> {
  const { name, path, entry } = await importModel(resolve(file), dataDirectory(options), options)
  print(`${entry ? `This is ${name} of the catalogue` : `Imported as ${name}`}: ${path}`)
  print(`Use it with: parley --model ${name}`)
}

async function verify(name: string | undefined, { json, ...options }: Shared): Promise<void> {
  const verdicts = await verifyModels(dataDirectory(options), name)
  if (json) print(JSON.stringify(verdicts, null, 2))
  else
    for (const { name, path, ok, detail } of verdicts)
      print(`${ok ? 'ok      ' : 'DAMAGED '} ${name}  ${path}  ${detail}`)
  if (verdicts.some((verdict) => !verdict.ok)) process.exitCode = 1
}

async function remove(names: string[], options: Shared): Promise<void> {
  for (const name of names)
    print(`${name} removed, ${formatBytes(await removeModel(name, dataDirectory(options)))} freed.`)
}

function dataDirectory({ dataDir }: Shared): string {
  return resolveConfig(dataDir ? { dataDir: { value: dataDir, as: '--data-dir' } } : {}).config.dataDir
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
