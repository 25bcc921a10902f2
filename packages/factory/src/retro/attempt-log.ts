/** Attempts as the log of a lane tells them: a fold over its events, whatever the session still shows. Pure. */
import { addUsage, type PartFields, type PartStart, type SessionEvent, type Usage } from '@headrace/core'
import { watchNotes, type Overruled, type WafflingVerdict } from '../detect/watch-notes.ts'
import type { AttemptResult, Outcome } from '../floor/task.ts'
import { notes, type AttemptOrder, type ModelsNote } from '../foreman/notes.ts'
import { crewOf } from '../foreman/sessions.ts'
import { offerNotes, type Verdict } from '../merge/offer.ts'
import type { GivenSkill } from '../skills/lane-skills.ts'
import { filesOf, type WorkDiff } from '../foreman/work-note.ts'

/** Something in a log that can be looked up there. */
export interface LogQuote {
  readonly session: string
  /** Of the event. */
  readonly seq: number
  /** What stands there, in words, cut to a bound. */
  readonly quote: string
}

/** What happened in an attempt, beside what its agent said and called. */
export interface AttemptFact {
  /** `gate`: what the gate said. `circles`: a verdict of going in circles. `person`: what somebody told the agent. */
  readonly kind: 'gate' | 'circles' | 'overruled' | 'person'
  readonly evidence: LogQuote
  /** Class of failure or guard, rung, or who. */
  readonly what: string
}

/** An attempt that is over. */
export interface LoggedAttempt {
  readonly session: string
  readonly run: string
  readonly task: string
  readonly title: string
  readonly attempt: number
  readonly agent: string
  /** Versions of the skills that it was given. */
  readonly skills: readonly GivenSkill[]
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  readonly outcome: Outcome
  readonly why: string
  readonly failure?: string
  /** Where its outcome stands. */
  readonly end: LogQuote
  readonly used: Usage
  readonly calls: number
  readonly failedCalls: number
  /** The last call that failed. */
  readonly lastFailed?: LogQuote
  readonly facts: readonly AttemptFact[]
  /** Files that its work changes. */
  readonly touched: readonly string[]
}

interface Reading {
  readonly order: AttemptOrder
  readonly run: string
  readonly startedAt: number
  readonly facts: AttemptFact[]
  readonly parts: Map<string, { readonly start: PartStart; fields: PartFields }>
  agent: string
  skills: readonly GivenSkill[]
  result: AttemptResult | undefined
  resultSeq: number
  used: Usage
  calls: number
  failedCalls: number
  lastFailed: LogQuote | undefined
  touched: readonly string[]
}

const maxQuote = 240
const maxFacts = 50
/** Attempts of one lane that are kept: the newest. */
const maxOver = 5_000

/** Reads the events of one lane's session, in order. */
export class AttemptLog {
  readonly #session: string
  readonly #inputs = new Map<string, AttemptOrder>()
  readonly #reading = new Map<string, Reading>()
  readonly #runOf = new Map<string, string>()
  readonly #words = new Map<string, string>()
  readonly #over: LoggedAttempt[] = []

  constructor(session: string) {
    this.#session = session
  }

  /** Attempts that are over, in the order in which they ended. */
  attempts(): readonly LoggedAttempt[] {
    return this.#over
  }

