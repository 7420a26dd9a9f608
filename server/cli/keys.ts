/** `parley keys add | list | rm`: keys for programs, on the machine itself, also while Parley is running. */
import { Command, InvalidArgumentError } from 'commander'
import { SCOPES, type Scope } from '../core/rights.ts'
import { withAccess } from './access.ts'
import { configuredDirectory, type FindDirectory, withDataDirectory } from './data-directory.ts'
import { print } from './print.ts'

interface Options {
  dataDir?: string
  json?: boolean
  scope: Scope[]
}

export function keysCommand(find: FindDirectory = configuredDirectory): Command {
  const command = new Command('keys').description('API keys for programs: add, list, rm')
  const sub = (usage: string, help: string) =>
    withDataDirectory(command.command(usage)).description(help).option('--json', 'as JSON')

  sub('add <name>', 'make a key; it is shown this once')
    .option('--scope <scopes>', `what it may do, with commas: ${SCOPES.join(', ')}`, scopes, ['transcribe'])
    .action((name: string, options: Options) =>
      withAccess(find(options.dataDir), (access) => {
        const { key, secret } = access.addKey(name.slice(0, 80), options.scope)
        if (options.json) print(JSON.stringify({ id: key.id, name: key.name, scopes: key.scopes, secret }))
        else print(`${secret}\n(${key.id}, may: ${key.scopes.join(', ')}. It is not shown again.)`)
      }),
    )
  sub('list', 'keys in use').action((options: Options) =>
    withAccess(find(options.dataDir), (access) => {
      const keys = access.keys()
      if (options.json) return print(JSON.stringify(keys.map(({ revokedAt: _, ...key }) => key)))
      if (keys.length === 0) return print('No keys.')
      for (const { id, name, hint, scopes, usedAt } of keys)
        print(
          `${id}  ${hint}…  ${name}  (${scopes.join(', ')})  ${usedAt ? `last used ${when(usedAt)}` : 'not used yet'}`,
        )
    }),
  )
  sub('rm <key...>', 'remove keys by id: connections that rest on them are closed within a second').action(
    (ids: string[], options: Options) =>
      withAccess(find(options.dataDir), (access) => {
        for (const id of ids) access.removeKey(id)
        print(options.json ? JSON.stringify({ removed: ids }) : `Removed ${ids.join(', ')}`)
      }),
  )
  return command
}

function scopes(given: string): Scope[] {
  return given.split(',').map((each) => {
    const scope = SCOPES.find((known) => known === each.trim())
    if (!scope)
      throw new InvalidArgumentError(`There is no scope "${each}". There are: ${SCOPES.join(', ')}.`)
    return scope
  })
}

function when(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}
