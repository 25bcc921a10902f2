import type { ServerResponse } from 'node:http'
import { HeadraceError, type Grant } from '@headrace/core'
import type { Revocations } from '../auth/revocations.ts'
import type { Meter } from '../hub-types.ts'
import type { Crowd } from './crowd.ts'
import type { HttpLimits } from './http-limits.ts'

/** A request that is answered later, or bit by bit. */
export interface Wait {
  /**
   * Aborted when the caller is gone (`connection_lost`), its token is taken back (`token_revoked`) or the door closes
   * (`draining`); the reason is a HeadraceError.
   */
  readonly signal: AbortSignal
  /** Idempotent. */
  close(): void
}

export interface WaitsOptions {
  readonly limits: Pick<HttpLimits, 'waiting' | 'waitingPerActor'>
  readonly revocations: Revocations
  readonly meter: Meter
  readonly crowd: Crowd
}

/** Counts the requests that wait or stream, and ends them when the door closes. */
export class Waits {
  readonly #limits: Pick<HttpLimits, 'waiting' | 'waitingPerActor'>
  readonly #revocations: Revocations
  readonly #meter: Meter
  readonly #crowd: Crowd
  readonly #open = new Set<AbortController>()
  readonly #perActor = new Map<string, number>()
  #closed = false

  constructor({ limits, revocations, meter, crowd }: WaitsOptions) {
    this.#limits = limits
    this.#revocations = revocations
    this.#meter = meter
    this.#crowd = crowd
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /**
   * @throws HeadraceError `draining`
   * @param from - the address that the request comes from
   * @throws HeadraceError `too_many_connections` when the server, the tenant or the address holds all that it may
   * @throws HeadraceError `too_many_requests` when the caller does
   */
  open(grant: Grant, response: ServerResponse, from: string | undefined): Wait {
    const who = `${grant.tenant}!${grant.actor}`
    this.#admit(who)
    const leave = this.#enter(grant.tenant, from)
    const controller = new AbortController()
    const onClose = (): void => controller.abort(new HeadraceError('connection_lost', 'The caller is gone.'))
    this.#open.add(controller)
    this.#perActor.set(who, (this.#perActor.get(who) ?? 0) + 1)
    response.once('close', onClose)
    if (response.closed) onClose()
    const letGo = this.#revocations.hold(grant, (error) => {
      this.#meter.cut(error.code)
      controller.abort(error)
    })
    const close = (): void => {
      if (!this.#open.delete(controller)) return
      letGo()
      leave()
      response.off('close', onClose)
      const left = (this.#perActor.get(who) ?? 1) - 1
      if (left > 0) this.#perActor.set(who, left)
      else this.#perActor.delete(who)
    }
    return { signal: controller.signal, close }
  }

  #enter(tenant: string, from: string | undefined): () => void {
    const leaveAddress = this.#crowd.enter(from)
    try {
      const leaveTenant = this.#crowd.join(tenant)
      return () => {
        leaveAddress()
        leaveTenant()
      }
    } catch (thrown) {
      leaveAddress()
      throw thrown
    }
  }

  #admit(who: string): void {
    const { waiting, waitingPerActor } = this.#limits
    if (this.#closed) throw draining()
    if (this.#open.size >= waiting) {
      const detail = { limit: 'waiting', allowed: waiting, actual: this.#open.size + 1 }
      throw new HeadraceError(
        'too_many_connections',
        `${waiting} requests wait or stream already (waiting). Try again later.`,
        { detail },
      )
    }
    const mine = (this.#perActor.get(who) ?? 0) + 1
    if (mine > waitingPerActor) {
      const detail = { limit: 'waitingPerActor', allowed: waitingPerActor, actual: mine }
      const text = `You have ${waitingPerActor} requests that wait or stream already (waitingPerActor). Close some, or use one WebSocket for many sessions.`
      throw new HeadraceError('too_many_requests', text, { detail })
    }
  }

  /** Ends all that wait. Idempotent. */
  close(): void {
    this.#closed = true
    for (const controller of this.#open) controller.abort(draining())
  }
}

function draining(): HeadraceError {
  return new HeadraceError('draining', 'The server is shutting down; ask again in a moment.')
}
