/** `parley owner link | password | sign-out`: the owner's account, reset by whoever has the machine. */
import { Command } from 'commander'
import { resolveConfig } from '../config.ts'
import { AppError } from '../core/error.ts'
import { withAccess } from './access.ts'
import { configuredDirectory, type FindDirectory, withDataDirectory } from './data-directory.ts'
import { print } from './print.ts'

interface Options {
  dataDir?: string
  json?: boolean
  url?: string
}

export function ownerCommand(find: FindDirectory = configuredDirectory): Command {
  const command = new Command('owner').description('the owner’s account: link, password, sign-out')
  const sub = (usage: string, help: string) =>
    withDataDirectory(command.command(usage)).description(help).option('--json', 'as JSON')

  sub('link', 'a link that sets the account up anew: works once, for 30 minutes')
    .option('--url <address>', 'where this Parley is reached')
    .action((options: Options) =>
      withAccess(find(options.dataDir), (_, account) => {
        const { publicUrl, port } = resolveConfig({}, process.env).config
        const address = options.url ?? (publicUrl || `http://localhost:${port}`)
        const link = `${address.replace(/\/+$/, '')}/sign-in#${account.addSetupLink()}`
        print(options.json ? JSON.stringify({ link }) : link)
      }),
    )
  sub('password', 'choose the password (read from the first line of the input); passkeys are removed').action(
    (options: Options) =>
      withAccess(find(options.dataDir), async (_, account) => {
        if (process.stdin.isTTY) process.stderr.write('New password (it is shown as you type): ')
        const password = await firstLine()
        await account.setUp({ password }, account.addSetupLink())
        print(
          options.json ? JSON.stringify({ changed: true }) : 'The password is set. Everybody was signed out.',
        )
      }),
  )
  sub('sign-out', 'sign every browser out').action((options: Options) =>
    withAccess(find(options.dataDir), (_, account) => {
      account.signOut()
      print(options.json ? JSON.stringify({ signedOut: true }) : 'Everybody was signed out.')
    }),
  )
  return command
}

async function firstLine(): Promise<string> {
  for await (const line of console) return line.trim()
  throw new AppError('invalid', 'Give the password on the standard input.')
}
