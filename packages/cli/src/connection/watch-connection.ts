import type { HeadraceError } from '@headrace/core'
import type { Client } from '@headrace/client'

/** What is told of a connection while a command waits for events. */
export interface ConnectionNews {
  /** Said once for each outage. */
  readonly say: (line: string) => void
  /** No connection can help any more. */
  readonly fail: (error: HeadraceError) => void
}

/** Tells of outages, and of the end of all attempts. Returns what stops it. */
export function watchConnection(client: Client, { say, fail }: ConnectionNews): () => void {
  let away = false
  return client.onStatus(() => {
    const { status } = client
    if (status.state === 'closed' && status.error) return fail(status.error)
    if (status.state === 'offline') {
      if (status.error?.retry === 'token') return fail(status.error)
      if (!away) say('The connection to the server is lost; trying again until it is back.')
      away = true
    }
    if (status.state === 'online' && away) {
      away = false
      say('Connected again.')
    }
  })
}
