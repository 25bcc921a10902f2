/** How messages and their parts change. */
import { audienceKey } from '../audience.ts'
import { blankMessage, blankPart } from '../blank.ts'
import { fieldChars, partChars, startPart, type Part, type PartFields } from '../parts.ts'
import type { EventOf } from '../events.ts'
import type { Message, SessionView } from '../view.ts'

type MessageEvent = EventOf<
  | 'part.delta'
  | 'part.opened'
  | 'part.changed'
  | 'part.closed'
  | 'message.added'
  | 'message.opened'
  | 'message.closed'
  | 'step.restarted'
  | 'content.redacted'
  | 'branch.selected'
>

export function foldMessages(view: SessionView, event: MessageEvent): SessionView {
  switch (event.type) {
    case 'part.delta':
      return changePart(view, event.data.message, event.data.part, (part) =>
        'text' in part ? { ...part, text: part.text + event.data.text } : part,
      )
    case 'part.opened':
      return openPart(view, event)
    case 'part.changed':
      return changePart(view, event.data.message, event.data.part, (part) => setFields(part, event.data.fields))
    case 'part.closed':
      return changePart(view, event.data.message, event.data.part, (part) => ({
        ...setFields(part, event.data.fields ?? {}),
        status: 'closed',
      }))
    case 'message.added':
      return addMessage(view, newMessage(event, 'complete'))
    case 'message.opened':
      return isThere(view, event.data.id)
        ? changeMessage(view, event.data.id, reopened)
        : addMessage(view, newMessage(event, 'open'))
    case 'message.closed':
      return changeMessage(view, event.data.id, (message) => ({ ...message, status: 'complete' }))
    case 'step.restarted':
      return dropReplaced(view, event.run, (part) => isReplaced(part, event.data.step, event.data.attempt))
    case 'content.redacted':
      return redact(view, event.data)
    case 'branch.selected':
      return { ...view, selected: { leaf: event.data.leaf, by: event.actor } }
    default:
      return event satisfies never
  }
}

function newMessage(event: EventOf<'message.added' | 'message.opened'>, status: Message['status']): Message {
  const { id, parent, role } = event.data
  const added = event.type === 'message.added' ? event.data : undefined
  const parts = (added?.parts ?? []).map((start, index) => startPart(start, { id: String(index), status: 'closed' }))
  return {
    id,
    seq: event.seq,
    at: event.at,
    parent,
    role,
    author: event.actor,
    ...(added?.name !== undefined && { name: added.name }),
    ...(added?.edits !== undefined && { edits: added.edits }),
    ...(added?.mentions && { mentions: added.mentions }),
    ...(event.run !== undefined && { run: event.run }),
    ...(event.to !== undefined && { to: event.to }),
    status,
    parts,
    chars: sharedChars(parts),
  }
}

/** Parts that not everybody sees don't count, or the message would go cold at another event for each reader. */
export function sharedChars(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (part.to === undefined ? partChars(part) : 0), 0)
}

function addMessage(view: SessionView, message: Message): SessionView {
  return { ...view, messages: [...view.messages, message], head: nextHead(view, message) }
}

/**
 * The head is where the next input goes. An answer to an input that is no longer the newest must not move it, or the
 * next input would leave the newer one out of its line; nor does what not everybody sees, or what one agent asks another.
 */
function nextHead(view: SessionView, message: Message): string | null {
  if (message.to !== undefined || (message.role === 'user' && message.run !== undefined)) return view.head
  if (message.role === 'user' || view.head === null || view.head === message.parent) return message.id
  const head = view.messages.find((candidate) => candidate.id === view.head)
  return head?.role === 'assistant' && head.parent === message.parent ? message.id : view.head
}

function changeMessage(view: SessionView, id: string, change: (message: Message) => Message): SessionView {
  const index = view.messages.findLastIndex((message) => message.id === id)
  const message = view.messages[index]
  return message ? { ...view, messages: view.messages.with(index, change(message)) } : view
}

function changePart(view: SessionView, message: string, id: string, change: (part: Part) => Part): SessionView {
  return changeMessage(view, message, (owner) => {
    const index = owner.parts.findLastIndex((part) => part.id === id)
    const part = owner.parts[index]
    if (!part) return owner
    const changed = change(part)
    const chars = part.to === undefined ? owner.chars + growth(part, changed) : owner.chars
    return { ...owner, parts: owner.parts.with(index, changed), chars }
  })
}

