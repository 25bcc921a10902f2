/** The offers to work that one connection has made: it carries what their runs are told, and keeps them alive. */
import { HeadraceError, type Grant, type Up } from '@headrace/core'
import type { Access } from '../auth/access.ts'
import type { WorkerSlot } from '../dispatch/worker-slot.ts'
import type { SocketHub } from '../socket-hub.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { Outlet } from './outlet.ts'

export interface WorkerOffersOptions {
  readonly hub: SocketHub
  readonly access: Access
  readonly outlet: Outlet
  readonly limits: Pick<ConnectionLimits, 'maxWorkers'>
}

type WorkFrame = Extract<Up, { readonly type: 'work' }>

export class WorkerOffers {
  readonly #options: WorkerOffersOptions
  readonly #workers = new Map<string, WorkerSlot>()

  constructor(options: WorkerOffersOptions) {
    this.#options = options
  }

  /** @throws HeadraceError `forbidden`, `token_revoked` or `auth_unavailable` */
  offer({ agent, worker, capacity, leaseMs, held }: WorkFrame, grant: Grant): void {
    if (!mayBe(grant, agent)) throw notAgent(agent)
    // Runs are claimed for it later, without being asked again.
    const unsure = this.#options.access.revocations.refusal(grant, 'command')
    if (unsure) throw unsure
    const { dispatcher } = this.#options.hub
    const id = `${agent} ${worker}`
    const known = this.#workers.get(id)
    if (known) {
      known.capacity = capacity
      return dispatcher.pump(grant.tenant, agent)
    }
    const { maxWorkers } = this.#options.limits
    // The others go on.
    if (this.#workers.size >= maxWorkers)
      return this.#options.outlet.send({ type: 'error', error: tooMany(maxWorkers).toWire() })
    const slot = dispatcher.register({
      agent,
      worker,
      grant,
      capacity,
      ...(leaseMs !== undefined && { leaseMs }),
      held: held ?? [],
      assign: (assignment) => this.#options.outlet.send({ type: 'assign', ...assignment }),
      signal: (run, signal) => this.#options.outlet.send({ type: 'signal', ...run, ...signal }),
    })
    this.#workers.set(id, slot)
  }

  /** Another token counts: offers to work as agents that it does not name end. */
  keep(grant: Grant): void {
    for (const [id, slot] of this.#workers) {
      slot.grant = grant
      if (mayBe(grant, slot.agent)) continue
      slot.close()
      this.#workers.delete(id)
      this.#options.outlet.send({ type: 'error', error: notAgent(slot.agent).toWire() })
    }
  }

  /** The connection brought something. */
  heard(): void {
    for (const slot of this.#workers.values()) slot.heard()
  }

  close(): void {
    for (const slot of this.#workers.values()) slot.close()
  }
}

/** Whether the grant names the agent, wherever. On which sessions is asked for each run. */
function mayBe({ agents }: Grant, agent: string): boolean {
  return agents.includes('*') || agents.includes(agent)
}

function tooMany(allowed: number): HeadraceError {
  const text = `A connection may offer ${allowed} workers (maxWorkers). Offer one worker of each agent, with the capacity of all.`
  return new HeadraceError('limit_exceeded', text, { detail: { limit: 'maxWorkers', allowed, actual: allowed + 1 } })
}

function notAgent(agent: string): HeadraceError {
  return new HeadraceError('forbidden', `The token does not allow working as the agent ${agent}.`, {
    detail: { agent },
  })
}
