/** What the steps of random lives ask of a session: see `model.ts`. */
import type {
  Answer,
  Audience,
  Command,
  CommandBody,
  Grant,
  PartStart,
  Request,
  Run,
  SessionState,
  SessionView,
  SystemCommandBody,
  WriteOp,
} from '../src/index.ts'
import { claimable, isOpen, sha256 } from '../src/index.ts'
import type { Asked, Step } from './model-steps.ts'
import { grantOf, server } from './support.ts'

export const people: readonly Grant[] = [
  grantOf('user:ada', { name: 'Ada' }),
  grantOf('user:bob'),
  grantOf('agent:planner'),
  grantOf('operator:sue', { name: 'Sue' }),
]
const worker = grantOf('agent:service')
const agents = ['assistant', 'coder'] as const

/** Text that is nowhere else: where it turns up, it came from this command. */
export const secrets: RegExp = /secret-\w+-\d+;/g

function secret(id: string, index = 0): string {
  return `secret-${id}-${index};`
}

/** The command of a step; none where there is nothing that it could be about. */
export function commandOf(
  state: SessionState,
  next: Exclude<Step, { kind: 'clock' | 'reload' | 'retry' }>,
  id: string,
): Command | undefined {
  const { view } = state
  switch (next.kind) {
    case 'ask': {
      const body = bodyOf(view, next, id)
      return body && { grant: people[next.who] ?? worker, body, id }
    }
    case 'claim': {
      const waiting = view.runs.filter((one) => claimable(view, one))
      const run = next.pick % 8 === 0 ? at(view.runs, next.pick) : at(waiting, next.pick)
      return run && { grant: worker, body: { type: 'claim', run: run.id, worker: next.worker, leaseMs: next.leaseMs } }
    }
    case 'heartbeat': {
      const run = working(view, next.pick)
      return run && { grant: worker, body: { type: 'heartbeat', run: run.id, attempt: run.attempt + next.drift } }
    }
    case 'write': {
      const run = working(view, next.pick)
      const attempt = Math.max(1, (run?.attempt ?? 0) + next.drift)
      const ops = next.ops.map((op, index) => filled(placed(view, run, op, index), run, secret(id, index)))
      return run && { grant: worker, body: { type: 'write', run: run.id, attempt, n: 1, ops } }
    }
    case 'tick':
      return { grant: server, body: { type: 'tick' } }
    case 'server': {
      const body = systemBody(state, next)
      return body && { grant: server, body }
    }
    case 'device': {
      const { who, device, node, joins } = next
      const body: SystemCommandBody = joins ? { type: 'join', device, node } : { type: 'leave', device, node }
      return { grant: people[who] ?? worker, body }
    }
    default:
      return next satisfies never
  }
}

/** Mostly about what is there: random keys seldom fit, and one that does not spoils its whole batch. */
function placed(view: SessionView, run: Run | undefined, op: WriteOp, index: number): WriteOp {
  if (!run || view.seq % 8 === 0) return op
  const fresh: WriteOp = { op: 'open', message: 'a', part: `n${view.seq}.${index}`, start: { kind: 'text' } }
  const own = view.messages.filter((message) => message.run === run.id && message.role === 'assistant')
  const open = own.flatMap(({ id, parts }) =>
    parts.filter((part) => part.status === 'open').map((part) => ({ message: id, part })),
  )
  const keyOf = (id: string): string => id.slice(id.indexOf('.') + 1)
  switch (op.op) {
    case 'open':
      return { ...op, part: `${op.part}${view.seq}.${index}` }
    case 'delta':
    case 'close':
    case 'set': {
      const fits = open.filter(({ part }) =>
        op.op === 'set' ? part.kind === 'tool' : op.op === 'close' || 'text' in part,
      )
      const found = at(fits, view.seq + index)
      return found ? { ...op, message: keyOf(found.message), part: keyOf(found.part.id) } : fresh
    }
    case 'consume':
      return run.steers?.some((steer) => steer.status === 'pending') ? op : fresh
    case 'withdraw': {
      const request = view.requests.find((one) => one.run === run.id && isOpen(one))
      return request ? { ...op, key: keyOf(request.id) } : fresh
    }
    case 'suspend': {
      const keys = view.requests.filter((one) => one.run === run.id && isOpen(one)).map((one) => keyOf(one.id))
      return op.waitsFor ? { ...op, waitsFor: keys } : op
    }
    default:
      return op
  }
}

