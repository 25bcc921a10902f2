import { expect } from 'vitest'
import {
  decide,
  emptyState,
  fold,
  systemGrant,
  verbs,
  type Actor,
  type ActiveRun,
  type CommandBody,
  type Decision,
  type DecideOptions,
  type EndedRun,
  type ErrorCode,
  type Grant,
  type HeadraceError,
  type Message,
  type PartStart,
  type QueuedRun,
  type Run,
  type SessionEvent,
  type SessionSettings,
  type SessionState,
  type SessionView,
  type SystemCommandBody,
  type WriteOp,
} from '../src/index.ts'

/** A grant that allows everything on every session, unless `fields` says otherwise. */
export function grantOf(actor: Actor, fields: Partial<Grant> = {}): Grant {
  const all = { capabilities: [{ sessions: '**', verbs }], agents: ['*'] }
  return { tenant: 'default', actor, ...all, expiresAt: Number.MAX_SAFE_INTEGER, ...fields }
}

export const ada: Grant = grantOf('user:ada', { name: 'Ada' })
export const bob: Grant = grantOf('user:bob')
export const writer: Grant = grantOf('agent:writer')
export const server: Grant = systemGrant('default')

export function text(words: string): readonly PartStart[] {
  return [{ kind: 'text', text: words }]
}

type Body = CommandBody | SystemCommandBody

interface Ask {
  readonly as?: Grant
  readonly id?: string
  readonly options?: DecideOptions
}

/** A session as a room keeps it: decides, remembers the log, and lets a test move the clock. */
export class TestSession {
  state: SessionState
  now = 1_000_000
  readonly log: SessionEvent[] = []

  constructor(id = 'demo/1') {
    this.state = emptyState(id)
  }

  get view(): SessionView {
    return this.state.view
  }

  ask(body: Body, { as = ada, id, options = {} }: Ask = {}): Decision {
    const decision = decide(this.state, { grant: as, body, ...(id !== undefined && { id }) }, this.now, options)
    if (decision.outcome === 'accepted') {
      this.log.push(...decision.events)
      this.state = decision.state
    }
    return decision
  }

  /** Asks for something that must be accepted, and returns its events. */
  accept(body: Body, ask: Ask = {}): readonly SessionEvent[] {
    const decision = this.ask(body, ask)
    if (decision.outcome === 'refused') throw decision.error
    if (decision.outcome !== 'accepted') throw new Error(`${body.type} was answered ${decision.outcome}`)
    return decision.events
  }

  /** Asks for something that must be a no-op: nothing changes. */
  noop(body: Body, ask: Ask = {}): void {
    const { state } = this
    expect(this.ask(body, ask)).toMatchObject({ outcome: 'noop', seq: state.view.seq })
    expect(this.state).toBe(state)
  }

  /** Asks for something that must be refused with this code: nothing changes. */
  refuse(code: ErrorCode, body: Body, ask: Ask = {}): HeadraceError {
    const { state } = this
    const decision = this.ask(body, ask)
    if (decision.outcome !== 'refused') throw new Error(`${body.type} was answered ${decision.outcome}, not ${code}`)
    expect(decision.error.code).toBe(code)
    expect(this.state).toBe(state)
    return decision.error
  }

  /** Sends an input and returns the id of its run. */
  send(fields: Partial<Extract<CommandBody, { type: 'send' }>> = {}, ask: Ask = {}): string {
    const events = this.accept({ type: 'send', parts: text('hi'), ...fields }, ask)
    return events.at(-1)?.run ?? ''
  }

  /** Posts a message and returns its id. */
  post(words = 'note', ask: Ask = {}): string {
    this.accept({ type: 'post', parts: text(words) }, ask)
    return this.view.messages.at(-1)?.id ?? ''
  }

  claim(run: string, fields: Partial<Extract<CommandBody, { type: 'claim' }>> = {}): number {
    this.accept({ type: 'claim', run, worker: 'w1', ...fields }, { as: writer })
    return this.active(run).attempt
  }

  /** Sends and claims. */
  start(fields: Partial<Extract<CommandBody, { type: 'send' }>> = {}): string {
    const run = this.send(fields)
    this.claim(run)
    return run
  }

