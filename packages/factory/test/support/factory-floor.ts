import { mkdirSync } from 'node:fs'
import path from 'node:path'
import {
  advanceBase,
  collectWork,
  createClones,
  landWork,
  mergeWork,
  openVault,
  receiveWork,
  type Attempt,
  type Clones,
  type LandOptions,
  type Landing,
  type Merged,
  type Vault,
} from '@headrace/factory'
import { testFolder, workTree, type WorkTree } from './git-repository.ts'
import { sandbox } from './sandbox.ts'

/** A repository with a base branch, the vault that follows it, and clones. */
export interface FactoryFloor {
  readonly folder: string
  readonly origin: WorkTree
  readonly vault: Vault
  readonly clones: Clones
  readonly time: { now: number }
  /** Starts an attempt and gives the agent's view of its clone. */
  attempt(id: string): Promise<{ readonly attempt: Attempt; readonly agent: WorkTree }>
  /** Takes the work out and merges it, without judging it. */
  merge(attempt: Attempt, protectedPaths?: readonly string[]): Promise<Merged>
  collect(attempt: Attempt): ReturnType<typeof collectWork>
  advance(from: string, to: string): ReturnType<typeof advanceBase>
  /** Makes a change in an attempt of its own and judges it; it lands unless the options end before that. */
  land(
    id: string,
    change: Parameters<WorkTree['write']>[0],
    options: Pick<LandOptions, 'rules'> & Partial<LandOptions>,
  ): Promise<Landing>
}

export async function factoryFloor(
  files: Parameters<WorkTree['write']>[0],
  folder = testFolder(),
): Promise<FactoryFloor> {
  mkdirSync(folder, { recursive: true })
  const origin = workTree(path.join(folder, 'origin'))
  origin.write(files)
  origin.commit('first')
  const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin: origin.folder, base: 'main' })
  await vault.refresh()
  const time = { now: Date.parse('2026-01-01T00:00:00Z') }
  const clones = createClones({ folder: path.join(folder, 'floor'), vault, now: () => time.now })

  function collect(attempt: Attempt): ReturnType<typeof collectWork> {
    const into = path.join(folder, 'work', attempt.id)
    return collectWork({ attempt, into, sandbox, demand: 'preferred', now: time.now })
  }

  const floor: FactoryFloor = {
    folder,
    origin,
    vault,
    clones,
    time,
    async attempt(id) {
      const attempt = await clones.start({ id, lane: 'bugs' })
      return { attempt, agent: workTree(attempt.clone, { init: false }) }
    },
    collect,
    async merge(attempt, protectedPaths = []) {
      const work = await collect(attempt)
      const received = await receiveWork({ vault, attempt: attempt.id, bundle: work.bundle, base: attempt.base })
      return mergeWork({
        vault,
        base: await vault.head(),
        head: received.head,
        protectedPaths,
        message: `Work of ${attempt.id}\n`,
        author: { name: 'Agent', email: 'agent@example.test' },
        now: time.now,
      })
    },
    advance: (from, to) => advanceBase({ vault, from, to }),
    async land(id, change, options) {
      const { attempt, agent } = await floor.attempt(id)
      agent.write(change)
      return landWork({
        vault,
        attempt,
        scratch: path.join(folder, 'scratch'),
        sandbox,
        demand: 'preferred',
        upTo: 'land',
        message: 'm',
        author: { name: 'a', email: 'a@b' },
        now: () => time.now,
        ...options,
      })
    },
  }
  return floor
}
