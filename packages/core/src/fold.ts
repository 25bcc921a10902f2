/**
 * The only place where state changes. Two folds over one log:
 *
 *   foldView   what readers see; the same function runs in the server and in every client
 *   foldGuard  what `decide` needs beside it: leases, batch numbers, answered commands
 *
 * Both are pure and share what did not change, so that a delta costs one message and one part, not the session. An event
 * of a type that this version does not know moves `seq` and `at` and nothing else.
 */
import { foldGuard, keepCold } from './fold/guard.ts'
import { trim, type Trimmed } from './fold/hot.ts'
import { hot } from './limits.ts'
import { fieldChars, partChars, startPart, type Part, type PartFields } from './parts.ts'
import type { EventOf, SessionEvent } from './events.ts'
import type { SessionState } from './state.ts'
import type { ActiveRun, EndedRun, Message, QueuedRun, Run, SessionView } from './view.ts'

/** The state after one more event. */
export function fold(state: SessionState, event: SessionEvent): SessionState {
  return foldStep(state, event).state
}

/** The view after one more event. */
export function foldView(before: SessionView, event: SessionEvent): SessionView {
  return step(before, event).view
}

/**
 * The messages that go cold at an event, oldest first, as they are from then on: the event may be the one that closes
 * them, so they are not to be taken from the view before it.
 */
export function cooled(before: SessionView, event: SessionEvent): readonly Message[] {
  return step(before, event).cooled
}

/** {@link fold} and {@link cooled} at once. */
export function foldStep(
  state: SessionState,
  event: SessionEvent,
): { readonly state: SessionState; readonly cooled: readonly Message[] } {
  const { view, cooled: gone } = step(state.view, event)
  return { state: { view, guard: keepCold(foldGuard(state.guard, event), gone, view) }, cooled: gone }
}

/** Only events that add or close messages let some go. */
function step(before: SessionView, event: SessionEvent): Trimmed {
  const view = change(before, event)
  switch (event.type) {
    case 'message.added':
    case 'message.opened':
    case 'message.closed':
    case 'run.ended':
      return trim(view)
    default:
      return { view, cooled: [] }
  }
}

function change(before: SessionView, event: SessionEvent): SessionView {
  const view: SessionView = { ...before, seq: event.seq, at: event.at }
  switch (event.type) {
    case 'session.created':
      return {
        ...view,
        ...event.data,
        metadata: mergeMetadata({}, event.data.metadata ?? {}),
        createdAt: event.at,
        createdBy: event.actor,
      }
    case 'session.updated':
      return { ...view, metadata: mergeMetadata(view.metadata, event.data.metadata) }
    case 'message.added':
      return addMessage(view, newMessage(event, 'complete'))
    case 'message.opened':
      return addMessage(view, newMessage(event, 'open'))
    case 'message.closed':
      return changeMessage(view, event.data.id, (message) => ({ ...message, status: 'complete' }))
    case 'part.opened':
      return openPart(view, event)
    case 'part.delta':
      return changePart(view, event.data.message, event.data.part, (part) =>
        'text' in part ? { ...part, text: part.text + event.data.text } : part,
      )
    case 'part.changed':
      return changePart(view, event.data.message, event.data.part, (part) => setFields(part, event.data.fields))
    case 'part.closed':
      return changePart(view, event.data.message, event.data.part, (part) => ({
        ...setFields(part, event.data.fields ?? {}),
        status: 'closed',
      }))
    case 'run.queued':
      return { ...view, runs: [...view.runs, queuedRun(event)] }
    case 'run.claimed':
      return changeRun(view, event.run, (run) => activeRun(run, event))
    case 'run.renewed':
      return view
    case 'run.lapsed':
      return interrupt(
        changeRun(view, event.run, (run) => lapsedRun(run, event.at)),
        event.run,
        'open',
      )
    case 'run.cancel-requested':
      return changeRun(view, event.run, (run) =>
        run.status === 'active' ? { ...run, cancel: { by: event.actor, at: event.at } } : run,
      )
    case 'run.ended':
      return endRun(view, event)
    case 'presence.joined':
      return {
        ...view,
        presence: [...without(view, event), { actor: event.actor, since: event.at, ...event.data }],
      }
    case 'presence.left':
      return { ...view, presence: without(view, event) }
    default:
      return (event satisfies never, view)
  }
}

/** Session metadata after a patch: `null` removes a key. */
export function mergeMetadata(
  before: SessionView['metadata'],
  patch: SessionView['metadata'],
): SessionView['metadata'] {
  return Object.fromEntries(Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null))
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
    ...(event.run !== undefined && { run: event.run }),
    status,
    parts,
    chars: parts.reduce((sum, part) => sum + partChars(part), 0),
  }
}