  /** Writes the next batch of the run's current attempt. */
  write(run: string, ...ops: readonly WriteOp[]): readonly SessionEvent[] {
    const { attempt } = this.active(run)
    return this.accept({ type: 'write', run, attempt, n: this.nextBatch(run), ops }, { as: writer })
  }

  /** The body of the next batch, for commands that may fail. */
  batch(run: string, ...ops: readonly WriteOp[]): CommandBody {
    return { type: 'write', run, attempt: this.active(run).attempt, n: this.nextBatch(run), ops }
  }

  nextBatch(run: string): number {
    return (this.state.guard.holds[run]?.n ?? 0) + 1
  }

  end(run: string, reason: 'complete' | 'cancelled' | 'failed' = 'complete'): void {
    this.write(run, { op: 'end', reason })
  }

  /** Moves the clock, then does what time made due. */
  pass(ms: number): Decision {
    this.now += ms
    return this.ask({ type: 'tick' }, { as: server })
  }

  run(id: string): Run {
    const run = this.view.runs.find((candidate) => candidate.id === id)
    if (!run) throw new Error(`no run ${id}`)
    return run
  }

  queued(id: string): QueuedRun {
    const run = this.run(id)
    if (run.status !== 'queued') throw new Error(`${id} is ${run.status}`)
    return run
  }

  active(id: string): ActiveRun {
    const run = this.run(id)
    if (run.status !== 'active') throw new Error(`${id} is ${run.status}`)
    return run
  }

  ended(id: string): EndedRun {
    const run = this.run(id)
    if (run.status !== 'ended') throw new Error(`${id} is ${run.status}`)
    return run
  }

  message(id: string): Message {
    const message = this.view.messages.find((candidate) => candidate.id === id)
    if (!message) throw new Error(`no message ${id}`)
    return message
  }

  /** The same session in another process: folded from a stored snapshot. */
  reload(): void {
    this.state = roundTrip(this.state)
  }
}

/** A session that exists. */
export function open(settings: SessionSettings = {}): TestSession {
  const session = new TestSession()
  session.accept({ type: 'create', ...settings })
  return session
}

export function foldAll(log: readonly SessionEvent[], from: SessionState = emptyState('demo/1')): SessionState {
  return log.reduce(fold, from)
}

export function roundTrip<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T // what JSON can hold comes back as it was, which is what tests of it show
}

/**
 * As `expect` with `toBe`, for what is looked at a million times: to make an expectation costs more than most of what a
 * random life does between two of them.
 */
export function same<T>(actual: T, expected: T, what?: string): void {
  if (!Object.is(actual, expected)) expect(actual, what).toBe(expected)
}

/** The same with `toBeLessThanOrEqual`. */
export function atMost(actual: number, bound: number, what?: string): void {
  if (!(actual <= bound)) expect(actual, what).toBeLessThanOrEqual(bound)
}

/** The same with `toEqual([])`. */
export function none(found: readonly unknown[], what?: string): void {
  if (found.length > 0) expect(found, what).toEqual([])
}

/** Short forms of the operations that tests write most. */
export const ops = {
  open: (message = 'a', part = 'p', step?: string): WriteOp => ({
    op: 'open',
    message,
    part,
    ...(step !== undefined && { step }),
    start: { kind: 'text' },
  }),
  delta: (words: string, message = 'a', part = 'p'): WriteOp => ({ op: 'delta', message, part, text: words }),
  close: (message = 'a', part = 'p'): WriteOp => ({ op: 'close', message, part }),
  closeMessage: (message = 'a'): WriteOp => ({ op: 'close-message', message }),
  start: (start: PartStart, message = 'a', part = 'p'): WriteOp => ({ op: 'open', message, part, start }),
  set: (fields: Extract<WriteOp, { op: 'set' }>['fields'], message = 'a', part = 'p'): WriteOp => ({
    op: 'set',
    message,
    part,
    fields,
  }),
  end: (reason: 'complete' | 'cancelled' | 'failed' = 'complete'): WriteOp => ({ op: 'end', reason }),
} as const
