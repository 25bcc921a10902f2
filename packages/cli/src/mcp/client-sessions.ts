import { HeadraceError, type SessionView } from '@headrace/core'
import type { Accepted, Client, Session } from '@headrace/client'
import type { McpCommand, McpSessions } from '@headrace/server/mcp'

/** A caller that hears nothing for a minute takes the call for dead. */
const maxOfflineMs = 30_000

/** Sessions over a connection, with the rights of its token. */
export function clientSessions(client: Client): McpSessions {
  return {
    list: (query) => client.sessions(query),
    search: (query, page) => client.search(query, page),
    inbox: (page) => client.inbox(page),
    view: (session) => client.view(session),
    messages: (session, page) => client.messages(session, page),
    submit: (session, command, id) => inTime(send(client.session(session), command, id)),
    async until(session, holds, { waitMs, signal, atLeast = 0 }) {
      const now = await client.view(session)
      if (waitMs <= 0 || (now.seq >= atLeast && holds(now))) return now
      return (await follow(client.session(session), { holds, waitMs, signal, atLeast })) ?? client.view(session)
    },
  }
}

interface Wanted {
  readonly holds: (view: SessionView) => boolean
  readonly waitMs: number
  readonly signal: AbortSignal
  readonly atLeast: number
}

/** The view when it is so; `undefined` when the time is over. */
async function follow(session: Session, wanted: Wanted): Promise<SessionView | undefined> {
  const { holds, signal, atLeast } = wanted
  const over = AbortSignal.timeout(wanted.waitMs)
  try {
    const found = await session.until(
      ({ view, error }) => {
        if (error) throw error
        return view.seq >= atLeast && holds(view)
      },
      { signal: AbortSignal.any([signal, over]) },
    )
    return found.view
  } catch (thrown) {
    if (over.aborted && !signal.aborted) return undefined
    throw thrown
  }
}

function send(session: Session, command: McpCommand, id: string | undefined): Promise<Accepted> {
  const options = id === undefined ? {} : { id }
  switch (command.type) {
    case 'create': {
      const { type: _, ...settings } = command
      return session.create(settings)
    }
    case 'post':
      return session.post(command, options)
    case 'send':
      return session.send(command, options)
    case 'steer':
      return session.steer(command.run, { parts: command.parts })
    case 'cancel':
      return session.cancel(command.target)
    case 'answer': {
      const { request, digest } = command
      return session.answer({ id: request, ...(digest !== undefined && { digest }) }, command.answer)
    }
    default:
      return command satisfies never
  }
}

/** Commands wait through outages by themselves; whoever waits for one must not wait so long. */
async function inTime(answer: Promise<Accepted>): Promise<Accepted> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const text = `The server did not answer for ${maxOfflineMs / 1_000} s. It is asked until it answers, so this may still be done.`
      reject(new HeadraceError('unknown_outcome', text))
    }, maxOfflineMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
