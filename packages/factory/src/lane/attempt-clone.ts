import path from 'node:path'
import type { Cell } from '../cell/cell.ts'
import { openCell, sandboxFor } from '../cell/open-cell.ts'
import { attemptEnvironment } from '../clones/attempt-environment.ts'
import type { Attempt } from '../clones/attempt.ts'
import { startOrTakeOver } from '../clones/start-or-take-over.ts'
import { FactoryError } from '../errors.ts'
import { endMarked } from '../process/marked.ts'
import { collectWork } from '../work/collect-work.ts'
import { receiveWork, type ReceivedWork } from '../work/receive-work.ts'
import type { Lane, LaneRunnerOptions } from './lane-runner.ts'
import { prepareClone } from './prepare-clone.ts'

export interface AttemptCloneOptions extends Pick<
  LaneRunnerOptions,
  'clones' | 'vault' | 'sandbox' | 'demand' | 'bundles' | 'models' | 'now'
> {
  /** Of the attempt. */
  readonly id: string
  readonly lane: Lane
  /** The commit that it begins from. Default: the newest of the base branch. */
  readonly base?: string
}

/** The clone of an attempt: what runs in it is shut in, its work leaves it by one way, and in the end it is put away. */
export class AttemptClone {
  readonly attempt: Attempt
  readonly #options: AttemptCloneOptions

  /** The one that whoever had the attempt before has left, if so. Its agent may still be at work in it. */
  static async find(options: AttemptCloneOptions): Promise<AttemptClone | undefined> {
    const left = await options.clones.find(options.id)
    return left && new AttemptClone(left, options)
  }

  static async make(options: AttemptCloneOptions): Promise<AttemptClone> {
    const { vault, clones, id, lane, base } = options
    // Others move the base as well.
    await vault.refresh()
    const attempt = await startOrTakeOver(clones, { id, lane: lane.name, ...(base !== undefined && { base }) })
    return new AttemptClone(attempt, options)
  }

  private constructor(attempt: Attempt, options: AttemptCloneOptions) {
    this.attempt = attempt
    this.#options = options
  }

  /** What a program in it finds in its environment. */
  get environment(): Readonly<Record<string, string>> {
    const { env = {}, programs = [] } = this.#options.lane
    return attemptEnvironment(this.attempt, { give: env, programs })
  }

  /** Does in it what the lane does before agents start; gives why that came to nothing, if so. */
  prepare(signal: AbortSignal): Promise<string | undefined> {
    const { lane, sandbox } = this.#options
    const { attempt, environment: env } = this
    return prepareClone({ steps: lane.setup ?? [], attempt, env, confinement: lane, sandbox, signal })
  }

  /** Shuts what is done meanwhile in, as far as the lane and the machine have it. */
  async inCell<T>(work: (cell: Cell | undefined) => Promise<T>): Promise<T> {
    const { lane, sandbox, models } = this.#options
    const { attempt } = this
    const open = await openCell({ confinement: lane, sandbox: sandboxFor(lane.agent, sandbox), attempt, models })
    try {
      return await work(open.cell)
    } finally {
      await open.close()
    }
  }

  /** Ends what still runs in it, as far as it can be ended. */
  async end(): Promise<void> {
    await endMarked(this.attempt.marker)
  }

  /**
   * An exit proves nothing: what it started may have left its group and its session.
   *
   * @throws FactoryError `still_alive`
   */
  async proveEnded(): Promise<void> {
    const { left } = await endMarked(this.attempt.marker)
    if (left.length === 0) return
    const evidence = left.slice(0, 20).map(({ pid, command }) => `${pid} ${command}`)
    throw new FactoryError('still_alive', `${left.length} processes of ${this.#options.id} could not be ended.`, {
      evidence,
    })
  }

  /** Takes its work into the vault; nothing where there is none. */
  async collect(): Promise<ReceivedWork | undefined> {
    const { vault, sandbox, demand, bundles, now, id } = this.#options
    const into = path.join(bundles, id)
    try {
      const work = await collectWork({ attempt: this.attempt, into, sandbox, demand, now: now() })
      return await receiveWork({ vault, attempt: id, bundle: work.bundle, base: work.base })
    } catch (thrown) {
      if (thrown instanceof FactoryError && thrown.code === 'work_empty') return undefined
      throw thrown
    }
  }

  /** Nobody comes back for it but to look at it. */
  async putAway(why: string): Promise<void> {
    const { clones, id } = this.#options
    await clones.quarantine(id, why.slice(0, 1_000))
  }
}
