import type { Client } from '@headrace/client'
import { HeadraceError, type SessionId } from '@headrace/core'
import type { Clones } from '../clones/create-clones.ts'
import { floorOf } from '../floor/floor-document.ts'
import { broughtBack, withShelf } from '../floor/shelf.ts'
import { changeFloor } from '../foreman/change-floor.ts'

export interface KeepShelfOptions {
  /** May patch the floor's document. */
  readonly client: Client
  /** The floor's session. */
  readonly session: SessionId
  readonly clones: Clones
  readonly onError: (error: HeadraceError) => void
  /** Milliseconds until it looks again by itself. Default 5,000. */
  readonly everyMs?: number
}

const usualEveryMs = 5_000

/** What is in quarantine, as the floor's document says it. */
export interface KeptShelf {
  /** The clones, for whoever works with them: what is put away by it is shown. */
  readonly clones: Clones
  /** Ends it. Idempotent. */
  close(): void
}

/** Shows in the floor's document what is in quarantine on this machine, and brings back what people want there. */
export function keepShelf({
  client,
  session: id,
  clones,
  onError,
  everyMs = usualEveryMs,
}: KeepShelfOptions): KeptShelf {
  const session = client.session(id)
  const ending = new AbortController()
  const { signal } = ending
  let isLooking = false
  let isDue = false
  let seen = -1

  async function lookOnce(): Promise<void> {
    await session.until(({ status }) => status === 'live', { signal })
    const wanted = floorOf(session.getSnapshot().view.document.value).shelf?.filter(
      ({ state }) => state.is === 'wanted',
    )
    for (const { id: attempt } of wanted ?? []) {
      const came = await clones.undo(attempt).then(
        ({ clone }) => ({ clone }),
        (thrown: unknown) => ({ failed: thrown instanceof Error ? thrown.message : String(thrown) }),
      )
      await changeFloor(session, (floor) => broughtBack(floor, attempt, came), signal)
    }
    const records = await clones.quarantined()
    await changeFloor(session, (floor) => withShelf(floor, records), signal)
  }

  async function look(): Promise<void> {
    isDue = true
    if (isLooking) return
    isLooking = true
    try {
      while (isDue && !signal.aborted) {
        isDue = false
        await lookOnce()
      }
    } catch (thrown) {
      // Nothing but this page of the floor depends on it, and the next change looks again.
      if (!signal.aborted) onError(HeadraceError.from(thrown))
    } finally {
      isLooking = false
    }
  }

  const stop = session.subscribe(() => {
    const { version, value } = session.getSnapshot().view.document
    if (version === seen) return
    seen = version
    if (floorOf(value).shelf?.some(({ state }) => state.is === 'wanted')) void look()
  })
  // Somebody may bring a clone back by a command, which asks nobody.
  const looking = setInterval(() => void look(), everyMs).unref()
  signal.addEventListener(
    'abort',
    () => {
      stop()
      clearInterval(looking)
    },
    { once: true },
  )
  void look()
  return {
    clones: {
      ...clones,
      async start(attempt) {
        const made = await clones.start(attempt)
        // It deletes what was in quarantine for its time.
        void look()
        return made
      },
      async quarantine(attempt, reason) {
        const record = await clones.quarantine(attempt, reason)
        void look()
        return record
      },
      async undo(attempt) {
        const back = await clones.undo(attempt)
        void look()
        return back
      },
    },
    close: () => ending.abort(),
  }
}
