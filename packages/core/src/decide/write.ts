/**
 * Rules for what agents write: fenced, numbered batches of operations (L3, R3, R4). A batch is applied whole or not at all, but
 * for what stands in it after the operation by which a budget is used up: that is dropped.
 *
 *   part      open ─▶ closed, or ─▶ interrupted when its run ends or its attempt is lost; never open again
 *   message   open ─▶ complete, or ─▶ interrupted when its run ends; a later attempt of the run may open a complete one again
 *   n         1, 2, 3, … per attempt: the next is applied, an earlier one was, a later one is out of order
 */
import { audienceKey, type Audience } from '../audience.ts'
import { isReplaced, sharedChars } from '../fold/messages.ts'
import { fieldChars, partChars, streams, unsettable, type Part, type PartFields } from '../parts.ts'
import type { CommandBody, WriteOp } from '../commands.ts'
import type { Actor, MessageId, RunId } from '../ids.ts'
import type { ActiveRun, Message, Run } from '../view.ts'
import { enforceBudgets } from './budget.ts'
import { addressed, refuse, within, type Draft } from './draft.ts'
import type { FindMessage } from './messages.ts'
import { endRun } from './end-run.ts'
import { openRequest, withdrawRequest } from './requests.ts'
import { spawn } from './spawn.ts'
import { consume, isHeld } from './steer.ts'
import { suspendRun } from './suspend.ts'
import { agentActor, findRun, held } from './work.ts'

type Body = Extract<CommandBody, { readonly type: 'write' }>
type Op<T extends WriteOp['op']> = Extract<WriteOp, { readonly op: T }>

interface Writer {
  readonly draft: Draft
  readonly run: ActiveRun
  readonly origin: { readonly run: RunId; readonly actor: Actor; readonly n: number }
  /** The message that the run answers, hot or cold. */
  readonly input: Message | undefined
}

export function write(draft: Draft, body: Body, find: FindMessage): void {
  const found = findRun(draft, body.run)
  if (endedBy(draft, body)) return // a retry, up to the batch by which the attempt let go of the run
  const { run, hold } = held(draft, found, body.attempt)
  if (body.n <= hold.n) return // a retry of a batch that was applied
  const expected = hold.n + 1
  if (body.n !== expected) {
    const text = `Attempt ${body.attempt} of run ${run.id} must write batch ${expected} next, not ${body.n}.`
    refuse('out_of_order', text, { expected })
  }
  within(body.ops.length, draft.limits, 'opsPerWrite', 'Split the batch.')
  const writer: Writer = {
    draft,
    run,
    origin: { run: run.id, actor: agentActor(run), n: body.n },
    input: find(run.input),
  }
  for (const [index, op] of body.ops.entries()) {
    if ((op.op === 'end' || op.op === 'suspend') && index !== body.ops.length - 1) {
      const text = `ops[${index}] is ${op.op}, so it must be the last operation of the batch.`
      refuse('bad_request', text, { path: `ops[${index}]` })
    }
    if (isHeld(draft.view, run) && !whileHeld.has(op.op)) refuseHeld(draft, run, op)
    apply(writer, op)
    if (!usesBudget(op)) continue
    enforceBudgets(draft, run.id, 'system:headrace')
    // What was done with nothing left counts for nothing, however an agent has put it into batches.
    if (!isGoingOn(draft, run)) break
  }
  // The batch was taken although nothing in it was new: its number is used up all the same.
  if (!draft.events.some((event) => event.n === body.n))
    draft.emit('run.renewed', { attempt: run.attempt }, writer.origin)
}

/** What a run may still do while it is held: bring what it has begun to an end, and say how it is. */
const whileHeld: ReadonlySet<WriteOp['op']> = new Set([
  'close',
  'close-message',
  'usage',
  'withdraw',
  'consume',
  'suspend',
  'end',
])

function refuseHeld({ view }: Draft, run: ActiveRun, { op }: WriteOp): never {
  const { holder } = view.floor
  const why = holder ? `${holder.name ?? holder.actor} holds the floor` : `run ${run.id} is paused`
  return refuse('paused', `No ${op} is taken now: ${why}. Keep the batch and send it again when it goes on.`, {
    run: run.id,
    ...(holder && { holder: holder.actor }),
  })
}

function isGoingOn({ view }: Draft, { id }: Run): boolean {
  return view.runs.some((run) => run.id === id && run.status !== 'ended')
}

function usesBudget(op: WriteOp): boolean {
  return op.op === 'usage' || op.op === 'suspend' || op.op === 'end' || (op.op === 'open' && op.start.kind === 'tool')
}

