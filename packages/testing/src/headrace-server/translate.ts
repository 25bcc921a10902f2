/** The view of a session in the words of the kit. */
import {
  textOf,
  type Actor,
  type Answer,
  type EndReason,
  type HiddenEvent,
  type Message,
  type Part,
  type PromptMessage,
  type Request,
  type Run,
  type SessionEvent,
  type SessionView,
} from '@headrace/core'
import type { PagedMessage, PromptLine } from '../session-kit/session-server.ts'
import type {
  SeenAnswer,
  SeenEntry,
  SeenMessage,
  SeenRequest,
  SeenRun,
  SeenState,
  SeenToolCall,
} from '../session-kit/seen.ts'

const idOf = (actor: Actor): string => actor.slice(actor.indexOf(':') + 1)

export function seenState(view: SessionView): SeenState {
  return {
    position: view.seq,
    messages: view.messages.map(seenMessage),
    runs: view.runs.map(seenRun),
    requests: view.requests.map(seenRequest),
    people: view.presence.map(({ actor }) => idOf(actor)),
    ...(view.floor.holder && { driver: idOf(view.floor.holder.actor) }),
  }
}

export function seenMessage(message: Message): SeenMessage {
  const { id, role, author, name, status, run, parent, edits, parts } = message
  return {
    id,
    role,
    author: idOf(author),
    text: textOf(message),
    tools: parts.flatMap(toolCall),
    status: status === 'interrupted' ? 'stopped' : status,
    ...(name !== undefined && { name }),
    ...(run !== undefined && { run }),
    ...(parent !== null && { parent }),
    ...(edits !== undefined && { edits }),
  }
}

export function pagedMessage(message: Message): PagedMessage {
  return { ...seenMessage(message), position: message.seq }
}

export function seenEntry(event: SessionEvent | HiddenEvent): SeenEntry {
  return { position: event.seq, text: JSON.stringify(event) }
}

export function seenRequest({ id, run, spec, status, by, answer }: Request): SeenRequest {
  return {
    id,
    run,
    title: spec.title,
    status,
    ...(by !== undefined && { by: idOf(by) }),
    ...(answer && { answer: seenAnswer(answer) }),
  }
}

export function wireAnswer(answer: SeenAnswer): Answer {
  switch (answer.kind) {
    case 'decision':
      return { decision: answer.approved ? 'approve' : 'deny' }
    case 'value':
      return { value: answer.value as string } // the kit gives only texts
    case 'output':
      return { output: answer.output as string } // the kit gives only texts
    case 'error':
      return { error: answer.error }
  }
}

export function promptLine({ role, author, name, parts, interrupted }: PromptMessage): PromptLine {
  return {
    role,
    author: idOf(author),
    name,
    text: parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join(''),
    isStopped: interrupted === true,
    danglingCalls: parts.filter((part) => part.kind === 'tool' && part.output === undefined && part.error === undefined)
      .length,
  }
}

const ends = {
  complete: 'complete',
  cancelled: 'stopped',
  failed: 'failed',
  lost: 'lost',
  budget: 'budget',
} as const satisfies Record<EndReason, string>

function seenRun(run: Run): SeenRun {
  const { id, agent, input, attempt } = run
  const base = {
    id,
    agent,
    input,
    attempt,
    isHeld: run.paused !== undefined,
    isStopping: run.status === 'active' && run.cancel !== undefined,
    steers: (run.steers ?? []).map(({ message, status, next }) => ({
      message,
      status: status === 'consumed' ? ('taken' as const) : status,
      ...(next !== undefined && { next }),
    })),
  }
  switch (run.status) {
    case 'queued':
      return { ...base, status: 'waiting' }
    case 'active':
      return { ...base, status: 'working' }
    case 'suspended':
      return { ...base, status: 'suspended' }
    case 'ended': {
      const by = run.cancelledBy
      return { ...base, status: 'over', end: ends[run.reason], ...(by !== undefined && { stoppedBy: idOf(by) }) }
    }
  }
}

function toolCall(part: Part): readonly SeenToolCall[] {
  if (part.kind !== 'tool') return []
  const isOver = part.output !== undefined || part.error !== undefined || part.status === 'interrupted'
  return [{ id: part.callId, name: part.name, isOver }]
}

function seenAnswer(answer: Answer): SeenAnswer {
  if ('value' in answer) return { kind: 'value', value: answer.value }
  if ('output' in answer) return { kind: 'output', output: answer.output }
  if ('error' in answer) return { kind: 'error', error: answer.error }
  return { kind: 'decision', approved: answer.decision === 'approve' }
}
