import type { Session } from '@headrace/client'

/**
 * Says something in a session and asks agents to answer it. The first agent is asked with the message; the others are
 * asked for an answer to the same message, so that people read the question once. Without agents it is a note.
 */
export async function ask(session: Session, words: string, agents: readonly string[]): Promise<void> {
  const [first, ...others] = agents
  if (first === undefined) {
    await session.post(words)
    return
  }
  const { seq } = await session.send({ text: words, agent: first })
  if (others.length === 0) return
  const input = await messageUpTo(session, seq)
  if (input !== undefined) await Promise.all(others.map((agent) => session.regenerate(input, { agent })))
}

/** Says something to the one agent that works. Where it has ended meanwhile, that is a new question. */
export async function tell(session: Session, words: string, [agent]: readonly string[]): Promise<void> {
  await session.send({ text: words, policy: 'steer', ...(agent !== undefined && { agent }) })
}

/**
 * The message that a `send` made. Its answer names the last event of the command, which comes right after the message's
 * own, and may reach this page before the events do.
 */
function messageUpTo(session: Session, seq: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let stop = (): void => {}
    const look = (): boolean => {
      const { view, messages } = session.getSnapshot()
      if (view.seq < seq) return false
      resolve(messages.findLast((message) => message.seq <= seq && message.run === undefined)?.id)
      stop()
      return true
    }
    if (!look()) stop = session.subscribe(look)
  })
}