/** Whether this attempt ended the run itself, with this batch or a later one. */
function endedBy(draft: Draft, { run, attempt, n }: Body): boolean {
  return draft.state.guard.ends.some((end) => end[0] === run && end[1] === attempt && n <= end[2])
}

function apply(writer: Writer, op: WriteOp): void {
  const { draft, origin } = writer
  switch (op.op) {
    case 'open':
      return open(writer, op)
    case 'delta': {
      const { message, part } = openPart(writer, op)
      if (!streams(part.kind)) refuse('part_conflict', `Part ${op.part} is a ${part.kind} part, which takes no deltas.`)
      within(op.text.length, draft.limits, 'eventChars', 'Split the text into several deltas.')
      withinMessage(writer, message, { to: part.to, added: op.text.length })
      const to = part.to ?? message.to
      return draft.emit('part.delta', { message: message.id, part: part.id, text: op.text }, { ...origin, to })
    }
    case 'set': {
      const { message, part } = openPart(writer, op)
      checkFields(writer, { message, part, fields: op.fields })
      const to = part.to ?? message.to
      return draft.emit('part.changed', { message: message.id, part: part.id, fields: op.fields }, { ...origin, to })
    }
    case 'close': {
      const { message, part } = openPart(writer, op)
      if (op.fields) checkFields(writer, { message, part, fields: op.fields })
      const data = { message: message.id, part: part.id, ...(op.fields && { fields: op.fields }) }
      return draft.emit('part.closed', data, { ...origin, to: part.to ?? message.to })
    }
    case 'close-message': {
      const message = openMessage(writer, op.message)
      const left = message.parts.find((part) => part.status === 'open')
      if (left) refuse('part_conflict', `Message ${op.message} can't be closed while its part ${left.id} is open.`)
      return draft.emit('message.closed', { id: message.id }, { ...origin, to: message.to })
    }
    case 'usage':
      return draft.emit('run.used', { usage: op.usage }, origin)
    case 'request':
      return openRequest(draft, writer, op.key, op.spec)
    case 'withdraw':
      return withdrawRequest(draft, origin, op.key, op.detail)
    case 'consume':
      return consume(draft, writer, op.message, op.step)
    case 'spawn':
      return spawn(draft, writer, op)
    case 'suspend':
      return suspendRun(draft, { run: writer.run, origin, keys: op.waitsFor ?? [], detail: op.detail })
    case 'end':
      return end(writer, op)
    default:
      return op satisfies never
  }
}

function end({ draft, run, origin }: Writer, op: Op<'end'>): void {
  // Whoever asked for the stop was told it was accepted, so that is how the run ends, also when it was nearly done.
  const reason = run.cancel ? 'cancelled' : op.reason
  const { detail, usage } = op
  endRun(draft, draft.run(run.id), { reason, ...(detail !== undefined && { detail }), ...(usage && { usage }) }, origin)
}

function open(writer: Writer, op: Op<'open'>): void {
  const { draft, run, origin } = writer
  const size = partChars(op.start)
  within(size, draft.limits, 'eventChars', 'Stream the text as deltas, or store big content elsewhere.')
  const id = messageId(run, op.message)
  const part = partId(run, op.part)
  const message = findMessage(draft, id)
  if (message) {
    if (!mayContinue(message, run)) refuseClosed(op.message)
    if (message.parts.some((other) => other.id === part)) {
      refuse('part_conflict', `Part ${op.part} was already opened in message ${op.message}.`)
    }
  } else {
    if (isCold(draft, run, id)) refuseClosed(op.message)
    openNewMessage(writer, id)
  }
  const owner = draft.view.messages.findLast((candidate) => candidate.id === id) ?? refuseClosed(op.message)
  const to = partAudience(draft, owner, op, origin.actor)
  restartStep(writer, op.step, to)
  reopen(writer, owner, to)
  const kept = owner.parts.filter((other) => !isReplaced(other, op.step, run.attempt))
  within(kept.length + 1, draft.limits, 'partsPerMessage', 'Begin another message.')
  withinMessage(writer, { ...owner, parts: kept, chars: sharedChars(kept) }, { to, added: size })
  const step = op.step === undefined ? {} : { step: op.step }
  const data = { message: id, part, attempt: run.attempt, ...step, start: op.start }
  draft.emit('part.opened', data, { ...origin, to: to ?? owner.to })
}

/** Who sees a part, where that is not whoever sees its message. */
function partAudience(draft: Draft, owner: Message, op: Op<'open'>, author: Actor): Audience | undefined {
  if (op.to === undefined) return undefined
  const to = addressed(draft, op.to, author)
  if (audienceKey(to) === audienceKey(owner.to)) return undefined
  if (owner.to !== undefined) {
    refuse('bad_request', `Message ${op.message} is not for everybody, so all of its parts are for the same people.`, {
      path: 'to',
    })
  }
  return to
}

