/** `parley config show`: every setting with its value and where it came from. */
import { Command } from 'commander'
import { OPTIONS } from '../settings.ts'
import { addConfigOptions, configOf } from './options.ts'

export function configCommand(): Command {
  const command = new Command('config').description('look at the settings')
  const show = addConfigOptions(new Command('show').description('every setting, its value and its origin'))
  show.option('--json', 'as JSON').action(() => {
    const { config, origins } = configOf(show)
    const rows = OPTIONS.map((spec) => {
      const value = spec.secret && config[spec.key] ? '***' : config[spec.key]
      return { name: spec.flag, value, origin: origins[spec.key] }
    })
    if (show.opts().json) return console.log(JSON.stringify(rows, null, 2))
    const width = Math.max(...rows.map((row) => row.name.length))
    for (const row of rows)
      console.log(`${row.name.padEnd(width)}  ${row.value === '' ? '—' : row.value}  (${row.origin})`)
  })
  return command.addCommand(show)
}
