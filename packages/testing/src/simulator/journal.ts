/**
 * What everybody saw: each command with its answers as its sender knows them, each log as it became durable, each reader
 * as it was served. All invariants but liveness are checked here, at the moment something is seen.
 */
import {
  actorKind,
  audienceKey,
  decide,
  hot,
  splitKey,
  type CommandBody,
  type Grant,
  type Message,
  type Outcome,
  type Run,
  type SessionEvent,
  type SessionKey,
  type WriteOp,
} from '@headrace/core'
import { History } from './history.ts'
import { LogRules } from './log-rules.ts'
import { RedactionAudit } from './redaction-audit.ts'
import type { Invariant, Violation } from './invariants.ts'

/** A command as its sender knows it. */
export interface CommandRecord {
  readonly id: string
  readonly grant: Grant
  readonly key: SessionKey
  readonly body: CommandBody
  /** Where the log ended when it was first sent. */
  readonly askedAt: number
  /** Where it ended when it was last sent. */
  lastAskedAt: number
  /** How often it was sent. */
  sent: number
  /** The events that it caused. */
  from: number | undefined
  to: number | undefined
  /** Seq of the first answer that said accepted. */
  accepted: number | undefined
  /** Its sender was told for good that it is refused. */
  refused: string | undefined
}

interface Logged {
  readonly history: History
  readonly rules: LogRules
}

/** Refusals that say nothing of the session: the command was not looked at, or could not be written. */
const passing: ReadonlySet<string> = new Set([
  'draining',
  'store_unavailable',
  'store_full',
  'unknown_outcome',
  'too_many_requests',
  'closed',
  'auth_unavailable',
])

export class Journal {
  readonly commands: Map<string, CommandRecord> = new Map()
  /** The first violation. */
  violation: Violation | undefined
  /** Seq of the newest event that somebody was told is durable, by session. */
  readonly #acknowledged = new Map<SessionKey, number>()
  /** Counts for the report. */
  readonly types: Map<string, number> = new Map()
  readonly counts = { events: 0, answers: 0, delivered: 0, snapshots: 0 }
  readonly redactions: RedactionAudit = new RedactionAudit((invariant, text) => this.fail(invariant, text))
  readonly #logs = new Map<SessionKey, Logged>()
  readonly #batches = new Map<string, (readonly WriteOp[])[]>()
  readonly #nowMs: () => number
  #digest = 0x811c9dc5

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  readonly fail = (invariant: Invariant, text: string): void => {
    this.violation ??= { invariant, text, atMs: this.#nowMs() }
  }

  /** A number that differs if anything durable or answered differs. */
  get digest(): number {
    return this.#digest >>> 0
  }

  get histories(): readonly History[] {
    return Array.from(this.#logs.values(), ({ history }) => history)
  }

  history(key: SessionKey): History {
    return this.#log(key).history
  }

  #log(key: SessionKey): Logged {
    const known = this.#logs.get(key)
    if (known) return known
    const fail = (invariant: Invariant, text: string): void => this.fail(invariant, `${splitKey(key).session}: ${text}`)
    const log = { history: new History(key), rules: new LogRules(fail) }
    this.#logs.set(key, log)
    return log
  }

  /** What whoever asks now must find, whichever server they ask. */
  acknowledged(key: SessionKey): number {
    return this.#acknowledged.get(key) ?? 0
  }

  /** Events have become durable. */
  durable(key: SessionKey, texts: readonly string[]): void {
    const { history, rules } = this.#log(key)
    for (const text of texts) {
      this.#mix(text)
      this.counts.events += 1
      const event = JSON.parse(text) as SessionEvent // written by a room
      this.types.set(event.type, (this.types.get(event.type) ?? 0) + 1)
      rules.check(event)
      this.#checkOrigin(key, event, rules)
      history.add(text, event)
    }
    rules.checkBatch()
    this.#checkBatches(key, history.events.slice(-texts.length))
    this.#checkBounds(history)
  }

  #checkOrigin(key: SessionKey, event: SessionEvent, rules: LogRules): void {
    const { session } = splitKey(key)
    if (event.cmd === undefined) {
      const isOwn =
        event.type.startsWith('presence.') ||
        event.actor === 'system:headrace' ||
        actorKind(event.actor) === 'agent' ||
        rules.isConsequence(event)
      if (!isOwn)
        this.fail('no-phantom', `${session}: event ${event.seq} (${event.type}) by ${event.actor} names no command`)
      return
    }
    const record = this.commands.get(`${event.actor} ${event.cmd}`)
    if (!record || record.key !== key) {
      return this.fail(
        'no-phantom',
        `${session}: event ${event.seq} (${event.type}) is of command ${event.cmd}, which ${event.actor} never sent`,
      )
    }
    if (record.to !== undefined && record.to !== event.seq - 1) {
      this.fail('applied-once', `${session}: command ${event.cmd} caused event ${record.to} and, later, ${event.seq}`)
    }
    record.from ??= event.seq
    record.to = event.seq
    if (record.refused !== undefined) this.#refusedIsApplied(record)
    if (event.type === 'message.added' && 'parts' in record.body) {
      if (JSON.stringify(event.data.parts) !== JSON.stringify(record.body.parts))
        this.fail('no-phantom', `${session}: event ${event.seq} does not say what command ${event.cmd} said`)
    }
    if (event.type === 'content.redacted' && record.body.type === 'redact') {
      if (event.data.message !== record.body.message || event.data.part !== record.body.part)
        this.fail('redacted-is-gone', `${session}: event ${event.seq} redacts other than command ${event.cmd} said`)
    }
  }

