/** `parley doctor`: looks at everything a meeting needs before the meeting does; exit code 1 if something will not work. */
import { Command } from 'commander'
import type { Finding } from './doctor-checks.ts'
import { addConfigOptions, configOf } from './options.ts'
import { print } from './print.ts'

const SIGN: Record<Finding['state'], string> = { ok: 'ok     ', warning: 'look   ', problem: 'PROBLEM' }

export function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length))
  const lines = findings.flatMap(({ what, state, found, remedy }) => [
    `${SIGN[state]}  ${what.padEnd(width)}  ${found}`,
    ...(remedy ? [`${' '.repeat(11 + width)}→ ${remedy}`] : []),
  ])
  const problems = findings.filter(({ state }) => state === 'problem').length
  const end =
    problems === 0
      ? 'Parley can run here.'
      : `${problems} ${problems === 1 ? 'thing does' : 'things do'} not work yet.`
  return `${lines.join('\n')}\n\n${end}`
}

export function doctorCommand(): Command {
  const command = addConfigOptions(new Command('doctor'))
    .description('check data, disk, database, model, speech engine, port and certificate')
    .option('--json', 'as JSON')
  return command.action(async () => {
    const { examine } = await import('./doctor-checks.ts')
    const findings = await examine(configOf(command).config)
    const ok = findings.every(({ state }) => state !== 'problem')
    print(command.opts().json ? JSON.stringify({ ok, findings }) : report(findings))
    if (!ok) process.exitCode = 1
  })
}
