import type { Client } from '@headrace/client'
import { HeadraceError, type SessionId } from '@headrace/core'
import { AttemptLog, type LoggedAttempt } from './attempt-log.ts'

/**
 * Attempts that are over, from the whole log of a lane's session. None for a lane in which nothing was ever done. Of a log
 * whose beginning was compacted away, from there on.
 *
 * @throws HeadraceError as a read of the session does
 */
export async function readAttempts(client: Client, session: SessionId): Promise<readonly LoggedAttempt[]> {
  const log = new AttemptLog(session)
  let after = 0
  for (;;) {
    const page = await pageAfter(client, session, after)
    if (page === undefined) return []
    if ('floor' in page) {
      after = page.floor
      continue
    }
    for (const event of page.events) if (event.type !== 'hidden') log.read(event)
    const last = page.events.at(-1)?.seq ?? page.head
    if (last >= page.head) return log.attempts()
    after = last
  }
}

async function pageAfter(
  client: Client,
  session: SessionId,
  after: number,
): Promise<Awaited<ReturnType<Client['events']>> | { readonly floor: number } | undefined> {
  try {
    return await client.events(session, { after, limit: 5_000 })
  } catch (thrown) {
    if (!(thrown instanceof HeadraceError)) throw thrown
    if (thrown.code === 'session_not_found') return undefined
    const floor = thrown.code === 'compacted' ? thrown.detail?.['floor'] : undefined
    if (typeof floor === 'number' && floor > after) return { floor }
    throw thrown
  }
}
