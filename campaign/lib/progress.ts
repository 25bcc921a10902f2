import { afterPatience } from './patience.ts'

/** Something that is counted and waited for. */
export interface Progress {
  readonly count: number
  add(by?: number): void
  /** Resolves when the count has reached `count`; rejects when that takes longer than `patienceMs`. */
  reach(count: number, patienceMs: number): Promise<void>
}

/** @param what - what is counted, for the error of a wait that was in vain */
export function createProgress(what: string): Progress {
  const waiting = new Set<() => void>()
  let count = 0
  return {
    get count() {
      return count
    },
    add(by = 1) {
      count += by
      for (const look of waiting) look()
    },
    reach(goal, patienceMs) {
      if (count >= goal) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const end = (): void => {
          cancel()
          waiting.delete(look)
        }
        const look = (): void => {
          if (count < goal) return
          end()
          resolve()
        }
        const cancel = afterPatience(patienceMs, () => {
          end()
          reject(new Stuck(`${goal - count} of ${goal} ${what} never came, though ${patienceMs} ms passed`))
        })
        waiting.add(look)
      })
    },
  }
}

/** What was waited for never came: a violation, not a defect of the campaign. */
export class Stuck extends Error {
  override readonly name = 'Stuck'
}

/** @throws Stuck when `work` takes longer than `patienceMs` */
export async function within<T>(work: Promise<T>, patienceMs: number, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const cancel = afterPatience(patienceMs, () =>
    reject(new Stuck(`${what} never came, though ${patienceMs} ms passed`)),
  )
  try {
    return await Promise.race([work, late])
  } finally {
    cancel()
  }
}
