/**
 * Requests of a session as interrupts of AG-UI, and what a client resumes with as answers.
 *
 * - An approval is `tool_call` when it is asked under the id of a call of its run, else `confirmation`. It is answered with
 *   `{ approved: true | false, reason? }`.
 * - A question is `input_required`; the payload is the answer.
 * - A tool that runs on a client is no interrupt but a call without a result: the client sends a `tool` message.
 *
 * `cancelled` denies an approval, declines a question, and fails a tool.
 */
import { HeadraceError, type Answer, type Json, type JsonObject, type Request, type RequestSpec } from '@headrace/core'
import type { AgUiInterrupt } from './events.ts'
import type { AgUiResume } from './input.ts'

/** The key that a run gave a request. */
export function keyOf({ id, run }: Request): string {
  return id.slice(run.length + 1)
}

/** A request as an interrupt. `toolCallId`: the call that waits for it. */
export function toInterrupt(
  request: Request,
  about: { readonly toolCallId?: string; readonly subagentRunId?: string } = {},
): AgUiInterrupt {
  const { id, run, spec, digest, expiresAt } = request
  const metadata: JsonObject = {
    headrace: {
      run,
      kind: spec.kind,
      ...(spec.kind === 'approval' && { action: spec.action }),
      ...(digest !== undefined && { digest }),
    },
  }
  return {
    id,
    reason: reasonOf(spec, about.toolCallId),
    message: spec.title,
    ...about,
    ...schemaOf(spec),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
    metadata,
  }
}

function reasonOf(spec: RequestSpec, toolCallId: string | undefined): string {
  if (spec.kind === 'question') return 'input_required'
  return toolCallId === undefined ? 'confirmation' : 'tool_call'
}

const approvalSchema: JsonObject = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, reason: { type: 'string' } },
  required: ['approved'],
}

function schemaOf(spec: RequestSpec): { readonly responseSchema?: JsonObject } {
  if (spec.kind === 'approval') return { responseSchema: approvalSchema }
  return spec.kind === 'question' && spec.schema ? { responseSchema: spec.schema } : {}
}

function isoTime(ms: number): string {
  // oxlint-disable-next-line no-restricted-globals -- it writes a time that is given, and reads no clock
  return new Date(ms).toISOString()
}

/**
 * What somebody who resumes answers to a request.
 *
 * @throws HeadraceError `bad_request` when the payload is no answer to it
 */
export function fromResume({ spec, id }: Pick<Request, 'id' | 'spec'>, { status, payload }: AgUiResume): Answer {
  switch (spec.kind) {
    case 'approval':
      return status === 'cancelled' ? { decision: 'deny' } : toDecision(id, payload)
    case 'question':
      return status === 'cancelled' ? { decision: 'deny' } : { value: payload ?? null }
    case 'tool':
      return status === 'cancelled' ? { error: 'The client did not run it.' } : { output: payload ?? null }
    default:
      return spec satisfies never
  }
}

function toDecision(id: string, payload: Json | undefined): Answer {
  const fields = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : {}
  const { approved = payload, reason } = fields as JsonObject // an object that is no array
  if (typeof approved !== 'boolean') {
    const text = `The payload for ${id} must be { "approved": true } or { "approved": false }.`
    throw new HeadraceError('bad_request', text, { detail: { path: 'resume.payload', request: id } })
  }
  const decision = approved ? 'approve' : 'deny'
  return typeof reason === 'string' && reason !== '' ? { decision, reason: reason.slice(0, 4_096) } : { decision }
}

/** Answers of people as a client of an AG-UI agent resumes with them: the other way of {@link fromResume}. */
export function toResume(interruptId: string, answer: Answer): AgUiResume {
  if ('decision' in answer) {
    const { decision, reason } = answer
    const payload = { approved: decision === 'approve', ...(reason !== undefined && { reason }) }
    return { interruptId, status: 'resolved', payload }
  }
  if ('error' in answer) return { interruptId, status: 'cancelled' }
  return { interruptId, status: 'resolved', payload: 'value' in answer ? answer.value : answer.output }
}

/** What an interrupt of an AG-UI agent asks, as a request of the run that called it: the other way of {@link toInterrupt}. */
export function fromInterrupt(interrupt: AgUiInterrupt): RequestSpec {
  const { reason, message, responseSchema, id, toolCallId, metadata } = interrupt
  const title = (message ?? reason).slice(0, 512) || 'The agent waits for an answer.'
  if (!isApproval(interrupt)) return { kind: 'question', title, ...(responseSchema && { schema: responseSchema }) }
  const action: JsonObject = {
    interrupt: id,
    reason,
    ...(toolCallId !== undefined && { toolCallId }),
    ...(metadata && { metadata }),
  }
  return { kind: 'approval', title, action }
}

/** Yes or no is asked where the reason says so, or where the payload has nothing else to say. */
function isApproval({ reason, responseSchema }: AgUiInterrupt): boolean {
  const properties = responseSchema?.['properties']
  if (typeof properties === 'object' && properties !== null && !('approved' in properties)) return false
  return reason === 'tool_call' || reason === 'confirmation' || properties !== undefined
}
