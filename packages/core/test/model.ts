/**
 * Random lives of a session: people and agents ask, write, go silent, come back and send things twice, while the clock
 * jumps both ways. {@link live} runs one through `decide` and checks after every step what must hold whatever happens.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import {
  blankEvent,
  blankMessage,
  blankPart,
  carries,
  cooled,
  decide,
  emptyState,
  fold,
  foldView,
  hot,
  isOpen,
  lookups,
  nextDue,
  sha256,
  type Command,
  type Decision,
  type EventOf,
  type Message,
  type SessionEvent,
  type SessionState,
  type SessionView,
} from '../src/index.ts'
import { audienceKey } from '../src/audience.ts'
import { partChars } from '../src/parts.ts'
import { at, commandOf, people, secrets } from './model-commands.ts'
import { checkEvent } from './model-events.ts'
import { Readers, checkPrompts } from './model-readers.ts'
import type { RandomLife, Step } from './model-steps.ts'
import { atMost, none, roundTrip, same, server } from './support.ts'

interface Sent {
  readonly command: Command
  readonly decision: Decision
}

/** What is known of a life beside the state, found out another way than by folding. */
class Life {
  state: SessionState = emptyState('demo/1')
  now = 1_000_000
  readonly log: SessionEvent[] = []
  /** The log as it stands in the store: without what was redacted. */
  stored: SessionEvent[] = []
  readonly sent: Sent[] = []
  cold: Message[] = []
  readonly readers = new Readers()
  readonly redacted = new Set<string>()
  readonly ended = new Map<string, string>()
  readonly snapshots: { readonly seq: number; readonly json: string }[] = []
  /** As a client that has followed from the start sees it: from JSON. */
  reader: SessionView = emptyState('demo/1').view

  ask(command: Command): void {
    freeze(this.state)
    const named = new Set(lookups(this.state, command.body))
    const cold = this.cold.filter((message) => named.has(message.id))
    const decision = decide(this.state, command, this.now, { cold })
    this.#checkRetry(command, decision)
    this.sent.push({ command, decision })
    if (decision.outcome !== 'accepted') return
    expect(decision.events.length).toBeGreaterThan(0)
    const known = this.cold.length
    for (const event of decision.events) this.#append(event)
    if (decision.cooled.length > 0 || this.cold.length > known) expect(decision.cooled).toEqual(this.cold.slice(known))
    same(JSON.stringify(decision.state), JSON.stringify(this.state))
  }

