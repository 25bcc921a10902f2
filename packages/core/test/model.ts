/**
 * Random lives of a session: people and agents ask, write, go silent, come back and send things twice, while the clock
 * jumps both ways. {@link live} runs one through `decide` and checks after every step what must hold whatever happens.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import {
  cooled,
  decide,
  emptyState,
  fold,
  foldView,
  hot,
  nextDue,
  type Command,
  type Decision,
  type Message,
  type SessionEvent,
  type SessionState,
  type SessionView,
} from '../src/index.ts'
import { partChars } from '../src/parts.ts'
import { at, commandOf, people } from './model-commands.ts'
import { checkEvent } from './model-events.ts'
import type { RandomLife, Step } from './model-steps.ts'
import { roundTrip, server } from './support.ts'

interface Sent {
  readonly command: Command
  readonly decision: Decision
}

/** What is known of a life beside the state, found out another way than by folding. */
class Life {
  state: SessionState = emptyState('demo/1')
  now = 1_000_000
  readonly log: SessionEvent[] = []
  readonly sent: Sent[] = []
  readonly cold: Message[] = []
  readonly ended = new Map<string, string>()
  readonly snapshots: { readonly seq: number; readonly json: string }[] = []
  /** As a client that has followed from the start sees it: from JSON. */
  reader: SessionView = emptyState('demo/1').view

  ask(command: Command): void {
    freeze(this.state)
    const decision = decide(this.state, command, this.now)
    this.#checkRetry(command, decision)
    this.sent.push({ command, decision })
    if (decision.outcome !== 'accepted') return
    expect(decision.events.length).toBeGreaterThan(0)
    const known = this.cold.length
    for (const event of decision.events) this.#append(event)
    expect(decision.cooled).toEqual(this.cold.slice(known))
    expect(JSON.stringify(decision.state)).toBe(JSON.stringify(this.state))
  }

  #append(event: SessionEvent): void {
    const before = this.state
    expect(event.seq).toBe(before.view.seq + 1)
    expect(event.at).toBe(Math.max(this.now, before.view.at))
    const encoded = roundTrip(event)
    expect(isDeepStrictEqual(encoded, event), 'events are plain JSON').toBe(true)
    this.state = fold(before, event)
    this.reader = foldView(this.reader, encoded)
    this.log.push(event)
    const gone = cooled(before.view, event)
    this.cold.push(...gone)
    checkEvent({ before: before.view, event, after: this.state.view, gone })
  }

  /** L3: whatever was accepted is never accepted again. */
  #checkRetry(command: Command, decision: Decision): void {
    const first = this.sent.find((sent) => sent.decision.outcome === 'accepted' && isSame(sent.command, command))
    if (first?.decision.outcome !== 'accepted') return
    if (command.body.type !== 'write') {
      expect(decision).toEqual({ outcome: 'repeated', seq: first.decision.state.view.seq })
    } else if (decision.outcome === 'refused') {
      expect(['fenced', 'run_ended', 'run_not_found']).toContain(decision.error.code)
      if (decision.error.code === 'run_ended') this.#checkEndedByOthers(command.body)
    } else expect(decision.outcome).toBe('noop')
  }

  /** L3d: a writer is not told that its run is over by the batch with which it ended it. */
  #checkEndedByOthers({ run, attempt }: Extract<Command['body'], { type: 'write' }>): void {
    const end = this.log.find((event) => event.type === 'run.ended' && event.run === run)
    const itself = end?.type === 'run.ended' && end.n !== undefined && end.data.attempt === attempt
    expect(itself, `attempt ${attempt} of ${run} ended it itself`).toBe(false)
  }

  check(): void {
    const { view, guard } = this.state
    expect(view.seq).toBe(this.log.length)
    for (const run of view.runs) {
      if (run.status !== 'ended') expect(this.ended.has(run.id), `${run.id} came back`).toBe(false)
      else {
        const json = JSON.stringify(run)
        expect(this.ended.get(run.id) ?? json, `${run.id} changed after its end`).toBe(json)
        this.ended.set(run.id, json)
      }
    }
    const active = view.runs.filter((run) => run.status === 'active')
    expect(Object.keys(guard.holds).sort()).toEqual(active.map((run) => run.id).sort())
    for (const run of active) expect(guard.holds[run.id]?.attempt).toBe(run.attempt)
    this.#checkHot()
    this.#checkDue()
  }

  #checkHot(): void {
    const { messages, runs, older } = this.state.view
    const asked = new Set(runs.filter((run) => run.status !== 'ended').map((run) => run.input))
    const mayGo = messages.slice(0, -1).filter((message) => message.status !== 'open' && !asked.has(message.id))
    if (mayGo.length > 0 && messages.length > hot.minMessages) {
      expect(messages.length).toBeLessThanOrEqual(hot.messages)
      expect(mayGo.reduce((sum, message) => sum + message.chars, 0)).toBeLessThanOrEqual(hot.chars)
    }
    for (const { chars, parts } of messages) expect(chars).toBe(parts.reduce((sum, part) => sum + partChars(part), 0))
    expect(runs.filter((run) => run.status === 'ended').length).toBeLessThanOrEqual(hot.endedRuns)
    expect(older).toBe(this.cold.length)
  }

  /** What is due is done by a tick, and nothing before it. */
  #checkDue(): void {
    const due = nextDue(this.state)
    if (due === null) return
    const tick: Command = { grant: server, body: { type: 'tick' } }
    if (this.state.view.at < due) expect(decide(this.state, tick, due - 1).outcome).toBe('noop')
    const done = decide(this.state, tick, due)
    if (done.outcome !== 'accepted') throw new Error(`a tick at ${due} was answered ${done.outcome}`)
    const next = nextDue(done.state)
    expect(next === null || next > Math.max(due, this.state.view.at)).toBe(true)
  }

  /** What is too dear to check after every step. */
  checkWhole(): void {
    const again = this.log.reduce(fold, emptyState('demo/1'))
    expect(isDeepStrictEqual(again, this.state), 'S1: the fold of the log is the state').toBe(true)
    expect(isDeepStrictEqual(roundTrip(this.state), this.state), 'state is plain JSON').toBe(true)
    expect(isDeepStrictEqual(this.reader, this.state.view), 'a reader sees the same').toBe(true)
    expect(Object.keys(this.state.view).sort()).toEqual(Object.keys(emptyState('x').view).sort())
    for (const { seq, json } of this.snapshots) {
      const state = JSON.parse(json) as SessionState // a snapshot of this life
      expect(isDeepStrictEqual(this.log.slice(seq).reduce(fold, state), this.state), `from a snapshot at ${seq}`).toBe(
        true,
      )
    }
    const opened = this.log.filter((event) => event.type === 'message.added' || event.type === 'message.opened')
    const all = [...this.cold, ...this.state.view.messages].sort((a, b) => a.seq - b.seq)
    expect(all.map((message) => [message.seq, message.id])).toEqual(opened.map((event) => [event.seq, event.data.id]))
    expect(new Set(all.map((message) => message.id)).size).toBe(all.length)
  }
}

