/**
 * Checks each event against the ones before it, with a small model of its own: it must not trust the code that made the
 * events.
 */
import { actorKind, type EventOf, type SessionEvent } from '@headrace/core'
import { BudgetRules } from './budget-rules.ts'
import { RequestRules } from './request-rules.ts'
import type { Invariant } from './invariants.ts'

interface RunFacts {
  readonly agent: string
  /** It waits for nobody. */
  readonly isParallel: boolean
  /** Another run started it, so nobody waits for it. */
  readonly isChild: boolean
  status: 'queued' | 'active' | 'suspended' | 'ended'
  paused: boolean
  attempt: number
  /** Last batch of the attempt. */
  n: number
  /** When its holder was last heard, and for how long that counts. */
  heardAt: number
  leaseMs: number
  isAskedToStop: boolean
}

export type Fail = (invariant: Invariant, text: string) => void

/** What an agent adds: not while its run is held. */
const fresh: ReadonlySet<SessionEvent['type']> = new Set([
  'message.opened',
  'part.opened',
  'part.delta',
  'part.changed',
  'request.opened',
])

export class LogRules {
  readonly #fail: Fail
  readonly #runs = new Map<string, RunFacts>()
  readonly #requests: RequestRules
  readonly #budgets: BudgetRules
  /** Messages that steer a run, which may become its next input. */
  readonly #steers = new Set<string>()
  #floor: string | undefined
  #seq = 0
  #at = 0

  constructor(fail: Fail) {
    this.#fail = fail
    this.#requests = new RequestRules(fail)
    this.#budgets = new BudgetRules(fail)
  }

  check(event: SessionEvent): void {
    if (event.seq !== this.#seq + 1)
      this.#fail('one-order', `event ${event.seq} (${event.type}) is written after ${this.#seq}`)
    if (event.at < this.#at)
      this.#fail('time-goes-on', `event ${event.seq} is of ${event.at}, the one before of ${this.#at}`)
    this.#seq = event.seq
    this.#at = Math.max(this.#at, event.at)
    this.#checkBatchOf(event)
    this.#checkType(event)
    this.#requests.check(event)
    this.#budgets.check(event)
  }

  /** What was written together has been checked. */
  checkBatch(): void {
    const open = [...this.#runs].filter(([, run]) => run.status !== 'ended').map(([id]) => id)
    this.#budgets.checkBatch(open)
  }

  /** Whether an event without a command of its own may be in the name of a person. */
  isConsequence(event: SessionEvent): boolean {
    return event.type === 'run.queued' && this.#steers.has(event.data.input)
  }

  #checkType(event: SessionEvent): void {
    switch (event.type) {
      case 'run.queued':
        return this.#queued(event)
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
        this.#lapsed(event, run, 'lapses')
        run.status = 'queued'
        return
      }
      case 'run.undelivered': {
        const run = this.#held(event)
        if (run) run.status = 'queued'
        return
      }
      case 'run.retried':
        this.#open(event)
        return
      case 'run.cancel-requested': {
        const run = this.#held(event)
        if (run) run.isAskedToStop = true
        return
      }
      case 'run.suspended': {
        const run = this.#held(event)
        if (!run) return
        if (run.attempt !== event.data.attempt) this.#fence(event, event.data.attempt, run)
        run.status = 'suspended'
        return
      }
      case 'run.woken': {
        const run = this.#open(event)
        if (!run) return
        if (run.status !== 'suspended')
          this.#fail('wakes-once', `run ${event.run} is woken at ${event.seq}, and was ${run.status}`)
        run.status = 'queued'
        return
      }
      case 'run.paused':
      case 'run.resumed': {
        const run = this.#open(event)
        if (run) run.paused = event.type === 'run.paused'
        return
      }
      case 'run.used':
        this.#held(event)
        return
      case 'run.steered':
        this.#steers.add(event.data.message)
        this.#open(event)
        return
      case 'run.moved':
        this.#open(event)
        return
      case 'run.ended':
        return this.#ended(event)
      case 'floor.taken': {
        const isForced = this.#floor !== undefined && this.#floor !== event.actor
        if (isForced && actorKind(event.actor) !== 'operator')
          this.#fail('holds-still', `${event.actor} takes the floor at ${event.seq} though ${this.#floor} has it`)
        this.#floor = event.actor
        return
      }
      case 'floor.returned':
        this.#floor = undefined
        return
      case 'message.opened':
      case 'message.closed':
      case 'part.opened':
      case 'part.delta':
      case 'part.changed':
      case 'part.closed':
      case 'step.restarted':
      case 'request.opened':
      case 'steer.consumed':
        return this.#output(event)
      default:
        return
    }
  }

  #queued(event: EventOf<'run.queued'>): void {
    const { id, agent, policy, parent } = event.data
    if (this.#runs.has(id)) this.#fail('applied-once', `run ${id} is queued again at ${event.seq}`)
    const above = parent === undefined ? undefined : this.#runs.get(parent)
    if (above && this.#isHeld(above))
      this.#fail('holds-still', `run ${parent} is held and starts ${id} at ${event.seq}`)
    this.#runs.set(id, {
      agent,
      isParallel: policy === 'parallel' || parent !== undefined,
      isChild: parent !== undefined,
      status: 'queued',
      paused: false,
      attempt: 0,
      n: 0,
      heardAt: 0,
      leaseMs: 0,
      isAskedToStop: false,
    })
  }