  #append(event: SessionEvent): void {
    const before = this.state
    same(event.seq, before.view.seq + 1)
    same(event.at, Math.max(this.now, before.view.at))
    const encoded = roundTrip(event)
    same(isDeepStrictEqual(encoded, event), true, 'events are plain JSON')
    this.state = fold(before, event)
    this.reader = foldView(this.reader, encoded)
    this.readers.append(encoded)
    this.log.push(event)
    this.stored.push(event)
    if (event.type === 'content.redacted') this.#redact(event.data)
    const gone = cooled(before.view, event)
    this.cold.push(...gone)
    checkEvent({ before: before.view, event, after: this.state.view, gone })
  }

  /** S5e: what a server does to the store after a redaction. */
  #redact(target: EventOf<'content.redacted'>['data']): void {
    for (const event of this.stored.filter((old) => carries(old, target)))
      for (const [word] of JSON.stringify(event).matchAll(secrets)) this.redacted.add(word)
    this.stored = this.stored.map((event) =>
      carries(event, target) ? blankEvent(event, target, sha256(JSON.stringify(event))) : event,
    )
    const { message: id, part } = target
    this.cold = this.cold.map((message) => {
      if (message.id !== id) return message
      if (part === undefined) return blankMessage(message)
      return { ...message, parts: message.parts.map((one) => (one.id === part ? blankPart(one) : one)) }
    })
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
    same(view.seq, this.log.length)
    for (const run of view.runs) {
      const known = this.ended.get(run.id)
      if (run.status !== 'ended') {
        if (known !== undefined) expect.fail(`${run.id} came back`)
        continue
      }
      // What runs that it started use still counts for it.
      const json = JSON.stringify({ ...run, childUsage: undefined })
      if (known !== undefined && known !== json) expect(json, `${run.id} changed after its end`).toBe(known)
      this.ended.set(run.id, json)
    }
    const active = view.runs.filter((run) => run.status === 'active')
    same(
      Object.keys(guard.holds).sort().join(),
      active
        .map((run) => run.id)
        .sort()
        .join(),
    )
    for (const run of active) same(guard.holds[run.id]?.attempt, run.attempt)
    this.#checkHot()
    this.#checkBounds()
    this.#checkBudgets()
    this.#checkDue()
    // A reader that has come apart stays so: now and then is enough.
    if (this.sent.length % 8 === 0) this.readers.check(view)
  }

  #checkHot(): void {
    const { messages, runs, older, olderFor = {} } = this.state.view
    const asked = new Set(runs.filter((run) => run.status !== 'ended').map((run) => run.input))
    for (const group of Map.groupBy(messages, (message) => audienceKey(message.to)).values()) {
      const mayGo = group.slice(0, -1).filter((message) => message.status !== 'open' && !asked.has(message.id))
      if (mayGo.length === 0 || group.length <= hot.minMessages) continue
      atMost(group.length, hot.messages)
      atMost(
        mayGo.reduce((sum, message) => sum + message.chars, 0),
        hot.chars,
      )
    }
    const wrong = messages.filter(
      ({ chars, parts }) =>
        chars !== parts.reduce((sum, part) => sum + (part.to === undefined ? partChars(part) : 0), 0),
    )
    none(wrong)
    same(
      Object.values(olderFor).reduce((sum, count) => sum + count, older),
      this.cold.length,
    )
  }

  /** S2a: everything that is kept has a bound. */
  #checkBounds(): void {
    const { view, guard } = this.state
    const open = new Set(view.runs.filter((run) => run.status !== 'ended').map((run) => run.id))
    const above = new Set(view.runs.filter(({ id }) => open.has(id)).flatMap(({ id }) => ancestors(view, id)))
    const over = view.runs.filter(
      ({ id, parent }) => !open.has(id) && !above.has(id) && !(parent !== undefined && open.has(parent)),
    )
    atMost(over.length, hot.endedRuns)
    const closed = view.requests.filter((request) => !isOpen(request))
    for (const group of Map.groupBy(closed, (request) => audienceKey(request.spec.to)).values())
      atMost(group.length, hot.closedRequests)
    for (const request of view.requests.filter(isOpen)) same(open.has(request.run), true, request.id)
    atMost(view.cursors.length, hot.cursors)
    atMost(guard.notices.length, hot.notices)
    for (const id of Object.keys(guard.spent.runs)) same(open.has(id), true, `spent of ${id}`)
    for (const id of Object.keys(guard.cold)) same(open.has(id), true, `cold of ${id}`)
    for (const key of Object.keys(guard.warned))
      if (key.startsWith('run ')) same(open.has(key.split(' ')[1] ?? ''), true, `warned of ${key}`)
  }

  /** R7b: no run goes on that has used up what it may. */
  #checkBudgets(): void {
    const { view, guard } = this.state
    const tokens = (usage: SessionView['usage']): number => (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)
    const over = view.runs.filter(({ id, status, budget = {}, usage = {}, childUsage = {} }) => {
      if (status === 'ended') return false
      const isOver = tokens(usage) + tokens(childUsage) >= (budget.tokens ?? Infinity)
      return isOver || (guard.spent.runs[id]?.toolCalls ?? 0) >= (budget.toolCalls ?? Infinity)
    })
    none(over, 'runs over their budget')
    const isOpenRun = view.runs.some(({ status }) => status !== 'ended')
    if (isOpenRun) same(tokens(view.usage) < (view.budget?.tokens ?? Infinity), true, 'tokens of the session')
    const calls = this.log.filter((event) => event.type === 'part.opened' && event.data.start.kind === 'tool')
    same(guard.spent.session.toolCalls, calls.length)
    same(guard.spent.session.tokens, tokens(view.usage))
  }

  /** What is due is done by a tick, and nothing before it. */
  #checkDue(): void {
    const due = nextDue(this.state)
    if (due === null) return
    const tick: Command = { grant: server, body: { type: 'tick' } }
    if (this.state.view.at < due) same(decide(this.state, tick, due - 1).outcome, 'noop')
    const done = decide(this.state, tick, due)
    if (done.outcome !== 'accepted') throw new Error(`a tick at ${due} was answered ${done.outcome}`)
    const next = nextDue(done.state)
    same(next === null || next > Math.max(due, this.state.view.at), true)
  }

  /** What is too dear to check after every step. */
  checkWhole(): void {
    this.readers.check(this.state.view)
    this.readers.checkSecrets()
    checkPrompts(this.state.view)
    const without = this.stored.reduce(fold, emptyState('demo/1'))
    expect(isDeepStrictEqual(without, this.state), 'S5e: the log without what was redacted is the same').toBe(true)
    const kept = JSON.stringify([this.state, this.cold, this.stored])
    for (const [word] of kept.matchAll(secrets)) expect(this.redacted.has(word), `${word} was redacted`).toBe(false)
    const again = this.log.reduce(fold, emptyState('demo/1'))
    expect(isDeepStrictEqual(again, this.state), 'S1: the fold of the log is the state').toBe(true)
    expect(isDeepStrictEqual(roundTrip(this.state), this.state), 'state is plain JSON').toBe(true)
    expect(isDeepStrictEqual(this.reader, this.state.view), 'a reader sees the same').toBe(true)
    for (const { seq, json } of this.snapshots) {
      const state = JSON.parse(json) as SessionState // a snapshot of this life
      expect(isDeepStrictEqual(this.log.slice(seq).reduce(fold, state), this.state), `from a snapshot at ${seq}`).toBe(
        true,
      )
      this.readers.checkFrom(state, this.log.slice(seq))
    }
    // One that another attempt goes on with may be opened again; it stays where it was.
    const opened = new Map<string, number>()
    for (const { type, seq, data } of this.log) {
      if (type === 'message.added' || (type === 'message.opened' && !opened.has(data.id))) opened.set(data.id, seq)
    }
    const all = [...this.cold, ...this.state.view.messages].sort((a, b) => a.seq - b.seq)
    expect(all.map(({ id, seq }) => [id, seq])).toEqual([...opened])
    expect(new Set(all.map((message) => message.id)).size).toBe(all.length)
  }
}

