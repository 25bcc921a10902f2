import { HeadraceError, sessionKey, type Grant, type Message, type SessionId, type SessionKey } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { mustAllow } from '../door/http-services.ts'
import { listVisible } from '../door/list-visible.ts'
import type { Hub } from '../hub-types.ts'
import type { McpSessions } from './mcp-sessions.ts'

export interface HubSessionsOptions {
  readonly hub: Hub
  readonly clock: Clock
  /** Who asks. */
  readonly grant: Grant
}

/** Sessions of this server, as one caller may see and change them. */
export function hubSessions({ hub, clock, grant }: HubSessionsOptions): McpSessions {
  const readable = (session: SessionId): SessionKey => {
    mustAllow(grant, session, 'read')
    return sessionKey(grant.tenant, session)
  }
  return {
    list: (query) => listVisible(hub, grant, { archived: false, ...query }),
    search: (query, page) => hub.history.search(grant, { query, ...page }),
    inbox: (page) => hub.history.inbox(grant, page),
    view: async (session) => hub.view(readable(session), grant),
    async messages(session, page) {
      const { rows, more } = await hub.messages(readable(session), grant, page)
      return { messages: rows.map(({ json }) => JSON.parse(json) as Message), more } // written by a room
    },
    async submit(session, body, id) {
      const outcome = await hub.submit(sessionKey(grant.tenant, session), {
        grant,
        body,
        ...(id !== undefined && { id }),
      })
      if (outcome.outcome === 'refused') throw HeadraceError.fromWire(outcome.error)
      return outcome
    },
    async until(session, holds, { waitMs, signal }) {
      const key = readable(session)
      const ms = Math.min(waitMs, grant.expiresAt - clock.now())
      let isOver = ms <= 0
      let wake: () => void = () => undefined
      const first = await hub.view(key, grant)
      if (isOver || holds(first)) return first
      const follower = await hub.follow(key, grant, { after: first.seq, wake: () => wake() })
      const onAbort = (): void => wake()
      const cancel = clock.after(ms, () => {
        isOver = true
        wake()
      })
      signal.addEventListener('abort', onAbort)
      try {
        for (;;) {
          const { promise: woken, resolve } = Promise.withResolvers<void>()
          wake = resolve
          // What is read here wakes nobody again; what comes later does.
          while (await follower.next());
          const view = await hub.view(key, grant)
          if (isOver || holds(view)) return view
          signal.throwIfAborted()
          await woken
        }
      } finally {
        signal.removeEventListener('abort', onAbort)
        cancel()
        follower.close()
      }
    },
  }
}
