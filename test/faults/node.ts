/** The server as a child for fault tests: the whole app with the number recogniser; command line and first line as in life. On SIGUSR2 it says how many timers are set. */
// biome-ignore assist/source/organizeImports: timers are counted from the first one on
import { liveTimers } from '../helpers/timers.ts'
import { Command } from 'commander'
import { createApp } from '../../server/app.ts'
import { addConfigOptions, configOf } from '../../server/cli/options.ts'
import { toAppError } from '../../server/core/error.ts'
import { createLog } from '../../server/log.ts'
import { createNumberEngine } from '../helpers/counted-numbers.ts'

const serve = addConfigOptions(new Command('serve'))
serve.action(async () => {
  const { config } = configOf(serve)
  const log = createLog(config.logLevel)
  const app = await createApp(config, { log, version: 'test', engine: createNumberEngine() })
  const stop = async () => {
    await app.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGUSR2', () => process.stdout.write(`timers ${liveTimers()}\n`))
  process.stdout.write(
    `${JSON.stringify({ event: 'listening', url: app.url, port: app.port, secureUrl: null })}\n`,
  )
})
try {
  await serve.parseAsync(process.argv.slice(3), { from: 'user' })
} catch (thrown) {
  process.stderr.write(`parley: ${toAppError(thrown).message}\n`)
  process.exit(1)
}
