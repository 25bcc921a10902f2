import { existsSync } from 'node:fs'
import path from 'node:path'
import { FactoryError, createClones, openVault, type Clones, type Vault } from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { readFloor, withFloor, type FloorTarget } from './floor-target.ts'

/** Where the floor keeps its trusted repository and its clones. */
export interface WorkOptions {
  readonly repository: string
  readonly base: string
  readonly folder: string
}

/** The difference that a task has made, or would make. */
export async function diff(id: string, options: FloorTarget & WorkOptions): Promise<void> {
  const state = await withFloor(options, async (floor) => (await readFloor(floor)).tasks[id]?.state)
  if (!state) throw new Problem(exitCode.refused, `There is no task ${id} on this floor.`)
  const { vault } = await open(options)
  const commit = state.status === 'done' ? state.commit : undefined
  const ref = state.status === 'review' && state.ref !== '' ? state.ref : undefined
  if (commit === undefined && ref === undefined) {
    throw new Problem(exitCode.refused, `${id} is ${state.status}: there is no work of it to show.`)
  }
  const range = commit === undefined ? [`${await vault.head()}...${ref}`] : [`${commit}^`, commit]
  // A diff driver or a text conversion would be a program of the repository.
  const { stdout } = await vault.git.run(['diff', '--no-ext-diff', '--no-textconv', ...range])
  process.stdout.write(stdout)
}

/** Brings back a clone that was put away. */
export async function undo(attempt: string, options: WorkOptions): Promise<void> {
  const { clones } = await open(options)
  try {
    const { clone } = await clones.undo(attempt)
    processOutput.out(`${attempt} is back: ${clone}`)
  } catch (thrown) {
    if (!(thrown instanceof FactoryError)) throw thrown
    const kept = (await clones.quarantined()).map((record) => `  ${record.id}: ${record.reason}`)
    throw new Problem(
      exitCode.refused,
      [thrown.message, kept.length > 0 ? 'In quarantine:' : 'Nothing is in quarantine.', ...kept].join('\n'),
    )
  }
}

async function open({
  repository,
  base,
  folder,
}: WorkOptions): Promise<{ readonly vault: Vault; readonly clones: Clones }> {
  const place = path.resolve(folder)
  if (!existsSync(path.join(place, 'vault.git/HEAD'))) {
    throw new Problem(
      exitCode.refused,
      `No floor has its clones in ${folder}. Run this where \`headrace factory up\` was run, or name what it was given with --folder, --repository and --base.`,
    )
  }
  const vault = await openVault({ folder: path.join(place, 'vault.git'), origin: path.resolve(repository), base })
  return { vault, clones: createClones({ folder: path.join(place, 'clones'), vault, now: () => Date.now() }) }
}
