/**
 * An agent that is called instead of asking (R2): a signed webhook for each of its runs.
 *
 *   waiting ──claimed for it──▶ called ──2xx──▶ its own: it writes over HTTP with the token that it was sent
 *      ▲                          └──no──▶ undelivered ──later──┐
 *      └────────────────────────────────────────────────────────┘      after 8 tries: a dead letter, until somebody retries it
 *
 * Called at least once: where an answer is lost on its way, the agent may be at work already. That attempt is over then, so
 * what it writes is refused, and the next call is for the next attempt.
 */
import {
  HeadraceError,
  deliveryTries,
  splitKey,
  systemGrant,
  type AgentName,
  type Grant,
  type HeldRun,
  type RunSignal,
  type SessionKey,
} from '@headrace/core'
import type { Auth } from '../auth/auth.ts'
import type { Clock } from '../clock.ts'
import type { Assignment, Hub } from '../hub-types.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import { againMs, isForNow } from '../refused-for-now.ts'
import { signWebhook, webhookId } from '../outgoing/webhook-signature.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { WorkerSlot } from './worker-slot.ts'

/** An agent that is called. */
export interface WebhookAgent {
  readonly agent: AgentName
  readonly url: string
  /** `whsec_…`; several while one is being changed. */
  readonly secrets: readonly string[]
  /** Default `default`. */
  readonly tenant?: string
  /** Runs at the same time. Default 16. */
  readonly capacity?: number
  /** How long a run is the agent's after each sign of life, in milliseconds. Default 60,000. */
  readonly leaseMs?: number
}

export interface WebhookAgentOptions {
  readonly webhook: WebhookAgent
  readonly dispatcher: Pick<Dispatcher, 'register'>
  readonly hub: Pick<Hub, 'submit' | 'node'>
  readonly outgoing: Pick<Outgoing, 'post'>
  readonly clock: Clock
  /** Mints the token that the agent writes with, where the server can. */
  readonly auth: Pick<Auth, 'mint'>
  readonly onError: (error: HeadraceError) => void
}

const firstRetryMs = 1_000
const maxRetryMs = 300_000
/** A token outlives its run by far and is good for one session and one agent only. */
const tokenSeconds = 86_400

/** Begins to call the agent; the result ends it. */
export function startWebhookAgent(options: WebhookAgentOptions): WorkerSlot {
  const { webhook, dispatcher, hub } = options
  const { agent, tenant = 'default', capacity = 16, leaseMs = 60_000 } = webhook
  const grant: Grant = {
    tenant,
    actor: `agent:${agent}`,
    capabilities: [{ sessions: '**', verbs: ['read', 'write-as-agent'] }],
    agents: [agent],
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  return dispatcher.register({
    agent,
    // A claim by the same worker is a retry: two servers must not take each other's for theirs, and both call.
    worker: `webhook.${agent}.${hub.node}`,
    grant,
    capacity,
    leaseMs,
    isCalled: true,
    assign: (assignment) => void deliver(options, tenant, assignment),
    signal: (held, signal) => {
      const told = tell(options, tenant, { ...held, ...signal })
      told.catch((thrown: unknown) => options.onError(HeadraceError.from(thrown)))
    },
  })
}

async function deliver(options: WebhookAgentOptions, tenant: string, assignment: Assignment): Promise<void> {
  const { session, run, attempt } = assignment
  const error = await assign(options, tenant, assignment).catch((thrown: unknown) => {
    options.onError(HeadraceError.from(thrown))
    return 'The server failed to call the agent; its log says why.'
  })
  if (error === undefined) return
  const key: SessionKey = `${tenant}!${session}`
  const tries = (assignment.view.runs.find(({ id }) => id === run)?.undelivered?.tries ?? 0) + 1
  const retryMs = Math.min(maxRetryMs, firstRetryMs * 4 ** (tries - 1))
  const retry = tries < deliveryTries ? { retryMs } : {}
  const grant = systemGrant(splitKey(key).tenant)
  const giveBack = async (): Promise<void> => {
    // Refused where the run is over by now or its lease has lapsed: then there is nothing to take back.
    const outcome = await options.hub.submit(key, {
      grant,
      body: { type: 'undelivered', run, attempt, error, ...retry },
    })
    if (isForNow(outcome)) options.clock.after(againMs, () => void giveBack())
  }
  await giveBack()
}

/** Returns what went wrong, for people. */
async function assign(
  options: WebhookAgentOptions,
  tenant: string,
  assignment: Assignment,
): Promise<string | undefined> {
  const { session, run, attempt, agent } = assignment
  const token = await options.auth.mint?.(
    { sub: agent, kind: 'agent', ten: tenant, cap: [{ s: session, op: ['read', 'write-as-agent'] }], agents: [agent] },
    tokenSeconds,
  )
  const data = { ...assignment, ...(token !== undefined && { token }) }
  return call(options, { id: webhookId('run', tenant, session, run, attempt), type: 'run.assigned', data })
}

/** What its agent should know while it works. It learns the same from the answers to its writes, so once is enough. */
async function tell(options: WebhookAgentOptions, tenant: string, data: HeldRun & RunSignal): Promise<void> {
  // A run may be steered twice, and paused again: that is no repeat.
  const id = webhookId('signal', tenant, JSON.stringify(data), options.clock.now())
  await call(options, { id, type: 'run.signal', data })
}

interface Message {
  readonly id: string
  readonly type: string
  readonly data: object
}

/** Returns what went wrong, for people. */
async function call({ webhook, outgoing, clock }: WebhookAgentOptions, message: Message): Promise<string | undefined> {
  const at = clock.now()
  const body = JSON.stringify({ type: message.type, timestamp: new Date(at).toISOString(), data: message.data })
  const headers = {
    'Content-Type': 'application/json',
    ...signWebhook(webhook.secrets, { id: message.id, at, body }),
  }
  const result = await outgoing.post(webhook.url, body, headers)
  if (result.outcome !== 'answered') return result.message
  return result.status >= 200 && result.status < 300 ? undefined : `The agent's webhook answered ${result.status}.`
}