function addMessage(view: SessionView, message: Message): SessionView {
  return { ...view, messages: [...view.messages, message], head: nextHead(view, message) }
}

/**
 * The head is where the next input goes. An answer to an input that is no longer the newest must not move it, or the
 * next input would leave the newer one out of its line.
 */
function nextHead(view: SessionView, message: Message): string | null {
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
    return { ...owner, parts: owner.parts.with(index, changed), chars: owner.chars + growth(part, changed) }
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
  const part = startPart(start, { id, status: 'open', attempt, ...(step !== undefined && { step }) })
  const cleared = step === undefined ? view : dropReplaced(view, event.run, (old) => isReplaced(old, step, attempt))
  return changeMessage(cleared, message, (owner) => ({
    ...owner,
    // A later attempt may go on with a message that an earlier one had closed.
    status: 'open',
    parts: [...owner.parts, part],
    chars: owner.chars + partChars(part),
  }))
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
    return { ...message, parts, chars: parts.reduce((sum, part) => sum + partChars(part), 0) }
  })
  return { ...view, messages }
}

function queuedRun(event: EventOf<'run.queued'>): QueuedRun {
  return { ...event.data, status: 'queued', by: event.actor, queuedAt: event.at, attempt: 0 }
}

function activeRun(run: Run, event: EventOf<'run.claimed'>): ActiveRun {
  return { ...runBase(run), status: 'active', claimedAt: event.at, ...event.data }
}

function lapsedRun(run: Run, at: number): QueuedRun {
  return { ...runBase(run), status: 'queued', lapsedAt: at }
}

function runBase(run: Run): Omit<QueuedRun, 'status' | 'lapsedAt'> {
  const { id, agent, input, policy, by, queuedAt, attempt, maxAttempts } = run
  return { id, agent, input, policy, by, queuedAt, attempt, maxAttempts }
}

function changeRun(view: SessionView, id: string | undefined, change: (run: Run) => Run): SessionView {
  const index = view.runs.findIndex((run) => run.id === id)
  const run = view.runs[index]
  return run ? { ...view, runs: view.runs.with(index, change(run)) } : view
}

function endRun(view: SessionView, event: EventOf<'run.ended'>): SessionView {
  const { attempt: _, ...data } = event.data
  const ended = changeRun(view, event.run, (run): EndedRun => {
    const active = run.status === 'active' ? run : undefined
    const cancelledBy =
      active?.cancel?.by ?? (run.status === 'queued' && data.reason === 'cancelled' ? event.actor : undefined)
    return {
      ...runBase(run),
      status: 'ended',
      endedAt: event.at,
      ...data,
      ...(active && { claimedAt: active.claimedAt }),
      ...(cancelledBy !== undefined && { cancelledBy }),
    }
  })
  const closed = interrupt(ended, event.run, data.reason === 'complete' ? 'complete' : 'interrupted')
  return { ...closed, runs: dropOldest(closed.runs, event.run) }
}

/** Lets go the run that ended longest ago, but never the one that ends now, however early it was queued. */
function dropOldest(runs: readonly Run[], endsNow: string | undefined): readonly Run[] {
  const ended = runs.filter((run) => run.status === 'ended')
  if (ended.length <= hot.endedRuns) return runs
  const oldest = ended
    .filter((run) => run.id !== endsNow)
    .reduce((first, run) => (run.endedAt < first.endedAt ? run : first))
  return runs.filter((run) => run !== oldest)
}

/** Ends what a run still has open: its parts, and its messages unless they stay `open` for the next attempt. */
function interrupt(view: SessionView, run: string | undefined, status: Message['status']): SessionView {
  if (!view.messages.some((message) => message.run === run && message.status === 'open')) return view
  const messages = view.messages.map((message): Message => {
    if (message.run !== run || message.status !== 'open') return message
    const parts = message.parts.map((part): Part => {
      if (part.status !== 'open') return part
      // A run that completed has said all it had to say, so text it left open is whole; a tool call without a result isn't.
      const whole =
        status === 'complete' && !(part.kind === 'tool' && part.output === undefined && part.error === undefined)
      return { ...part, status: whole ? 'closed' : 'interrupted' }
    })
    return { ...message, parts, status }
  })
  return { ...view, messages }
}

function without(view: SessionView, event: EventOf<'presence.joined' | 'presence.left'>): SessionView['presence'] {
  return view.presence.filter((entry) => entry.actor !== event.actor || entry.device !== event.data.device)
}
