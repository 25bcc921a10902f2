import { askServer } from '../connection/ask-server.ts'
import type { TargetOptions } from '../connection/target.ts'
import { processOutput } from '../terminal/console.ts'
import { ownName } from '../terminal/own-name.ts'

/** More names than these are no help against a slip of the finger. */
const maxNames = 10

/** Says so when a message went to an agent that is not there now: it may come, or its name may be misspelt. */
export async function tellAbsent(agent: string, session: string, options: TargetOptions): Promise<void> {
  const names = await present(session, options)
  if (names === undefined || names.includes(agent)) return
  const rest = names.length - maxNames
  const there = [...names.slice(0, maxNames), ...(rest > 0 ? [`${rest} more`] : [])].join(', ')
  processOutput.err(
    `Nobody works as ${agent} now, so the message waits until somebody does; \`${ownName()} cancel ${session} --agent ${agent}\` takes it back. ` +
      (names.length === 0 ? 'No other agent is there either.' : `There now: ${there}.`),
  )
}

/** `undefined` where that can't be known, as from a server before it told: the message was sent all the same. */
async function present(session: string, options: TargetOptions): Promise<readonly string[] | undefined> {
  try {
    const answer = await askServer(options, `GET /v1/sessions/${encodeURIComponent(session)}/agents`)
    if (typeof answer !== 'object' || answer === null || !('agents' in answer)) return undefined
    return Array.isArray(answer['agents']) ? answer['agents'].map(String) : undefined
  } catch {
    return undefined
  }
}
