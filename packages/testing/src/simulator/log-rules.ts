/**
 * Checks each event against the ones before it, with a small model of its own: it must not trust the code that made the
 * events.
 */
import { actorKind, type SessionEvent } from '@headrace/core'
import type { Invariant } from './invariants.ts'

interface RunFacts {
  readonly agent: string
  readonly isParallel: boolean
  status: 'queued' | 'active' | 'ended'
  attempt: number
  /** Last batch of the attempt. */
  n: number
  /** When its holder was last heard, and for how long that counts. */
  heardAt: number
  leaseMs: number
  graceUntil: number | undefined
  reason: string | undefined
}

type Fail = (invariant: Invariant, text: string) => void

export class LogRules {
  readonly #fail: Fail
  readonly #runs = new Map<string, RunFacts>()
  #seq = 0
  #at = 0

  constructor(fail: Fail) {
    this.#fail = fail
  }

  check(event: SessionEvent): void {
    if (event.seq !== this.#seq + 1)
      this.#fail('one-order', `event ${event.seq} (${event.type}) is written after ${this.#seq}`)
    if (event.at < this.#at)
      this.#fail('time-goes-on', `event ${event.seq} is of ${event.at}, the one before of ${this.#at}`)
    this.#seq = event.seq
    this.#at = Math.max(this.#at, event.at)
    this.#checkType(event)
  }

  /** How a run ended, if it has. */
  reason(run: string): string | undefined {
    return this.#runs.get(run)?.reason
  }

  #checkType(event: SessionEvent): void {
    switch (event.type) {
      case 'run.queued': {
        const { id, agent, policy } = event.data
        if (this.#runs.has(id)) this.#fail('applied-once', `run ${id} is queued again at ${event.seq}`)
        this.#runs.set(id, {
          agent,
          isParallel: policy === 'parallel',
          status: 'queued',
          attempt: 0,
          n: 0,
          heardAt: 0,
          leaseMs: 0,
          graceUntil: undefined,
          reason: undefined,
        })
        return
      }
      case 'run.claimed':
        return this.#claimed(event)
      case 'run.renewed': {
        const run = this.#held(event)
        if (!run) return
        if (run.attempt !== event.data.attempt) this.#fence(event, event.data.attempt, run)
        run.heardAt = event.at
        return
      }
      case 'run.lapsed': {
        const run = this.#held(event)
        if (!run) return
        if (event.at < run.heardAt + run.leaseMs)
          this.#fail(
            'lease',
            `run ${event.run} lapses at ${event.at} (event ${event.seq}), its holder was heard at ${run.heardAt}`,
          )
        run.status = 'queued'
        return
      }
      case 'run.cancel-requested': {
        const run = this.#held(event)
        if (run) run.graceUntil = event.at + event.data.graceMs
        return
      }
      case 'run.ended':
        return this.#ended(event)
      case 'message.added':
        // A note that belongs to no run.
        return
      case 'message.opened':
      case 'message.closed':
      case 'part.opened':
      case 'part.delta':
      case 'part.changed':
      case 'part.closed':
        return this.#output(event)
      default:
        return
    }
  }

  #claimed(event: Extract<SessionEvent, { readonly type: 'run.claimed' }>): void {
    const run = this.#open(event)
    if (!run) return
    const { attempt, leaseMs } = event.data
    const what = `run ${event.run} is claimed at ${event.seq} by ${event.data.worker}`
    if (run.status === 'active') this.#fail('one-claim', `${what} though attempt ${run.attempt} holds it`)
    if (attempt !== run.attempt + 1) this.#fail('one-claim', `${what} as attempt ${attempt} after ${run.attempt}`)
    const others = [...this.#runs.values()].filter((other) => other !== run && other.agent === run.agent)
    if (!run.isParallel && others.some((other) => other.status === 'active'))
      this.#fail('one-claim', `${what} though another run of ${run.agent} is active`)
    Object.assign(run, { status: 'active', attempt, n: 0, heardAt: event.at, leaseMs, graceUntil: undefined })
  }

  #ended(event: Extract<SessionEvent, { readonly type: 'run.ended' }>): void {
    const run = this.#open(event)
    if (!run) return
    const { attempt, reason } = event.data
    const byAgent = actorKind(event.actor) === 'agent'
    if (byAgent && (run.status !== 'active' || run.attempt !== attempt)) this.#fence(event, attempt, run)
    if (byAgent) this.#batch(event, run)
    if (run.graceUntil !== undefined && reason !== 'cancelled')
      this.#fail('cancel-is-kept', `run ${event.run} was asked to stop and ends as ${reason} at ${event.seq}`)
    if (reason === 'lost' && event.at < run.heardAt + run.leaseMs)
      this.#fail(
        'lease',
        `run ${event.run} is lost at ${event.at} (event ${event.seq}), its holder was heard at ${run.heardAt}`,
      )
    run.status = 'ended'
    run.reason = reason
  }

  #output(event: SessionEvent): void {
    const run = this.#held(event)
    if (!run) return
    if (event.actor !== `agent:${run.agent}`)
      this.#fail('no-phantom', `event ${event.seq} of a run of ${run.agent} is by ${event.actor}`)
    // Keys of parts begin with the attempt that opened them.
    const part = 'part' in event.data ? event.data.part : undefined
    const attempt = part === undefined ? run.attempt : Number(part.slice(0, part.indexOf('.')))
    if (attempt !== run.attempt) this.#fence(event, attempt, run)
    this.#batch(event, run)
    run.heardAt = event.at
  }

  #batch(event: SessionEvent, run: RunFacts): void {
    const { n } = event
    if (n === undefined) return this.#fail('no-phantom', `output ${event.seq} belongs to no batch`)
    if (n !== run.n && n !== run.n + 1)
      this.#fail('applied-once', `event ${event.seq} is of batch ${n} of run ${event.run}, after batch ${run.n}`)
    run.n = n
  }

  #held(event: SessionEvent): RunFacts | undefined {
    const run = this.#open(event)
    if (run && run.status !== 'active') {
      this.#fence(event, run.attempt, run)
      return undefined
    }
    return run
  }

  #open(event: SessionEvent): RunFacts | undefined {
    const run = this.#runs.get(event.run ?? '')
    if (!run)
      this.#fail('no-phantom', `event ${event.seq} (${event.type}) is of run ${event.run}, which nobody asked for`)
    if (run?.status !== 'ended') return run
    this.#fail('ended-is-final', `event ${event.seq} (${event.type}) comes after the end of run ${event.run}`)
    return undefined
  }

  #fence(event: SessionEvent, attempt: number, run: RunFacts): void {
    const text = `event ${event.seq} (${event.type}) is of attempt ${attempt} of run ${event.run}, which is ${run.status} in attempt ${run.attempt}`
    this.#fail('fence', text)
  }
}
