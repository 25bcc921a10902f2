/** What the steps of random lives ask of a session: see `model.ts`. */
import type { Command, CommandBody, Grant, Run, SessionView, SystemCommandBody } from '../src/index.ts'
import type { Asked, Step } from './model-steps.ts'
import { grantOf, server } from './support.ts'

export const people: readonly Grant[] = [
  grantOf('user:ada', { name: 'Ada' }),
  grantOf('user:bob'),
  grantOf('agent:planner'),
]
const worker = grantOf('agent:service')
const agents = ['assistant', 'coder'] as const

/** The command of a step; none where there is nothing that it could be about. */
export function commandOf(
  view: SessionView,
  next: Exclude<Step, { kind: 'clock' | 'reload' | 'retry' }>,
  id: string,
): Command | undefined {
  switch (next.kind) {
    case 'ask': {
      const body = bodyOf(view, next.what, next.pick)
      return body && { grant: people[next.who] ?? worker, body, id }
    }
    case 'claim': {
      const run = at(view.runs, next.pick)
      return run && { grant: worker, body: { type: 'claim', run: run.id, worker: next.worker, leaseMs: next.leaseMs } }
    }
    case 'heartbeat': {
      const run = working(view, next.pick)
      return run && { grant: worker, body: { type: 'heartbeat', run: run.id, attempt: run.attempt + next.drift } }
    }
    case 'write': {
      const run = working(view, next.pick)
      const attempt = Math.max(1, (run?.attempt ?? 0) + next.drift)
      return run && { grant: worker, body: { type: 'write', run: run.id, attempt, n: 1, ops: next.ops } }
    }
    case 'tick':
      return { grant: server, body: { type: 'tick' } }
    case 'device': {
      const { who, device, node, joins } = next
      const body: SystemCommandBody = joins ? { type: 'join', device, node } : { type: 'leave', device, node }
      return { grant: people[who] ?? worker, body }
    }
    default:
      return next satisfies never
  }
}

function bodyOf(view: SessionView, what: Asked, chosen: number): CommandBody | undefined {
  const parts = [{ kind: 'text', text: 'hi' }] as const
  const message = at(view.messages, chosen)
  switch (what.type) {
    case 'create':
      return { type: 'create' }
    case 'post':
      return { type: 'post', parts }
    case 'edit':
      return message && { type: 'post', parts, edits: message.id }
    case 'reply':
      return message && { type: 'post', parts, parent: message.id }
    case 'update':
      return { type: 'update', metadata: { [what.key]: what.value } }
    case 'send': {
      const agent = agents[what.agent] ?? 'assistant'
      return { type: 'send', parts, agent, ...(what.policy && { policy: what.policy }) }
    }
    case 'regenerate': {
      const agent = agents[what.agent] ?? 'assistant'
      return message && { type: 'regenerate', input: message.id, agent, ...(what.policy && { policy: what.policy }) }
    }
    case 'cancel': {
      const run = at(view.runs, chosen)
      if (what.target === 'run') return run && { type: 'cancel', target: { run: run.id } }
      if (what.target === 'agent') return { type: 'cancel', target: { agent: 'coder' } }
      return { type: 'cancel', target: what.target === 'all' ? { all: true } : { own: true } }
    }
    default:
      return what satisfies never
  }
}

/** Mostly a run that somebody works on: a life of nothing but refusals shows little. */
function working(view: SessionView, chosen: number): Run | undefined {
  const active = view.runs.filter((run) => run.status === 'active')
  return chosen % 5 === 0 || active.length === 0 ? at(view.runs, chosen) : at(active, chosen)
}

export function at<T>(list: readonly T[], chosen: number): T | undefined {
  return list[chosen % Math.max(1, list.length)]
}
