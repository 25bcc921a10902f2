import type { SessionView } from '@headrace/core'
import type { Client } from '@headrace/client'
import { welcomeSession } from './people.ts'

const welcome = `**Welcome.** This is a durable session, and two agents work in it: *writer* and *critic*. Try this, in order:

1. **Two tabs.** Open this page a second time while an answer streams. Both show the same words at the same moment.
2. **A lost connection.** Press *Drop connection*, at the bottom, in the middle of an answer. It comes back by itself, and no word is missing or doubled.
3. **Two agents at once.** Tick both, or ask the critic while the writer is still at it. Each has its own stop.
4. **Somebody joins.** Open the second link from the terminal in a private window, in the middle of an answer. Grace sees everything.

They like questions about disconnects, tabs, parallel agents, stopping, other people, crashes and code.`

const question = 'Writer, what is a durable session, and why would I want one?'

export interface Seed {
  /** Stops waiting for the first visitor. */
  stop(): void
}

/**
 * Makes the demo's session, and has the guide ask a first question when the first person opens it: they arrive while an
 * answer is being written. A session that was there before is left as it is.
 *
 * @param client - of the guide
 */
export async function seed(client: Client): Promise<Seed> {
  const session = client.session(welcomeSession)
  await session.create({
    metadata: { title: 'Welcome to Headrace', demo: true, agents: ['writer', 'critic'] },
    agent: 'writer',
  })
  let asked = false
  let ready: () => void = () => undefined
  const live = new Promise<void>((resolve) => (ready = resolve))
  const stop = session.subscribe(() => {
    const { status, view } = session.getSnapshot()
    if (status !== 'live') return
    ready()
    if (asked || !isUntouched(view) || view.presence.length === 0) return
    asked = true
    // Refused only while the server stops; then the next start asks.
    session.send({ text: question }).catch(() => undefined)
  })
  await live
  if (session.getSnapshot().view.seq === 1) await session.post({ text: welcome })
  return { stop }
}

/** Whether nobody has asked anything yet. */
function isUntouched({ runs, messages, older }: SessionView): boolean {
  return runs.length === 0 && older === 0 && messages.length <= 1
}
