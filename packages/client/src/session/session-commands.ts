import type {
  Answer,
  CancelTarget,
  CommandBody,
  JsonPatch,
  MessageId,
  Request,
  RunId,
  SessionSettings,
} from '@headrace/core'
import { partsOf, postBody, sendBody, type Content, type PostInput, type SendInput } from './input.ts'
import type { Accepted } from '../outbox.ts'
import type {
  CommandOptions,
  PatchOptions,
  RedactOptions,
  RegenerateOptions,
  RequestRef,
  SessionActions,
  SessionChange,
  SteerOptions,
  TakeFloorOptions,
} from './session-actions.ts'

/** Turns each call into its command. */
export abstract class SessionCommands implements SessionActions {
  protected abstract submit(body: CommandBody, id?: string): Promise<Accepted>

  /** The request as it is shown here now. */
  protected abstract shown(request: string): Request | undefined

  protected abstract get device(): string

  create(settings: SessionSettings = {}): Promise<Accepted> {
    return this.submit({ type: 'create', ...settings })
  }

  send(input: string | SendInput, { id }: CommandOptions = {}): Promise<Accepted> {
    return this.submit(sendBody(input), id)
  }

  post(input: string | PostInput, { id }: CommandOptions = {}): Promise<Accepted> {
    return this.submit(postBody(input), id)
  }

  cancel(target: CancelTarget = { all: true }): Promise<Accepted> {
    return this.submit({ type: 'cancel', target })
  }

  regenerate(input: MessageId, { agent, policy }: RegenerateOptions = {}): Promise<Accepted> {
    const options = { ...(agent !== undefined && { agent }), ...(policy !== undefined && { policy }) }
    return this.submit({ type: 'regenerate', input, ...options })
  }

  update(change: SessionChange): Promise<Accepted> {
    return this.submit({ ...change, type: 'update' })
  }

  steer(run: RunId, input: string | Content, { carry, to }: SteerOptions = {}): Promise<Accepted> {
    const options = { ...(carry !== undefined && { carry }), ...(to !== undefined && { to }) }
    return this.submit({ type: 'steer', run, parts: partsOf(input), ...options })
  }

  pause(run: RunId): Promise<Accepted> {
    return this.submit({ type: 'pause', run })
  }

  resume(run: RunId): Promise<Accepted> {
    return this.submit({ type: 'resume', run })
  }

  reorder(run: RunId, before: RunId | null = null): Promise<Accepted> {
    return this.submit({ type: 'reorder', run, before })
  }

  retry(run: RunId): Promise<Accepted> {
    return this.submit({ type: 'retry', run })
  }

  answer(request: RequestRef, answer: Answer): Promise<Accepted> {
    const { id, digest } = typeof request === 'string' ? { id: request, digest: this.shown(request)?.digest } : request
    const isTool = 'output' in answer || 'error' in answer
    return this.submit({
      type: 'answer',
      request: id,
      answer,
      ...(digest !== undefined && { digest }),
      ...(isTool && { device: this.device }),
    })
  }

  approve(request: RequestRef, reason?: string): Promise<Accepted> {
    return this.answer(request, { decision: 'approve', ...(reason !== undefined && { reason }) })
  }

  deny(request: RequestRef, reason?: string): Promise<Accepted> {
    return this.answer(request, { decision: 'deny', ...(reason !== undefined && { reason }) })
  }

  claimRequest(request: string): Promise<Accepted> {
    return this.submit({ type: 'claim-request', request, device: this.device })
  }

  requestFloor(note?: string): Promise<Accepted> {
    return this.submit({ type: 'request-floor', ...(note !== undefined && { note }) })
  }

  takeFloor({ note, force = false }: TakeFloorOptions = {}): Promise<Accepted> {
    return this.submit({
      type: 'take-floor',
      ...(note !== undefined && { note }),
      ...(force && { force: true as const }),
    })
  }

  handBack(note?: string): Promise<Accepted> {
    return this.submit({ type: 'hand-back', ...(note !== undefined && { note }) })
  }

  patch(ops: JsonPatch, { version }: PatchOptions = {}): Promise<Accepted> {
    return this.submit({ type: 'patch', patch: ops, ...(version !== undefined && { version }) })
  }

  select(leaf: MessageId): Promise<Accepted> {
    return this.submit({ type: 'select', leaf })
  }

  redact(message: MessageId, { part, reason }: RedactOptions = {}): Promise<Accepted> {
    const options = { ...(part !== undefined && { part }), ...(reason !== undefined && { reason }) }
    return this.submit({ type: 'redact', message, ...options })
  }
}
