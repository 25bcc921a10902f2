import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { againMs } from '../refused-for-now.ts'
import type { Alarms } from './alarms.ts'

export interface BackgroundWorkOptions {
  readonly clock: Clock
  /** By them things are done again, under the ids of the work; whoever closes them ends that. */
  readonly alarms: Alarms
  /** Hears of what failed, but for what was removed or is closing. */
  readonly onError: (error: HeadraceError) => void
}

/** What goes on that nobody waits for. */
export class BackgroundWork {
  readonly #options: BackgroundWorkOptions
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: BackgroundWorkOptions) {
    this.#options = options
  }

  /** Goes on with what has begun. Where it fails, something else begins it again. */
  watch(work: Promise<void>): void {
    const settled = work.catch((thrown: unknown) => {
      const error = HeadraceError.from(thrown)
      if (error.code === 'draining' || error.code === 'closed' || error.code === 'not_found') return
      this.#options.onError(error)
    })
    this.#underWay.add(settled)
    void settled.finally(() => this.#underWay.delete(settled))
  }

  /**
   * Does what nothing else would do. What fails for now is done again, until it is done.
   *
   * @param id - of the work: the same one is waiting to be done again only once
   */
  persist(id: string, work: () => Promise<void>): void {
    this.watch(
      work().catch((thrown: unknown) => {
        if (HeadraceError.from(thrown).retry !== 'never') this.#again(id, work)
        throw thrown
      }),
    )
  }

  #again(id: string, work: () => Promise<void>): void {
    const { alarms, clock } = this.#options
    alarms.set(id, { at: clock.now() + againMs, afterMs: againMs, run: () => this.persist(id, work) })
  }

  /** Resolves when what is under way now is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }
}