/** Runs a life and checks it all the way. */
export function live({ posts, sends, steps }: RandomLife): SessionState {
  const session = new Life()
  session.ask({ grant: people[0]!, body: { type: 'create', maxAttempts: 2 }, id: 'create' })
  const post = { type: 'post', parts: [{ kind: 'text', text: 'before' }] } as const
  for (let i = 0; i < posts; i += 1) session.ask({ grant: people[1]!, body: post })
  for (let i = 0; i < sends; i += 1)
    session.ask({ grant: people[1]!, body: { ...post, type: 'send', policy: 'parallel' } })
  for (const [index, next] of steps.entries()) {
    if (next.kind === 'clock' || next.kind === 'tick') session.now += next.ms
    if (next.kind === 'reload') reload(session)
    else if (next.kind !== 'clock') {
      const command =
        next.kind === 'retry' ? at(session.sent, next.pick)?.command : commandOf(session.state.view, next, `c${index}`)
      if (command) session.ask(numbered(session, command, next))
    }
    session.check()
  }
  session.checkWhole()
  return session.state
}

function reload(session: Life): void {
  const json = JSON.stringify(session.state)
  session.snapshots.push({ seq: session.state.view.seq, json })
  session.state = JSON.parse(json) as SessionState // the state of this life
}

/** Gives a fresh write the number that it would have, or one beside it. A retry keeps its own. */
function numbered({ state }: Life, command: Command, next: Step): Command {
  if (next.kind !== 'write' || command.body.type !== 'write') return command
  const n = Math.max(1, (state.guard.holds[command.body.run]?.n ?? 0) + 1 + next.skip)
  return { ...command, body: { ...command.body, n } }
}

function isSame(a: Command, b: Command): boolean {
  if (a.body.type === 'write' && b.body.type === 'write') {
    return a.body.run === b.body.run && a.body.attempt === b.body.attempt && a.body.n === b.body.n
  }
  return a.id !== undefined && a.id === b.id && a.grant.actor === b.grant.actor
}

/** `decide` and `fold` change nothing they are given: here a change throws. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const child of Object.values(value)) freeze(child)
}
