/** argv → serve | worker | transcribe | client | models | … : one executable, many verbs. */
import { Command, CommanderError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { withExamples } from './cli/examples.ts'
import { fail } from './cli/failure.ts'
import { addConfigOptions, configOf, exitCodeOf, normaliseArguments } from './cli/options.ts'
import { nearest } from './core/nearest.ts'

const VERSION = packageJson.version

async function main(argv: string[]): Promise<void> {
  // A worker is started by the server itself: no command line, no help, as little as possible loaded.
  if (argv[0] === 'worker') {
    const { runWorker } = await import('./asr/worker.ts')
    return runWorker()
  }
  if (argv[0] === 'decode') {
    const { runDecodeWorker } = await import('./media/worker.ts')
    return runDecodeWorker()
  }

  const program = new Command('parley')
    .description('Live subtitles for meetings, from your own machine.')
    .version(VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError('(parley --help shows every command)')
    .exitOverride()
  const serve = addConfigOptions(
    new Command('serve').description('start the server (the default)'),
  ).exitOverride()
  serve.action(async () => (await import('./cli/serve.ts')).serve(configOf(serve), VERSION))
  program.addCommand(withExamples(serve), { isDefault: true })
  for (const load of SUBCOMMANDS) program.addCommand(withExamples(throwInstead(await load())))
  withExamples(program)
  const [verb] = argv
  if (verb && !verb.startsWith('-')) {
    const verbs = [...program.commands.map((command) => command.name()), 'help']
    if (!verbs.includes(verb))
      throw new CommanderError(2, 'parley.unknownCommand', unknownCommand(verb, verbs))
  }
  await program.parseAsync(normaliseArguments(argv), { from: 'user' })
}

function unknownCommand(verb: string, verbs: string[]): string {
  const guess = nearest(verb, verbs)
  const message = `error: unknown command '${verb}'${guess ? `\n(Did you mean ${guess}?)` : ''}`
  process.stderr.write(`${message}\n(parley --help shows every command)\n`)
  return message
}

/** Commander's own exits become exceptions, in every nested command: a wrong command line ends with 2 everywhere. */
function throwInstead(command: Command, above = 'parley'): Command {
  const name = `${above} ${command.name()}`
  for (const nested of command.commands) throwInstead(nested, name)
  return command.exitOverride().showSuggestionAfterError().showHelpAfterError(`(${name} --help shows how)`)
}

/** Each lives in its own file under cli/. */
const SUBCOMMANDS: (() => Promise<Command>)[] = [
  async () => {
    const { transcribeCommand } = await import('./cli/transcribe.ts')
    return transcribeCommand({
      openEngine: async (...given) => (await import('./engine.ts')).openEngine(...given),
    })
  },
  async () => (await import('./cli/client.ts')).clientCommand(),
  async () => (await import('./cli/listen.ts')).listenCommand(),
  async () => (await import('./cli/sessions.ts')).sessionsCommand(),
  async () => (await import('./cli/export.ts')).exportCommand(),
  async () => (await import('./cli/models.ts')).modelsCommand(),
  async () => (await import('./cli/config.ts')).configCommand(),
  async () => (await import('./cli/doctor.ts')).doctorCommand(),
  async () => (await import('./cli/keys.ts')).keysCommand(),
  async () => (await import('./cli/owner.ts')).ownerCommand(),
  async () => (await import('./cli/backup.ts')).backupCommand(),
  async () => (await import('./cli/backup.ts')).restoreCommand(),
  async () => (await import('./cli/backup.ts')).verifyCommand(),
]

// Output that cannot be written ends a command, unless it listens itself: the server, for one, goes on (reliability R33).
process.stdout.on('error', (cause) => {
  if (process.stdout.listenerCount('error') === 1) fail(cause)
})
try {
  await main(process.argv.slice(2))
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exit(exitCodeOf(thrown))
  fail(thrown)
}