/** Readers who don't see the part must see that what stood under its step is gone. */
function restartStep({ draft, run, origin }: Writer, step: string | undefined, to: Audience | undefined): void {
  if (step === undefined || to === undefined) return
  const replaces = draft.view.messages.some(
    (message) => message.run === run.id && message.parts.some((part) => isReplaced(part, step, run.attempt)),
  )
  if (replaces) draft.emit('step.restarted', { step, attempt: run.attempt }, origin)
}

/** Readers who don't see the part must see that its message is open again. */
function reopen({ draft, origin }: Writer, { id, parent, role, status, to }: Message, of: Audience | undefined): void {
  if (status !== 'open' && of !== undefined) draft.emit('message.opened', { id, parent, role }, { ...origin, to })
}

/** What an earlier attempt has closed, the next one may write again. What this one has closed stays closed. */
function mayContinue(message: Message, run: ActiveRun): boolean {
  return message.status === 'open' || message.parts.every((part) => part.attempt !== run.attempt)
}

function openNewMessage({ draft, run, origin, input }: Writer, id: MessageId): void {
  const hot = draft.view.messages.filter((message) => message.run === run.id)
  const cold = draft.state.guard.cold[run.id]?.length ?? 0
  within(hot.length + cold + 1, draft.limits, 'messagesPerRun', 'Go on in a message that is open.')
  const open = hot.filter((message) => message.status === 'open').length
  within(open + 1, draft.limits, 'openMessagesPerRun', 'Close some first.')
  // Whoever may not see the question does not see the answer either.
  draft.emit('message.opened', { id, parent: run.input, role: 'assistant' }, { ...origin, to: input?.to })
}

interface Change {
  readonly message: Message
  readonly part: Part
  readonly fields: PartFields
}

function checkFields(writer: Writer, { message, part, fields }: Change): void {
  const { limits } = writer.draft
  const wrong = unsettable(part.kind, fields)
  if (wrong !== undefined) refuse('part_conflict', `A ${part.kind} part has no field ${wrong} to set.`)
  within(fieldChars(fields), limits, 'eventChars', 'Store big content elsewhere and set its address.')
  withinMessage(writer, message, { to: part.to, added: fieldChars(fields) })
}

/** What not everybody sees has a bound of its own, because it does not count for what is hot. */
function withinMessage({ draft }: Writer, message: Message, part: { to: Audience | undefined; added: number }): void {
  if (part.to === undefined) {
    within(message.chars + part.added, draft.limits, 'messageChars', 'Begin another message.')
    return
  }
  const others = message.parts.reduce((sum, other) => sum + (other.to === undefined ? 0 : partChars(other)), 0)
  within(others + part.added, draft.limits, 'privateChars', 'Begin another message.')
}

function openMessage({ draft, run }: Writer, key: string): Message {
  const id = messageId(run, key)
  const message = findMessage(draft, id)
  if (message?.status === 'open') return message
  if (message || isCold(draft, run, id)) refuseClosed(key)
  return refuse('part_conflict', `Message ${key} has not been opened in run ${run.id}.`)
}

function refuseClosed(key: string): never {
  return refuse('part_conflict', `Message ${key} is closed. Begin another message.`)
}

function openPart(writer: Writer, op: Op<'delta' | 'set' | 'close'>): { message: Message; part: Part } {
  const message = openMessage(writer, op.message)
  const id = partId(writer.run, op.part)
  const part =
    message.parts.findLast((candidate) => candidate.id === id) ??
    // A tool call that was left open when the run was suspended gets its result from the attempt that goes on.
    message.parts.findLast((candidate) => candidate.status === 'open' && keyOf(candidate) === op.part)
  if (!part) refuse('part_conflict', `Part ${op.part} has not been opened in message ${op.message} by this attempt.`)
  if (part.status !== 'open') refuse('part_conflict', `Part ${op.part} of message ${op.message} is closed.`)
  return { message, part }
}

function findMessage(draft: Draft, id: MessageId): Message | undefined {
  return draft.view.messages.findLast((message) => message.id === id)
}

/** Whether it is a message of the run that was closed and is no longer hot. */
function isCold(draft: Draft, run: Run, id: MessageId): boolean {
  return draft.state.guard.cold[run.id]?.includes(id) ?? false
}

/** The same for every attempt, so that a retry continues the message. */
function messageId(run: Run, key: string): MessageId {
  return `${run.id}.${key}`
}

/** Not the same for two attempts: their parts must not be taken for each other. */
function partId(run: Run, key: string): string {
  return `${run.attempt}.${key}`
}

/** The key under which an attempt opened a part. */
function keyOf({ id }: Part): string {
  return id.slice(id.indexOf('.') + 1)
}