  #claimed(event: EventOf<'run.claimed'>): void {
    const run = this.#open(event)
    if (!run) return
    const { attempt, leaseMs } = event.data
    const what = `run ${event.run} is claimed at ${event.seq} by ${event.data.worker}`
    if (run.status === 'active') this.#fail('one-claim', `${what} though attempt ${run.attempt} holds it`)
    if (run.status === 'suspended') this.#fail('wakes-once', `${what} though it is suspended`)
    if (this.#isHeld(run)) this.#fail('holds-still', `${what} though it is held`)
    if (attempt !== run.attempt + 1) this.#fail('one-claim', `${what} as attempt ${attempt} after ${run.attempt}`)
    const others = [...this.#runs.values()].filter((other) => other !== run && other.agent === run.agent)
    if (
      !run.isParallel &&
      others.some((other) => (other.status === 'active' || other.status === 'suspended') && !other.isChild)
    )
      this.#fail('one-claim', `${what} though another run of ${run.agent} is under way`)
    Object.assign(run, { status: 'active', attempt, n: 0, heardAt: event.at, leaseMs, isAskedToStop: false })
  }

  #ended(event: EventOf<'run.ended'>): void {
    const run = this.#open(event)
    if (!run) return
    const { attempt, reason } = event.data
    const byAgent = actorKind(event.actor) === 'agent'
    if (byAgent && (run.status !== 'active' || run.attempt !== attempt)) this.#fence(event, attempt, run)
    const isActive = run.status === 'active'
    if (isActive && run.isAskedToStop && reason !== 'cancelled' && reason !== 'budget')
      this.#fail('cancel-is-kept', `run ${event.run} was asked to stop and ends as ${reason} at ${event.seq}`)
    if (reason === 'lost') this.#lapsed(event, run, 'is lost')
    run.status = 'ended'
  }

  #lapsed({ run: id, at, seq }: SessionEvent, run: RunFacts, what: string): void {
    if (at >= run.heardAt + run.leaseMs) return
    this.#fail('lease', `run ${id} ${what} at ${at} (event ${seq}), its holder was heard at ${run.heardAt}`)
  }

  #output(event: SessionEvent): void {
    const run = this.#held(event)
    if (!run) return
    if (event.actor !== `agent:${run.agent}`)
      this.#fail('no-phantom', `event ${event.seq} of a run of ${run.agent} is by ${event.actor}`)
    if (this.#isHeld(run) && fresh.has(event.type))
      this.#fail('holds-still', `run ${event.run} is held and writes event ${event.seq} (${event.type})`)
    const attempt = attemptOf(event) ?? run.attempt
    if (attempt !== run.attempt) this.#fence(event, attempt, run)
    if (event.n === undefined) this.#fail('no-phantom', `output ${event.seq} belongs to no batch`)
    run.heardAt = event.at
  }

  /** Batches of an attempt follow each other, whatever they say. */
  #checkBatchOf(event: SessionEvent): void {
    const { n } = event
    if (n === undefined) return
    const id = event.type === 'run.queued' ? event.data.parent : event.run
    const run = this.#runs.get(id ?? '')
    if (!run) return this.#fail('no-phantom', `event ${event.seq} is of a batch of run ${id}, which nobody asked for`)
    if (n !== run.n && n !== run.n + 1)
      this.#fail('applied-once', `event ${event.seq} is of batch ${n} of run ${id}, after batch ${run.n}`)
    run.n = n
    run.heardAt = event.at
  }

  #isHeld(run: RunFacts): boolean {
    return run.paused || this.#floor !== undefined
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

/** Keys of parts begin with the attempt that opened them. A tool call that waited apart is closed by the one that goes on. */
function attemptOf(event: SessionEvent): number | undefined {
  if (event.type === 'steer.consumed') return event.data.attempt
  if (event.type !== 'part.opened' && event.type !== 'part.delta') return undefined
  const { part } = event.data
  return Number(part.slice(0, part.indexOf('.')))
}
