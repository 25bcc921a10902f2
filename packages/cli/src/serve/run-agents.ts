import type { HeadraceError } from '@headrace/core'
import type { RunHandler, RunResult, Worker } from '@headrace/client/agent'
import { signWebhook, type Headrace, type HttpAgent } from '@headrace/server'

export interface RunAgentsOptions {
  readonly headrace: Pick<Headrace, 'agents' | 'tokenFor' | 'WebSocket' | 'fetch'>
  readonly onError: (error: HeadraceError) => void
}

export interface RunningAgents {
  /** Ends their calls, the last ones after a few seconds. Idempotent. */
  close(): Promise<void>
}

/** What is being answered may finish for so long when the server stops, or the agent is removed. */
const graceMs = 3_000

interface Running {
  readonly worker: Promise<Worker>
  /** What only another worker can have otherwise. */
  readonly shape: string
  version: string
  /** For the next run: what is being answered goes on as the agent was registered when it began. */
  handler: RunHandler
}

/** Calls every agent that is registered, from now on and as registrations change. */
export function runAgents({ headrace, onError }: RunAgentsOptions): RunningAgents {
  const running = new Map<string, Running>()
  const ending = new Set<Promise<void>>()

  const end = (id: string, { worker }: Running): void => {
    running.delete(id)
    const ended = worker.then((one) => one.close({ graceMs })).finally(() => ending.delete(ended))
    ending.add(ended)
  }
  const begin = (id: string, agent: HttpAgent): void => {
    const { version } = agent
    const handler = handlerOf(headrace, agent)
    const known = running.get(id)
    if (known?.shape === shapeOf(agent)) {
      if (known.version !== version) Object.assign(known, { version, handler })
      return
    }
    if (known) end(id, known)
    const one: Running = {
      worker: start(headrace, agent, { onError, handler: (run) => one.handler(run) }),
      shape: shapeOf(agent),
      version,
      handler,
    }
    running.set(id, one)
  }

  const stop = headrace.agents.watch((agents) => {
    const wanted = new Map(agents.map((agent) => [`${agent.tenant}!${agent.agent}`, agent]))
    for (const [id, one] of running) if (!wanted.has(id)) end(id, one)
    for (const [id, agent] of wanted) begin(id, agent)
  })

  let closing: Promise<void> | undefined
  return {
    close: () =>
      (closing ??= (async () => {
        stop()
        for (const [id, one] of running) end(id, one)
        await Promise.all(ending)
      })()),
  }
}

function shapeOf({ capacity, leaseMs }: HttpAgent): string {
  return JSON.stringify([capacity, leaseMs])
}

function handlerOf({ fetch }: RunAgentsOptions['headrace'], { secrets, ...settings }: HttpAgent): RunHandler {
  let called: Promise<RunHandler> | undefined
  return async (run): Promise<RunResult | void> => {
    // Formats of others, which most servers never meet.
    called ??= import('@headrace/client/http-agent').then(({ httpAgent }) =>
      httpAgent({
        ...settings,
        fetch,
        // No dots in the id of a webhook; runs and sessions may have some.
        ...(secrets && {
          sign: ({ id, body }) => signWebhook(secrets, { id: id.replaceAll('.', '_'), at: Date.now(), body }),
        }),
      }),
    )
    const handler = await called
    return handler(run)
  }
}

async function start(
  { tokenFor, WebSocket }: RunAgentsOptions['headrace'],
  { tenant, agent, capacity, leaseMs }: HttpAgent,
  options: Pick<RunAgentsOptions, 'onError'> & { readonly handler: RunHandler },
): Promise<Worker> {
  // Most servers have no such agent, and their start waits for nothing that only these need.
  const { createWorker } = await import('@headrace/client/agent')
  return createWorker({
    // In this process: nothing is looked up for it.
    url: 'http://localhost',
    WebSocket,
    token: () => tokenFor(agent, tenant),
    agent,
    client: 'headrace-http-agent',
    ...options,
    ...(capacity !== undefined && { capacity }),
    ...(leaseMs !== undefined && { leaseMs }),
  })
}
