import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { againMs } from '../refused-for-now.ts'

export interface GrowthOptions {
  readonly clock: Clock
  /** Tells whoever is to know; when it rejects it is asked again after a while, with the same and what came since. */
  readonly tell: (tenant: string, paths: readonly string[]) => Promise<void>
  readonly onError: (error: HeadraceError) => void
}

/** Notes which streams grew. They grow often: while some are being told of, the others wait, and go together. */
export interface Growth {
  note(tenant: string, path: string): void
  /** Tells of nothing any more, and waits for what is under way. */
  close(): Promise<void>
}

export function createGrowth({ clock, tell, onError }: GrowthOptions): Growth {
  const waiting = new Map<string, Set<string>>()
  const telling = new Map<string, Promise<void>>()
  const retries = new Map<string, () => void>()
  let isClosed = false

  function add(tenant: string, paths: readonly string[]): void {
    const known = waiting.get(tenant) ?? new Set()
    for (const path of paths) known.add(path)
    waiting.set(tenant, known)
  }

  function begin(tenant: string): void {
    if (telling.has(tenant) || retries.has(tenant) || isClosed) return
    telling.set(tenant, run(tenant))
  }

  async function run(tenant: string): Promise<void> {
    for (;;) {
      const paths = [...(waiting.get(tenant) ?? [])]
      waiting.delete(tenant)
      if (paths.length === 0 || isClosed) {
        // In the same turn in which nothing was found: what is noted next begins anew.
        telling.delete(tenant)
        return
      }
      try {
        await tell(tenant, paths)
      } catch (thrown) {
        add(tenant, paths)
        telling.delete(tenant)
        if (isClosed) return
        onError(HeadraceError.from(thrown))
        const cancel = clock.after(againMs, () => {
          retries.delete(tenant)
          begin(tenant)
        })
        retries.set(tenant, cancel)
        return
      }
    }
  }

  return {
    note(tenant, path) {
      add(tenant, [path])
      begin(tenant)
    },
    async close() {
      isClosed = true
      for (const cancel of retries.values()) cancel()
      await Promise.all(telling.values())
    },
  }
}