/** Marks what is written, so that it can be found again where it must not be. */
function filled(op: WriteOp, run: Run | undefined, mark: string): WriteOp {
  switch (op.op) {
    case 'open':
      return { ...op, start: marked(op.start, mark) }
    case 'delta':
      return { ...op, text: `${mark}${op.text}` }
    case 'set':
      return { ...op, fields: { ...op.fields, output: [mark] } }
    case 'request':
      return { ...op, spec: { ...op.spec, title: `${op.spec.title} ${mark}` } }
    case 'spawn':
      return { ...op, parts: [{ kind: 'text', text: mark }] }
    case 'consume':
      return { ...op, message: run?.steers?.find((steer) => steer.status === 'pending')?.message ?? op.message }
    default:
      return op
  }
}

function marked(start: PartStart, mark: string): PartStart {
  switch (start.kind) {
    case 'text':
    case 'reasoning':
      return { ...start, text: mark }
    case 'tool':
      return { ...start, input: { mark } }
    case 'file':
    case 'source':
      return { ...start, url: `blob:${mark}` }
    case 'data':
      return { ...start, value: [mark, start.value] }
    default:
      return start satisfies never
  }
}

function bodyOf(
  view: SessionView,
  { what, pick }: Extract<Step, { kind: 'ask' }>,
  id: string,
): CommandBody | undefined {
  const parts = [{ kind: 'text', text: secret(id) }] as const
  const message = at(view.messages, pick)
  const run = at(view.runs, pick)
  const to = 'to' in what && what.to !== undefined ? { to: what.to satisfies Audience } : {}
  switch (what.type) {
    case 'create':
      return { type: 'create' }
    case 'post':
      return { type: 'post', parts, mentions: ['user:bob'], ...to }
    case 'edit':
      return message && { type: 'post', parts, edits: message.id, ...to }
    case 'reply':
      return message && { type: 'post', parts, parent: message.id, ...(message.to && { to: message.to }), ...to }
    case 'update':
      return { type: 'update', metadata: { [what.key]: what.value } }
    case 'settings':
      return { type: 'update', ...what.change }
    case 'send': {
      const agent = agents[what.agent] ?? 'assistant'
      const { policy, budget } = what
      return { type: 'send', parts, agent, ...(policy && { policy }), ...(budget && { budget }), ...to }
    }
    case 'regenerate': {
      const agent = agents[what.agent] ?? 'assistant'
      return message && { type: 'regenerate', input: message.id, agent, ...(what.policy && { policy: what.policy }) }
    }
    case 'cancel': {
      if (what.target === 'run') return run && { type: 'cancel', target: { run: run.id } }
      if (what.target === 'subtree') return run && { type: 'cancel', target: { subtree: run.id } }
      if (what.target === 'agent') return { type: 'cancel', target: { agent: 'coder' } }
      return { type: 'cancel', target: { own: true } }
    }
    case 'steer': {
      const steered = working(view, pick)
      return steered && { type: 'steer', run: steered.id, parts, carry: what.carry, ...to }
    }
    case 'pause': {
      const paused = working(view, pick)
      return paused && { type: 'pause', run: paused.id }
    }
    case 'resume': {
      const held = view.runs.filter((one) => one.status === 'suspended' || (one.status !== 'ended' && one.paused))
      const resumed = held.find((one) => one.paused) ?? at(held, pick) ?? run
      return resumed && { type: 'resume', run: resumed.id }
    }
    case 'retry': {
      const retried = view.runs.find((one) => one.undelivered) ?? run
      return retried && { type: 'retry', run: retried.id }
    }
    case 'reorder':
      return run && { type: 'reorder', run: run.id, before: at(view.runs, what.before ?? 0)?.id ?? null }
    case 'select':
      return message && { type: 'select', leaf: message.id }
    case 'read':
      return { type: 'read', seq: Math.max(1, view.seq - (pick % 20)) }
    case 'redact':
      return message && { type: 'redact', message: message.id }
    case 'redact-part': {
      const part = message && at(message.parts, pick)
      return message && part && { type: 'redact', message: message.id, part: part.id }
    }
    case 'claim-request':
    case 'answer':
      return answerOf(view, what, pick)
    case 'request-floor':
    case 'hand-back':
      return { type: what.type }
    case 'take-floor':
      return { type: 'take-floor', ...(what.force && { force: true as const }) }
    case 'patch':
      return {
        type: 'patch',
        patch: what.patch,
        ...(what.drift !== undefined && { version: Math.max(0, view.document.version + what.drift) }),
      }
    default:
      return what satisfies never
  }
}

