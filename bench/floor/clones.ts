/** How long it takes until a work tree is there, in ways that take turns. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createClones, openVault } from '@headrace/factory'

const env = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.test',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.test',
}

function git(cwd: string, ...args: string[]): void {
  execFileSync('git', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** A repository of so many small files in folders of a hundred, as one commit on `main`. */
export function makeRepository(folder: string, files: number): void {
  mkdirSync(folder, { recursive: true })
  git(folder, 'init', '-q', '-b', 'main')
  for (let index = 0; index < files; index += 1) {
    const place = path.join(folder, 'src', String(Math.floor(index / 100)))
    if (index % 100 === 0) mkdirSync(place, { recursive: true })
    writeFileSync(path.join(place, `file-${index}.ts`), `export const n${index} = ${index}\n`.repeat(1 + (index % 40)))
  }
  git(folder, 'add', '.')
  git(folder, 'commit', '-q', '-m', 'first')
}

export const cloneWays = ['attempt of a floor', 'git clone --local', 'git worktree add'] as const
export type CloneWay = (typeof cloneWays)[number]

/** What makes a work tree of one more, by each way; the result is in ms. */
export async function cloneMakers(
  folder: string,
  origin: string,
): Promise<Readonly<Record<CloneWay, (turn: number) => Promise<number>>>> {
  const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin, base: 'main' })
  await vault.refresh()
  const clones = createClones({ folder: path.join(folder, 'clones'), vault, now: () => Date.now() })
  const timed = (make: (turn: number) => unknown) => async (turn: number) => {
    const began = performance.now()
    await make(turn)
    return performance.now() - began
  }
  return {
    'attempt of a floor': timed((turn) => clones.start({ id: `t${turn}-1`, lane: 'bench' })),
    'git clone --local': timed((turn) => git(folder, 'clone', '-q', '--local', origin, `clone-${turn}`)),
    'git worktree add': timed((turn) =>
      git(origin, 'worktree', 'add', '-q', '-b', `turn-${turn}`, path.join(folder, `tree-${turn}`)),
    ),
  }
}
