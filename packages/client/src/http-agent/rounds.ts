/**
 * A run may take several calls: an answer that ends with a call which waits for somebody lets go of the run, and when that
 * is settled a later attempt calls again. What was asked after the nth call has keys that begin with `call<n>.`, so that
 * any later attempt, of any process, knows from the session alone where the run stands.
 */
import {
  sha256,
  type Answer,
  type Json,
  type JsonObject,
  type Request,
  type RequestSpec,
  type ToolPart,
} from '@headrace/core'
import type { AgentRun } from '../agent/run.ts'
import { toJson } from '../to-json.ts'
import { failed, quoted } from './failure.ts'
import type { Approval, Ask } from './wire-format.ts'

export type Outcome = { readonly output: Json } | { readonly error: string }

export interface Rounds {
  /** Which call is the next, from 1. */
  readonly next: number
  /** Keys of what still waits. */
  readonly open: readonly string[]
  /** Decisions, by the id of the call that they are about. */
  readonly approvals: ReadonlyMap<string, Approval>
  /** What came of tools that ran on clients, by the id of the call. */
  readonly outcomes: ReadonlyMap<string, Outcome>
  readonly interrupts: ReadonlyMap<string, Answer | undefined>
}

/** Where the run stands, by what its earlier attempts have asked. */
export function roundsOf(run: AgentRun): Rounds {
  const asked = run.view.requests.flatMap((request) => ofRun(request, run.id))
  const approvals = new Map<string, Approval>()
  const outcomes = new Map<string, Outcome>()
  const interrupts = new Map<string, Answer | undefined>()
  const calls = toolParts(run)
  const last = asked.reduce((most, { round }) => Math.max(most, round), 0)
  for (const { request, key, round } of asked) {
    const { spec, answer } = request
    const isNew = round === last
    if (key.startsWith(letters.interrupt)) {
      if (isNew) interrupts.set(key.slice(1), answer)
    } else if (spec.kind === 'approval') {
      const { callId, ...approval } = approvalOf(spec.action, request)
      approvals.set(callId, { ...approval, isNew })
    } else if (spec.kind === 'tool') {
      const call = calls.find(({ callId }) => keyOf(callId) === key.slice(1))
      if (call) outcomes.set(call.callId, outcomeOf(answer, request))
    }
  }
  return {
    next: last + 1,
    open: asked.filter(({ request }) => request.closedAt === undefined).map(({ round, key }) => `call${round}.${key}`),
    approvals,
    outcomes,
    interrupts,
  }
}

interface Asked {
  readonly request: Request
  readonly round: number
  readonly key: string
}

function ofRun(request: Request, run: string): readonly Asked[] {
  const match = request.run === run ? /^call(\d+)\.(.+)$/.exec(request.id.slice(run.length + 1)) : null
  return match ? [{ request, round: Number(match[1]), key: match[2] ?? '' }] : []
}

/** Calls of tools that the run has made so far. */
export function toolParts({ id, view }: AgentRun): readonly ToolPart[] {
  const own = view.messages.filter(({ run }) => run === id)
  return own.flatMap(({ parts }) => parts.filter((part) => part.kind === 'tool'))
}

interface ApprovalAction {
  readonly tool: string
  readonly callId: string
  readonly approvalId: string
  readonly input: Json
  readonly extra: JsonObject
}

function approvalOf(action: Json, { answer, detail }: Request): Omit<Approval, 'isNew'> & { readonly callId: string } {
  const { callId, approvalId: id, extra } = action as unknown as ApprovalAction // written by `specOf` below
  const approved = answer !== undefined && 'decision' in answer && answer.decision === 'approve'
  const reason = answer && 'decision' in answer ? answer.reason : detail
  return { callId, id, approved, extra, ...(reason !== undefined && { reason }) }
}

function outcomeOf(answer: Answer | undefined, { detail }: Request): Outcome {
  if (answer && ('output' in answer || 'error' in answer)) return answer
  return { error: detail ?? 'Nobody ran the tool.' }
}

/** What is asked of people and devices after the nth call, and under which key. */
export function requestFor(ask: Ask, round: number): { readonly key: string; readonly spec: RequestSpec } {
  const id = ask.type === 'tool' ? ask.callId : ask.id
  // It is told by the key alone what an interrupt was called.
  if (ask.type === 'interrupt' && keyOf(id) !== id)
    throw failed(`names an interrupt ${quoted(id)}: only 96 characters of A-Z a-z 0-9 . _ : - can be told apart here.`)
  return { key: `call${round}.${letters[ask.type]}${keyOf(id)}`, spec: specOf(ask) }
}

const letters = { approval: 'a', tool: 't', interrupt: 'i' } as const

/** Ids of others in a key of ours; those that don't fit by their hash. */
function keyOf(id: string): string {
  return /^[A-Za-z0-9._:-]{1,96}$/.test(id) ? id : sha256(id).slice(0, 48)
}

const maxTitleChars = 512

function specOf(ask: Ask): RequestSpec {
  switch (ask.type) {
    case 'approval': {
      const { id: approvalId, callId, name: tool, input, reason, extra } = ask
      const action: ApprovalAction = { tool, callId, approvalId, input, extra }
      const title = `May ${tool} be called?${reason === undefined ? '' : ` ${reason}`}`.slice(0, maxTitleChars)
      return { kind: 'approval', title, action: toJson(action) }
    }
    case 'tool':
      return { kind: 'tool', title: ask.name.slice(0, maxTitleChars), name: ask.name, input: ask.input }
    case 'interrupt':
      return ask.spec
    default:
      return ask satisfies never
  }
}
