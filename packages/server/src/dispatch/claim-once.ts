import { HeadraceError, type AgentName, type Grant } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Assignment, ClaimOptions } from '../hub-types.ts'

interface Claim extends ClaimOptions {
  readonly agent: AgentName
  readonly worker: string
  readonly grant: Grant
}

/**
 * For agents without a socket: a worker that takes one run and is gone. It learns of a cancel from the answers to its
 * writes and heartbeats.
 */
export async function claimOnce(dispatcher: Dispatcher, clock: Clock, claim: Claim): Promise<Assignment | undefined> {
  const { agent, worker, grant, leaseMs, waitMs, signal } = claim
  if (!grant.agents.includes('*') && !grant.agents.includes(agent)) {
    throw new HeadraceError('forbidden', `The token does not allow working as the agent ${agent}.`, {
      detail: { agent },
    })
  }
  return new Promise((resolve) => {
    const finish = (assignment: Assignment | undefined): void => {
      slot.close()
      cancel()
      signal.removeEventListener('abort', stop)
      resolve(assignment)
    }
    let stopping = false
    // A claim that is on its way may be granted, and then somebody has to take it.
    const stop = (): void => {
      stopping = true
      slot.capacity = 0
      if (slot.claiming === 0) finish(undefined)
    }
    const cancel = clock.after(waitMs, stop)
    signal.addEventListener('abort', stop, { once: true })
    const slot = dispatcher.register({
      agent,
      worker,
      grant,
      capacity: 1,
      ...(leaseMs !== undefined && { leaseMs }),
      assign: finish,
      signal: () => undefined,
      settled: () => stopping && slot.claiming === 0 && finish(undefined),
    })
  })
}