/** Runs a life and checks it all the way. */
export function live({ posts, whispers, sends, steps }: RandomLife): {
  state: SessionState
  log: readonly SessionEvent[]
} {
  const session = new Life()
  session.ask({ grant: people[0]!, body: { type: 'create', maxAttempts: 2 }, id: 'create' })
  const post = { type: 'post', parts: [{ kind: 'text', text: 'before' }] } as const
  for (let i = 0; i < posts; i += 1) session.ask({ grant: people[1]!, body: post })
  for (let i = 0; i < whispers; i += 1) session.ask({ grant: people[1]!, body: { ...post, to: ['user:ada'] } })
  for (let i = 0; i < sends; i += 1)
    session.ask({ grant: people[1]!, body: { ...post, type: 'send', policy: 'parallel' } })
  for (const [index, next] of steps.entries()) {
    if (next.kind === 'clock' || next.kind === 'tick') session.now += next.ms
    if (next.kind === 'reload') reload(session)
    else if (next.kind !== 'clock') {
      const command =
        next.kind === 'retry' ? at(session.sent, next.pick)?.command : commandOf(session.state, next, `c${index}`)
      if (command) session.ask(numbered(session, command, next))
    }
    session.check()
  }
  session.checkWhole()
  return { state: session.state, log: session.log }
}

function reload(session: Life): void {
  const json = JSON.stringify(session.state)
  session.snapshots.push({ seq: session.state.view.seq, json })
  session.state = JSON.parse(json) as SessionState // the state of this life
}

function ancestors(view: SessionView, id: string): readonly string[] {
  const line: string[] = []
  const parentOf = (child: string): string | undefined => view.runs.find((run) => run.id === child)?.parent
  for (let parent = parentOf(id); parent !== undefined; parent = parentOf(parent)) line.push(parent)
  return line
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