function answerOf(
  view: SessionView,
  { type, wrong }: Extract<Asked, { type: 'claim-request' | 'answer' }>,
  chosen: number,
): CommandBody | undefined {
  const answerable = view.requests.filter((one) => isOpen(one) && (type === 'answer' || one.spec.kind === 'tool'))
  const request = at(chosen % 8 === 0 ? view.requests : answerable, chosen)
  if (!request) return undefined
  const isUnclaimed = request.spec.kind === 'tool' && request.status === 'open' && !wrong
  if (type === 'claim-request' || isUnclaimed) return { type: 'claim-request', request: request.id, device: 'd1' }
  const { digest } = request
  return {
    type,
    request: request.id,
    answer: fitting(request, wrong),
    device: 'd1',
    ...(digest !== undefined && { digest: wrong ? sha256('other') : digest }),
  }
}

function fitting({ spec }: Request, wrong: boolean): Answer {
  if (spec.kind === 'approval') return { decision: 'approve' }
  return spec.kind === 'question' ? { value: wrong ? 'no number' : 7 } : { output: 'here' }
}

function systemBody(
  { view, guard }: SessionState,
  next: Extract<Step, { kind: 'server' }>,
): SystemCommandBody | undefined {
  switch (next.what) {
    case 'erased': {
      const erasing = at(guard.erasing, next.pick)
      return erasing && { type: 'erased', of: erasing.seq }
    }
    case 'take-notice': {
      const notice = at(guard.notices, next.pick)
      return notice && { type: 'take-notice', id: notice.id, node: 'n1', forMs: 60_000 }
    }
    case 'settle-notice': {
      const notice = at(guard.notices, next.pick)
      return notice && { type: 'settle-notice', id: notice.id, outcome: 'sent' }
    }
    case 'undelivered': {
      const run = working(view, next.pick)
      const retry = next.pick % 3 === 0 ? {} : { retryMs: 1_000 }
      return run && { type: 'undelivered', run: run.id, attempt: run.attempt, error: 'no answer', ...retry }
    }
    case 'compacted':
      return { type: 'compacted', floor: view.seq, gaps: [] }
    default:
      return next.what satisfies never
  }
}

/** Mostly a run that somebody works on: a life of nothing but refusals shows little. */
function working(view: SessionView, chosen: number): Run | undefined {
  const active = view.runs.filter((run) => run.status === 'active')
  return chosen % 10 === 0 ? at(view.runs, chosen) : at(active, chosen)
}

export function at<T>(list: readonly T[], chosen: number): T | undefined {
  return list[chosen % Math.max(1, list.length)]
}