  /** What a batch of an attempt wrote must be what its writer sent under that number, up to where a budget ended the run. */
  #checkBatches(key: SessionKey, events: readonly SessionEvent[]): void {
    const batches = new Map<string, { readonly run: string; readonly text: string }>()
    const cut = new Set<string>()
    for (const event of events) {
      if (event.run === undefined) continue
      if (event.type === 'run.ended' && event.data.reason === 'budget') cut.add(event.run)
      if (event.n === undefined || event.type !== 'part.delta') continue
      const attempt = event.data.part.slice(0, event.data.part.indexOf('.'))
      const id = `${key} ${event.run} ${attempt} ${event.n}`
      batches.set(id, { run: event.run, text: (batches.get(id)?.text ?? '') + event.data.text })
    }
    for (const [id, { run, text }] of batches) {
      const sent = (this.#batches.get(id) ?? []).map((ops) =>
        ops.map((op) => (op.op === 'delta' ? op.text : '')).join(''),
      )
      if (!sent.some((whole) => whole === text || (cut.has(run) && whole.startsWith(text)))) {
        this.fail(
          'no-phantom',
          `batch ${id.slice(key.length + 1)} wrote ${JSON.stringify(text)}, sent was ${JSON.stringify(sent)}`,
        )
      }
    }
  }

  #checkBounds({ key, state: { view, guard } }: History): void {
    const { session } = splitKey(key)
    const inputs = new Set(view.runs.flatMap((run) => (run.status === 'ended' ? [] : [run.input])))
    // This is looked at after every write: where all messages together are few, no audience has too many.
    const isFew = view.messages.length <= hot.messages
    const groups = isFew ? new Map<string, Message[]>() : Map.groupBy(view.messages, ({ to }) => audienceKey(to))
    for (const messages of groups.values()) {
      const free = messages.slice(0, -1).filter((message) => message.status !== 'open' && !inputs.has(message.id))
      if (free.length > hot.messages) this.fail('bounded', `${session}: ${free.length} messages are hot for no reason`)
    }
    const ended = view.runs.filter((run) => run.status === 'ended')
    const loose = ended.length <= hot.endedRuns ? [] : ended.filter((run) => !isTied(run, view.runs))
    if (loose.length > hot.endedRuns) this.fail('bounded', `${session}: ${loose.length} ended runs are kept`)
    if (guard.commands.length > hot.commands)
      this.fail('bounded', `${session}: ${guard.commands.length} commands are kept`)
  }

  /** A sender sends a command, or sends it again. */
  sent(grant: Grant, id: string, key: SessionKey, body: CommandBody): CommandRecord {
    const name = `${grant.actor} ${id}`
    const known = this.commands.get(name)
    if (body.type === 'write') {
      const batch = `${key} ${body.run} ${body.attempt} ${body.n}`
      const all = this.#batches.get(batch)
      if (all) all.push(body.ops)
      else this.#batches.set(batch, [body.ops])
    }
    if (known) {
      known.sent += 1
      known.lastAskedAt = this.history(key).head
      return known
    }
    const askedAt = this.history(key).head
    const record: CommandRecord = {
      id,
      grant,
      key,
      body,
      askedAt,
      lastAskedAt: askedAt,
      sent: 1,
      from: undefined,
      to: undefined,
      accepted: undefined,
      refused: undefined,
    }
    this.commands.set(name, record)
    return record
  }

  /** A sender is given an answer. */
  answered(record: CommandRecord, outcome: Outcome): void {
    this.counts.answers += 1
    this.#mix(`${record.id} ${outcome.outcome}`)
    const what = `${splitKey(record.key).session}: ${record.body.type} ${record.id}`
    if (outcome.outcome === 'refused') {
      const { code, message } = outcome.error
      if (code === 'internal') return this.fail('no-defect', `${what} is refused: ${message}`)
      if (passing.has(code)) return
      return this.#checkTrue(record, code, `${what} is refused (${code}): ${message}`)
    }
    const { history } = this.#log(record.key)
    if (outcome.seq > history.head) {
      return this.fail('durable-first', `${what} is ${outcome.outcome} at ${outcome.seq}, durable is ${history.head}`)
    }
    this.#acknowledged.set(record.key, Math.max(this.acknowledged(record.key), outcome.seq))
    if (record.body.type === 'redact') this.redactions.acknowledged(history.redacted, record.body)
    if (outcome.outcome === 'noop') return this.#checkTrue(record, 'noop', `${what} is a noop at ${outcome.seq}`)
    this.#checkAccepted(record, outcome.seq, what)
  }

  #checkAccepted(record: CommandRecord, seq: number, what: string): void {
    const { body } = record
    if (body.type === 'write' || body.type === 'heartbeat' || body.type === 'claim') {
      // What a write brings with it, as the end of other runs, may come after it.
      const { events } = this.history(record.key)
      const isThere = events.some(
        (event) => event.seq <= seq && event.run === body.run && (body.type !== 'write' || event.n === body.n),
      )
      if (!isThere) this.fail('acked-is-kept', `${what} is accepted at ${seq}, but there is no such event`)
      return
    }
    if (record.to !== seq)
      this.fail('acked-is-kept', `${what} is accepted at ${seq}, but its last event is ${record.to}`)
    if (record.accepted !== undefined && record.accepted !== seq)
      this.fail('first-answer', `${what} is accepted at ${seq}, and was before at ${record.accepted}`)
    record.accepted = seq
  }

  /** Some state between question and answer must give the same answer. */
  #checkTrue(record: CommandRecord, said: string, what: string): void {
    const { history } = this.#log(record.key)
    const { id, grant, body } = record
    for (let seq = history.head; seq >= record.askedAt; seq -= 1) {
      const state = history.at(seq)
      const decision = decide(state, { id, grant, body }, state.view.at, { cold: history.cold })
      const gives = decision.outcome === 'refused' ? decision.error.code : decision.outcome
      if (gives === said) return
      // Only time tells whether a heartbeat is news.
      if (body.type === 'heartbeat' && said === 'noop' && gives === 'accepted') return
    }
    this.fail('true-answer', `${what}, which was at no time true between ${record.askedAt} and ${history.head}`)
  }

  /** A sender was told for good that its command is refused. */
  refusedForGood(record: CommandRecord, code: string): void {
    record.refused = code
    if (record.from !== undefined) this.#refusedIsApplied(record)
  }

  /** A copy that was sent before, and arrives after the refusal, may be applied: nothing tells it from a new command. */
  #refusedIsApplied({ key, id, body, refused, from, sent, lastAskedAt }: CommandRecord): void {
    if (sent > 1 && from !== undefined && from > lastAskedAt) return
    const text = `${splitKey(key).session}: ${body.type} ${id} was refused (${refused}), and is event ${from}`
    this.fail('refused-is-not-applied', text)
  }

  #mix(text: string): void {
    let hash = this.#digest
    for (let index = 0; index < text.length; index += 7) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    this.#digest = Math.imul(hash ^ text.length, 0x01000193)
  }
}

/** Whether a run was started by one that is open, or has started one that is: then it is needed still. */
function isTied({ id, parent }: Run, runs: readonly Run[]): boolean {
  const isOpen = (run: Run | undefined): boolean => run !== undefined && run.status !== 'ended'
  return (
    isOpen(runs.find((run) => run.id === parent)) ||
    runs.some((run) => run.parent === id && (isOpen(run) || isTied(run, runs)))
  )
}
