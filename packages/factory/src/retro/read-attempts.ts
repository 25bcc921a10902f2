import type { Client } from '@headrace/client'
import { HeadraceError, type SessionId } from '@headrace/core'
import { AttemptLog, type LoggedAttempt } from './attempt-log.ts'

/** How far a log was read. */
interface Place {
  readonly log: AttemptLog
  after: number
}

/** Reads the logs of lanes, each event once: asked again, it goes on where it was. */
export class AttemptReader {
  readonly #client: Client
  readonly #places = new Map<SessionId, Place>()

  constructor(client: Client) {
    this.#client = client
  }

  /**
   * Attempts that are over. None for a lane in which nothing was ever done. Of a log whose beginning was compacted away, from
   * there on.
   *
   * @throws HeadraceError as a read of the session does
   */
  async read(session: SessionId): Promise<readonly LoggedAttempt[]> {
    const place = this.#places.get(session) ?? { log: new AttemptLog(session), after: 0 }
    for (;;) {
      const page = await this.#pageAfter(session, place.after)
      if (page === undefined) return []
      this.#places.set(session, place)
      if ('floor' in page) {
        place.after = page.floor
        continue
      }
      for (const event of page.events) if (event.type !== 'hidden') place.log.read(event)
      place.after = page.events.at(-1)?.seq ?? page.head
      if (place.after >= page.head) return place.log.attempts()
    }
  }

  async #pageAfter(
    session: SessionId,
    after: number,
  ): Promise<Awaited<ReturnType<Client['events']>> | { readonly floor: number } | undefined> {
    try {
      return await this.#client.events(session, { after, limit: 5_000 })
    } catch (thrown) {
      if (!(thrown instanceof HeadraceError)) throw thrown
      if (thrown.code === 'session_not_found') return undefined
      const floor = thrown.code === 'compacted' ? thrown.detail?.['floor'] : undefined
      if (typeof floor === 'number' && floor > after) return { floor }
      throw thrown
    }
  }
}
