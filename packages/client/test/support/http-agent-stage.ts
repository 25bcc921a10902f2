import { textOf, type Run } from '@headrace/core'
import { httpAgent, type HttpAgentOptions } from '@headrace/client/http-agent'
import type { Session } from '@headrace/client'
import { Peers, ended, reaches, run } from './peers.ts'
import type { RealServer } from './real-server.ts'
import type { Upstream } from './upstream.ts'

export interface Stage extends AsyncDisposable {
  readonly peers: Peers
  readonly session: Session
  readonly agent: string
}

let count = 0

/** An agent of its own for each test, which calls that endpoint, and a session with it. Tests of a file share one server. */
export async function openStage(
  server: RealServer,
  upstream: Pick<Upstream, 'url'>,
  options: Partial<HttpAgentOptions> = {},
): Promise<Stage> {
  count += 1
  const agent = `agent-${count}`
  const peers = new Peers(server)
  await peers.worker(httpAgent({ url: upstream.url, format: 'sse-text', ...options }), { agent })
  const session = (await peers.client()).session(`http-agent/${count}`)
  await session.create({ agent })
  session.subscribe(() => undefined)
  await reaches(session, () => session.getSnapshot().status === 'live')
  return { peers, session, agent, [Symbol.asyncDispose]: () => peers[Symbol.asyncDispose]() }
}

/** Waits until a run is over, and gives it. */
export async function over(session: Session): Promise<Extract<Run, { status: 'ended' }>> {
  await ended(session)
  const found = await run(session, ({ status }) => status === 'ended')
  if (found.status !== 'ended') throw new Error('unreachable')
  return found
}

/** The newest answer as the session shows it. */
export function answerOf(session: Session): { readonly text: string; readonly status: string } | undefined {
  const message = session.getSnapshot().view.messages.findLast(({ role }) => role === 'assistant')
  return message && { text: textOf(message), status: message.status }
}
