/**
 * Rules for what somebody must answer (C7).
 *
 *   open ──claim──▶ claimed ──▶ answered | expired | withdrawn      exactly one of these, once
 *    └──answer──▶ answered
 *
 * Of two answers the first one in the log wins; the other is told who was first and what they said.
 */
import { schemaFault, valueFault } from '../answer-schema.ts'
import { sees } from '../audience.ts'
import { canonical } from '../canonical.ts'
import { actorKind, type Actor } from '../ids.ts'
import {
  claimDefaultMs,
  isOpen,
  whoAnswers,
  type Answer,
  type Answerers,
  type Request,
  type RequestSpec,
} from '../request.ts'
import { sha256 } from '../sha256.ts'
import type { CommandBody } from '../commands.ts'
import type { RunId } from '../ids.ts'
import type { ActiveRun, Message } from '../view.ts'
import { addressed, refuse, within, type Draft } from './draft.ts'
import { wakeIfReady } from './suspend.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

interface Origin {
  readonly run: RunId
  readonly actor: Actor
  readonly n: number
}

function requestId(run: RunId, key: string): string {
  return `${run}.${key}`
}

/** A run asks. What it has asked under this key already stays, so that a later attempt finds the answer to the first. */
export function openRequest(
  draft: Draft,
  { run, origin, input }: { run: ActiveRun; origin: Origin; input: Message | undefined },
  key: string,
  asked: RequestSpec,
): void {
  const id = requestId(run.id, key)
  if (draft.view.requests.some((request) => request.id === id)) return
  if (run.cancel)
    refuse('run_ended', `Run ${run.id} is being stopped, so nothing more is asked for it.`, { run: run.id })
  const open = draft.view.requests.filter(isOpen).length
  within(open + 1, draft.limits, 'openRequests', 'Wait until some are answered, or withdraw some.')
  within(JSON.stringify(asked).length, draft.limits, 'eventChars', 'Ask for less at once.')
  // Whoever may not see the question that the run answers is not asked about it either.
  const spec = checked(draft, input?.to === undefined ? asked : { to: input.to, ...asked }, origin.actor)
  const digest = spec.kind === 'approval' ? { digest: sha256(canonical(spec.action)) } : {}
  draft.emit('request.opened', { id, spec, ...digest }, { ...origin, to: spec.to })
}

function checked(draft: Draft, spec: RequestSpec, author: Actor): RequestSpec {
  if (spec.kind === 'question' && spec.schema) {
    const fault = schemaFault(spec.schema)
    if (fault !== undefined) refuse('bad_request', `The question's ${fault}.`, { path: 'spec.schema' })
  }
  const { onExpiry } = spec
  if (onExpiry !== undefined && spec.expiresMs === undefined) {
    refuse('bad_request', 'onExpiry needs expiresMs: a request without it waits for ever.', { path: 'spec.expiresMs' })
  }
  if (escalatesTo(spec) === undefined && 'escalateTo' in spec) {
    refuse('bad_request', 'escalateTo needs onExpiry: escalate.', { path: 'spec.onExpiry' })
  }
  const to = addressed(draft, spec.to, author)
  for (const answerers of [spec.answerers, escalatesTo(spec) ?? spec.answerers]) {
    if (whoAnswers(answerers, to).length === 0) {
      refuse('bad_request', 'Nobody who may answer the request may see it. Add them to its `to`.', { path: 'spec.to' })
    }
  }
  return to === undefined ? spec : { ...spec, to }
}

/** Whom a request goes to when nobody has answered it; not everybody, or it would be weaker for having waited. */
function escalatesTo(spec: RequestSpec): Answerers | undefined {
  if (spec.kind === 'tool' || spec.onExpiry !== 'escalate') return undefined
  return spec.escalateTo ?? 'operators'
}

export function withdrawRequest(draft: Draft, origin: Origin, key: string, detail: string | undefined): void {
  const request = find(draft, requestId(origin.run, key))
  if (!isOpen(request)) return
  const data = { id: request.id, detail: detail ?? 'The agent took it back.' }
  draft.emit('request.withdrawn', data, { ...origin, to: request.spec.to })
}

export function claimRequest(draft: Draft, { request: id, device }: Body<'claim-request'>): void {
  const request = findFor(draft, id)
  const { actor } = draft.command.grant
  if (request.spec.kind !== 'tool') {
    refuse('bad_request', `Request ${id} is no tool that a client runs; answer it.`, { request: id })
  }
  mustBeOpen(request)
  mustBeAnswerer(draft, request)
  if (request.claim) {
    if (request.claim.by === actor && request.claim.device === device) return // a retry: it has it
    refuseTaken(request)
  }
  const data = { id, device, claimMs: request.spec.claimMs ?? claimDefaultMs }
  draft.emit('request.claimed', data, { run: request.run, to: request.spec.to })
}

export function answerRequest(draft: Draft, body: Body<'answer'>): void {
  const request = findFor(draft, body.request)
  mustBeOpen(request)
  mustBeAnswerer(draft, request)
  mustFit(draft, request, body)
  const { run, spec } = request
  draft.emit('request.answered', { id: request.id, answer: body.answer }, { run, to: spec.to })
  wakeIfReady(draft, run)
}

