import { spawnSync } from 'node:child_process'

/** Why a program can't be run here; `undefined` when it can. */
export function missingProgram(name: string): string | undefined {
  return spawnSync(name, ['--version']).status === 0 ? undefined : `${name} is not installed`
}
