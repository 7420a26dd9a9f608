import { describe, expect, test } from 'bun:test'
import { findLauncher, type Process, watchLauncher } from '../../server/setup/launcher.ts'

/** 40 = us; 30 = bun run; 20 = sh; 10 = npx; 5 = the user's shell. */
function tree(command10 = 'npm exec bun@1.4.5 run start'): Map<number, Process> {
  return new Map([
    [30, { parent: 20, command: 'bun run start', started: '4' }],
    [20, { parent: 10, command: "sh -c 'bun' run start", started: '3' }],
    [10, { parent: 5, command: command10, started: '2' }],
    [5, { parent: 1, command: '-bash', started: '1' }],
  ])
}

describe('the launcher', () => {
  test('[SU16] npx is found among the ancestors; a shell or a supervisor is not taken for it', () => {
    const read = (processes: Map<number, Process>) => (pid: number) => processes.get(pid) ?? null
    expect(findLauncher(read(tree()), 30)).toBe(10)
    expect(findLauncher(read(tree('node /usr/lib/node_modules/npm/bin/npx-cli.js -y bun')), 30)).toBe(10)
    expect(findLauncher(read(tree('/usr/bin/bash ./start-npx-things')), 30)).toBeNull()
    expect(findLauncher(read(tree()), 1)).toBeNull()
    expect(findLauncher(() => null, 30)).toBeNull()
  })

  test('[SU16] its end is noticed once, also when its process id is used again', async () => {
    for (const change of [
      (processes: Map<number, Process>) => void processes.delete(10),
      (processes: Map<number, Process>) =>
        void processes.set(10, { parent: 5, command: 'other', started: '99' }),
    ]) {
      const processes = tree()
      const { promise, resolve } = Promise.withResolvers<void>()
      let calls = 0
      const stop = watchLauncher(
        () => {
          calls++
          resolve()
        },
        (pid) => processes.get(pid) ?? null,
        30,
      )
      change(processes)
      const awake = setInterval(() => {}, 100) // the watch itself keeps nothing alive
      await promise
      clearInterval(awake)
      stop()
      expect(calls).toBe(1)
    }
  })
})