function mustFit(draft: Draft, request: Request, { answer, digest, device }: Body<'answer'>): void {
  const { spec } = request
  switch (spec.kind) {
    case 'approval':
      if (!('decision' in answer)) refuseForm(request, 'decision: approve or deny')
      if (digest === undefined) {
        refuse('bad_request', 'An approval needs the digest of the action that you looked at: it is in the request.', {
          path: 'digest',
        })
      }
      if (digest !== request.digest) {
        refuse('action_changed', `Request ${request.id} is for another action than the one you looked at.`, {
          request: request.id,
          digest: request.digest ?? '',
        })
      }
      return
    case 'question': {
      if ('decision' in answer && answer.decision === 'deny') return // whoever is asked may decline
      if (!('value' in answer)) refuseForm(request, 'value, or decision: deny')
      within(JSON.stringify(answer.value).length, draft.limits, 'eventChars', 'Answer in fewer words.')
      const fault = spec.schema && valueFault(spec.schema, answer.value)
      if (fault !== undefined) {
        refuse('invalid_answer', `The answer to ${request.id} does not fit: ${fault}.`, { request: request.id })
      }
      return
    }
    case 'tool':
      if (!('output' in answer || 'error' in answer)) refuseForm(request, 'output or error')
      within(
        JSON.stringify(answer).length,
        draft.limits,
        'eventChars',
        'Store big content elsewhere and answer its address.',
      )
      if (request.claim?.by !== draft.command.grant.actor || request.claim.device !== device) {
        if (request.claim) refuseTaken(request)
        refuse('bad_request', `Claim request ${request.id} before you run it: claim-request with your device.`, {
          request: request.id,
        })
      }
      return
    default:
      return spec satisfies never
  }
}

function refuseForm(request: Request, form: string): never {
  return refuse('invalid_answer', `The answer to ${request.id}, ${article(request)}, has ${form}.`, {
    request: request.id,
  })
}

function article({ spec: { kind } }: Request): string {
  return kind === 'approval' ? 'an approval' : `a ${kind}`
}

function refuseTaken({ id, claim }: Request): never {
  return refuse('request_taken', `${claim?.by} runs request ${id} on the device ${claim?.device}.`, {
    request: id,
    by: claim?.by ?? '',
    device: claim?.device ?? '',
  })
}

/** The loser of a race is told who won, and what they said. */
function mustBeOpen(request: Request): void {
  if (isOpen(request)) return
  const { id, status, by, answer, detail } = request
  const how =
    status === 'answered'
      ? `${by} has answered it${decisionOf(answer)}`
      : status === 'expired'
        ? `nobody answered it in time${decisionOf(answer)}`
        : (detail ?? 'it was withdrawn')
  refuse('request_closed', `Request ${id} is over: ${how.replace(/\.$/, '')}.`, {
    request: id,
    status,
    ...(by !== undefined && { by }),
    ...(answer && 'decision' in answer && { decision: answer.decision }),
    ...(request.closedAt !== undefined && { at: request.closedAt }),
  })
}

function decisionOf(answer: Answer | undefined): string {
  return answer && 'decision' in answer ? ` (${answer.decision})` : ''
}

function mustBeAnswerer(draft: Draft, { id, answerers }: Request): void {
  const { actor } = draft.command.grant
  if (mayAnswer(actor, answerers)) return
  const who = typeof answerers === 'string' ? answerers : (answerers ?? []).join(', ')
  refuse('forbidden', `Request ${id} can be answered by ${who} only.`, { request: id, verb: 'answer' })
}

/** Whether a participant is one of those who may answer. Agents answer only where they are named. */
export function mayAnswer(actor: Actor, answerers: Answerers | undefined): boolean {
  const kind = actorKind(actor)
  if (answerers === undefined) return kind === 'user' || kind === 'operator'
  return typeof answerers === 'string' ? kind === 'operator' : answerers.includes(actor)
}

/** What a participant may not see is not there for them. */
function findFor(draft: Draft, id: string): Request {
  const request = draft.view.requests.find((candidate) => candidate.id === id)
  return request && sees(draft.command.grant, request.spec.to) ? request : unknown(id)
}

function find(draft: Draft, id: string): Request {
  return draft.view.requests.find((candidate) => candidate.id === id) ?? unknown(id)
}

function unknown(id: string): never {
  return refuse('request_not_found', `This session has no open or recent request ${id}.`, { request: id })
}

/** What time does to requests: a claim lapses, and what nobody answered expires. */
export function tickRequests(draft: Draft): void {
  for (const request of draft.view.requests.filter(isOpen)) {
    const { id, run, spec, claim, expiresAt } = request
    const origin = { run, to: spec.to }
    if (expiresAt !== undefined && expiresAt <= draft.now) expire(draft, request)
    else if (claim && claim.until <= draft.now && spec.kind === 'tool') {
      if (spec.onLapse === 'again') draft.emit('request.released', { id }, origin)
      else {
        const error = `The device ${claim.device} of ${claim.by} took the call and went silent.`
        draft.emit('request.expired', { id, answer: { error } }, origin)
        wakeIfReady(draft, run)
      }
    }
  }
}

function expire(draft: Draft, { id, run, spec, escalated }: Request): void {
  const origin = { run, to: spec.to }
  const answerers = escalatesTo(spec)
  if (answerers !== undefined && !escalated) return draft.emit('request.escalated', { id, answerers }, origin)
  const reason = 'Nobody answered in time.'
  const answer: Answer =
    spec.kind === 'tool' ? { error: reason } : { decision: spec.onExpiry === 'approve' ? 'approve' : 'deny', reason }
  draft.emit('request.expired', { id, answer }, origin)
  wakeIfReady(draft, run)
}

/** When time does something to a request next. */
export function requestDue({ status, claim, expiresAt }: Request): number {
  const claimed = status === 'claimed' ? (claim?.until ?? Infinity) : Infinity
  return status === 'open' || status === 'claimed' ? Math.min(claimed, expiresAt ?? Infinity) : Infinity
}
