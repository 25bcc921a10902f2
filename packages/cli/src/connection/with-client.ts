import type { Client, Session } from '@headrace/client'
import type { SessionView } from '@headrace/core'
import { keepWaiting } from './keep-waiting.ts'
import { openClient } from './open-client.ts'
import type { TargetOptions } from './target.ts'

/** Does something with a connected client and closes it. Outages are told of and waited through. */
export async function withClient<T>(options: TargetOptions, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await openClient(options)
  try {
    return await keepWaiting(client, use(client))
  } finally {
    await client.close()
  }
}

/** What a session shows now. Rejects when the server refuses to show it. */
export function viewOf(session: Session): Promise<SessionView> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const { status, view, error } = session.getSnapshot()
      if (status !== 'live' && status !== 'failed') return
      stop()
      if (status === 'live') resolve(view)
      else reject(error ?? new Error('the session can’t be read'))
    }
    const stop = session.subscribe(look)
    look()
  })
}
