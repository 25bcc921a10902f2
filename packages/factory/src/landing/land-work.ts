import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Attempt } from '../clones/attempt.ts'
import { FactoryError } from '../errors.ts'
import { collectWork } from '../work/collect-work.ts'
import { receiveWork, releaseWork } from '../work/receive-work.ts'
import { judgeWork, type JudgeOptions, type Landing } from './judge-work.ts'

/** `scratch` is emptied. */
export interface LandOptions extends Omit<JudgeOptions, 'base' | 'head'> {
  readonly attempt: Attempt
}

const refusals = new Set(['work_unsafe', 'work_too_large', 'work_invalid', 'still_alive'])

/**
 * Takes the work of an attempt the whole way: out of its clone, through guards and gate, to the base branch. One at a time
 * for one vault; whoever calls it has the queue.
 *
 * @throws FactoryError for what is wrong with the machine or the rules: `sandbox_missing`, `git_failed`, …
 */
export async function landWork(options: LandOptions): Promise<Landing> {
  const { vault, attempt, scratch } = options
  await rm(scratch, { recursive: true, force: true })
  await mkdir(scratch, { recursive: true })
  try {
    return await land(options)
  } catch (error) {
    if (!(error instanceof FactoryError)) throw error
    if (error.code === 'work_empty') return { outcome: 'empty', putBack: [] }
    if (refusals.has(error.code)) return { outcome: 'refused', error }
    throw error
  } finally {
    await releaseWork(vault, attempt.id)
    await rm(scratch, { recursive: true, force: true })
  }
}

async function land({ attempt, ...options }: LandOptions): Promise<Landing> {
  const { vault, scratch, sandbox, demand, now, onStep } = options
  onStep?.('collect')
  const into = path.join(scratch, 'work')
  const { bundle } = await collectWork({ attempt, into, sandbox, demand, now: now() })
  onStep?.('receive')
  const { head } = await receiveWork({ vault, attempt: attempt.id, bundle, base: attempt.base })
  return judgeWork({ ...options, base: await vault.head(), head })
}