/** How many characters a change added: cheap for a delta, which is nearly every change. */
function growth(before: Part, after: Part): number {
  const text = 'text' in before && 'text' in after ? after.text.length - before.text.length : 0
  const fields = 'input' in after || 'value' in after || 'output' in after || 'error' in after
  return text + (fields && text === 0 ? fieldChars(fieldsOf(after)) - fieldChars(fieldsOf(before)) : 0)
}

function fieldsOf(part: Part): PartFields {
  return part.kind === 'tool' || part.kind === 'data' ? part : {}
}

/** The decision has checked that the kind of part takes these fields. */
function setFields(part: Part, fields: PartFields): Part {
  return part.kind === 'tool' || part.kind === 'data' ? { ...part, ...fields } : part
}

/** Opens a part; what earlier attempts wrote under the same step gives way to it, in all messages of the run. */
function openPart(view: SessionView, event: EventOf<'part.opened'>): SessionView {
  const { message, part: id, attempt, step, start } = event.data
  const cleared = step === undefined ? view : dropReplaced(view, event.run, (old) => isReplaced(old, step, attempt))
  return changeMessage(cleared, message, (before) => {
    const owner = reopened(before)
    const own = event.to !== undefined && audienceKey(event.to) !== audienceKey(owner.to) ? event.to : undefined
    const part = startPart(start, {
      id,
      status: 'open',
      attempt,
      ...(step !== undefined && { step }),
      ...(own !== undefined && { to: own }),
    })
    return {
      ...owner,
      parts: [...owner.parts, part],
      chars: owner.chars + sharedChars([part]),
    }
  })
}

/** A later attempt may go on with a message that an earlier one had closed; what was taken out of it stays out. */
function reopened({ redacted: _, ...message }: Message): Message {
  return { ...message, status: 'open' }
}

function isThere(view: SessionView, id: string): boolean {
  return view.messages.some((message) => message.id === id)
}

/** Whether a part gives way when an attempt opens a part under a step. */
export function isReplaced(part: Part, step: string | undefined, attempt: number): boolean {
  return step !== undefined && part.step === step && (part.attempt ?? 0) < attempt
}

function dropReplaced(view: SessionView, run: string | undefined, replaced: (part: Part) => boolean): SessionView {
  if (!view.messages.some((message) => message.run === run && message.parts.some(replaced))) return view
  const messages = view.messages.map((message): Message => {
    if (message.run !== run || !message.parts.some(replaced)) return message
    const parts = message.parts.filter((part) => !replaced(part))
    return { ...message, parts, chars: sharedChars(parts) }
  })
  return { ...view, messages }
}

/** Ends what a run still has open: its parts, and its messages unless they stay `open` for the next attempt. */
export function interrupt(view: SessionView, run: string | undefined, status: Message['status']): SessionView {
  return changeOpenParts(view, run, status, (part) => {
    // A run that completed has said all it had to say, so text it left open is whole; a tool call without a result isn't.
    const whole = status === 'complete' && !waitsForResult(part)
    return { ...part, status: whole ? 'closed' : 'interrupted' }
  })
}

/** A run that lets go for a while has said what it had to say so far; only calls that wait for a result stay open. */
export function settleParts(view: SessionView, run: string | undefined): SessionView {
  return changeOpenParts(view, run, 'open', (part) => (waitsForResult(part) ? part : { ...part, status: 'closed' }))
}

function waitsForResult(part: Part): boolean {
  return part.kind === 'tool' && part.output === undefined && part.error === undefined
}

function changeOpenParts(
  view: SessionView,
  run: string | undefined,
  status: Message['status'],
  change: (part: Part) => Part,
): SessionView {
  if (!view.messages.some((message) => message.run === run && message.status === 'open')) return view
  const messages = view.messages.map((message): Message => {
    if (message.run !== run || message.status !== 'open') return message
    return { ...message, parts: message.parts.map((part) => (part.status === 'open' ? change(part) : part)), status }
  })
  return { ...view, messages }
}

function redact(view: SessionView, { message: id, part }: EventOf<'content.redacted'>['data']): SessionView {
  return changeMessage(view, id, (message) =>
    part === undefined
      ? blankMessage(message)
      : { ...message, parts: message.parts.map((other) => (other.id === part ? blankPart(other) : other)) },
  )
}