  read(event: SessionEvent): void {
    switch (event.type) {
      case 'message.added':
        return this.#added(event.data.id, event.data.parts, event.actor)
      case 'run.queued': {
        const { id, input } = event.data
        const order = this.#inputs.get(input)
        this.#inputs.delete(input)
        if (order) this.#reading.set(id, begun(id, order, event.at))
        return
      }
      case 'message.opened':
        if (event.run !== undefined && this.#reading.has(event.run)) this.#runOf.set(event.data.id, event.run)
        return
      case 'part.opened':
        return this.#part(event.data.message, event.data.part, event.data.start, event.seq)
      case 'part.changed':
      case 'part.closed':
        return this.#changed(event.data.message, event.data.part, event.data.fields ?? {}, {
          seq: event.seq,
          isClosed: event.type === 'part.closed',
        })
      case 'run.steered': {
        const words = this.#words.get(event.data.message) ?? ''
        this.#fact(event.run, { kind: 'person', what: event.actor, evidence: this.#quote(event.seq, words) })
        return
      }
      case 'run.used': {
        const reading = event.run === undefined ? undefined : this.#reading.get(event.run)
        if (reading) reading.used = addUsage(reading.used, event.data.usage)
        return
      }
      case 'run.ended':
        return this.#ended(event)
      default:
        return
    }
  }

  #added(id: string, parts: readonly PartStart[], actor: string): void {
    const crew = crewOf(this.#session)
    const order = parts.find((part) => part.kind === 'data' && part.name === notes.order)
    // Who else may speak in a lane could write one; a foreman's token is the foreman's alone.
    if (order?.kind === 'data' && crew && actor === `agent:${crew.foreman}`)
      this.#inputs.set(id, order.value as unknown as AttemptOrder) // that is what a foreman writes
    else this.#words.set(id, parts.map((part) => (part.kind === 'text' ? (part.text ?? '') : '')).join(' '))
  }

  #part(message: string, part: string, start: PartStart, seq: number): void {
    const reading = this.#readingOf(message)
    if (!reading) return
    if (start.kind === 'tool') {
      reading.calls += 1
      reading.parts.set(part, { start, fields: {} })
    }
    if (start.kind !== 'data') return
    const value: unknown = start.value // by the runner, whose token alone writes as the runner
    switch (start.name) {
      case notes.models:
        reading.agent = (value as ModelsNote).agent
        return
      case notes.skills:
        reading.skills = value as readonly GivenSkill[]
        return
      case notes.work:
        reading.touched = filesOf((value as WorkDiff).patch)
        return
      case notes.result:
        reading.result = value as AttemptResult
        reading.resultSeq = seq
        return
      case offerNotes.verdict: {
        const { verdict, why, failure } = value as Verdict
        const evidence = this.#quote(seq, `${verdict}: ${why}`)
        return this.#fact(reading.run, { kind: 'gate', what: failure ?? verdict, evidence })
      }
      case watchNotes.verdict: {
        const { rung, evidence, kinds } = value as WafflingVerdict
        const what = kinds[0] ?? rung
        return this.#fact(reading.run, { kind: 'circles', what, evidence: this.#quote(seq, `${rung}: ${evidence[0]}`) })
      }
      case watchNotes.overruled: {
        const { by, reason } = value as Overruled
        return this.#fact(reading.run, { kind: 'overruled', what: by, evidence: this.#quote(seq, reason) })
      }
      default:
        return
    }
  }

  #changed(message: string, id: string, fields: PartFields, at: { seq: number; isClosed: boolean }): void {
    const reading = this.#readingOf(message)
    const part = reading?.parts.get(id)
    if (!reading || !part) return
    part.fields = { ...part.fields, ...fields }
    if (!at.isClosed) return
    reading.parts.delete(id)
    const { error } = part.fields
    if (error === undefined || part.start.kind !== 'tool') return
    reading.failedCalls += 1
    reading.lastFailed = this.#quote(at.seq, `${part.start.name}: ${error}`)
  }

  #ended({ run, at, seq, data }: Extract<SessionEvent, { readonly type: 'run.ended' }>): void {
    const reading = run === undefined ? undefined : this.#reading.get(run)
    if (!reading || run === undefined) return
    this.#reading.delete(run)
    for (const [message, of] of this.#runOf) if (of === run) this.#runOf.delete(message)
    const { order, startedAt, agent, skills, calls, failedCalls, lastFailed, facts, touched } = reading
    const isSaid = data.reason === 'complete' && reading.result
    const { outcome, why, failure } = isSaid || cutShort(data.reason, data.detail)
    if (this.#over.length >= maxOver) this.#over.shift()
    this.#over.push({
      session: this.#session,
      run,
      task: order.task,
      title: order.title,
      attempt: order.attempt,
      agent,
      skills,
      startedAt,
      endedAt: at,
      outcome,
      why,
      ...(failure !== undefined && { failure }),
      end: this.#quote(isSaid ? reading.resultSeq : seq, `${outcome}: ${why}`),
      used: data.usage ? addUsage(reading.used, data.usage) : reading.used,
      calls,
      failedCalls,
      ...(lastFailed && { lastFailed }),
      facts,
      touched,
    })
  }

  #fact(run: string | undefined, fact: AttemptFact): void {
    const reading = run === undefined ? undefined : this.#reading.get(run)
    if (reading && reading.facts.length < maxFacts) reading.facts.push(fact)
  }

  #readingOf(message: string): Reading | undefined {
    return this.#reading.get(this.#runOf.get(message) ?? '')
  }

  #quote(seq: number, words: string): LogQuote {
    const line = words.replaceAll(/\s+/g, ' ').trim()
    return { session: this.#session, seq, quote: line.length > maxQuote ? `${line.slice(0, maxQuote - 1)}…` : line }
  }
}

function begun(run: string, order: AttemptOrder, startedAt: number): Reading {
  return {
    order,
    run,
    startedAt,
    facts: [],
    parts: new Map(),
    agent: 'unknown',
    skills: [],
    result: undefined,
    resultSeq: 0,
    used: {},
    calls: 0,
    failedCalls: 0,
    lastFailed: undefined,
    touched: [],
  }
}

function cutShort(
  reason: Extract<SessionEvent, { readonly type: 'run.ended' }>['data']['reason'],
  detail: string | undefined,
): Pick<AttemptResult, 'outcome' | 'why' | 'failure'> {
  const why = detail ?? `The run ended as ${reason}.`
  switch (reason) {
    case 'complete':
      return { outcome: 'failed', why: 'It ended without saying what came of it.' }
    case 'cancelled':
    case 'failed':
    case 'lost':
    case 'budget':
      return { outcome: reason, why }
    default:
      return reason satisfies never
  }
}
