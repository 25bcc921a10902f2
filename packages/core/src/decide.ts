/**
 * The only place where a rule is enforced. Pure: the same state, command and time give the same answer on every machine.
 *
 *   accepted   events follow; the answer names the seq of the last one
 *   repeated   a retry of a command that was accepted; it gets the first answer and changes nothing
 *   noop       it is already so
 *   refused    a rule says no; nothing changed
 */
import { HeadraceError } from './errors.ts'
import { commandKey } from './fold/guard.ts'
import type { Verb } from './grant.ts'
import { defaultSessionLimits, type SessionLimits } from './limits.ts'
import { cancel } from './decide/cancel.ts'
import { patch, read, redact, select } from './decide/document.ts'
import { Draft, permit, refuse } from './decide/draft.ts'
import { handBack, requestFloor, takeFloor } from './decide/floor.ts'
import { create, regenerate, send, update } from './decide/input.ts'
import { addMessage, type FindMessage } from './decide/messages.ts'
import { answerRequest, claimRequest } from './decide/requests.ts'
import { isHeld, pause, reorder, resume, retry, steer } from './decide/steer.ts'
import { compacted, erased, join, leave, settleNotice, takeNotice, undelivered } from './decide/system.ts'
import { tick } from './decide/time.ts'
import { claim, heartbeat } from './decide/work.ts'
import { write } from './decide/write.ts'
import type { Command, CommandBody, SystemCommandBody, WriteOp } from './commands.ts'
import type { SessionEvent } from './events.ts'
import type { MessageId } from './ids.ts'
import type { SessionState } from './state.ts'
import type { Message } from './view.ts'

/** What a working agent is told with the answers to its writes and heartbeats. */
export interface Told {
  /** Somebody asked to stop the run. */
  readonly cancel?: true
  /** The run is paused, or a person holds the floor. */
  readonly paused?: true
  /** Steers that the agent has not taken yet. */
  readonly steers?: number
}

export type Decision =
  | ({
      readonly outcome: 'accepted'
      readonly events: readonly SessionEvent[]
      readonly state: SessionState
      /** Messages that left the hot part, as they are from then on: to be stored with the events. */
      readonly cooled: readonly Message[]
    } & Told)
  | { readonly outcome: 'repeated'; readonly seq: number }
  | ({ readonly outcome: 'noop'; readonly seq: number } & Told)
  | { readonly outcome: 'refused'; readonly error: HeadraceError }

export interface DecideOptions {
  readonly limits?: SessionLimits
  /** The messages that {@link lookups} named and the store had, and those that went cold since it was asked. */
  readonly cold?: readonly Message[]
}

/**
 * Decides one command.
 *
 * @param state - the fold of the whole log
 * @param command - what is asked, and by whom as the server verified it
 * @param now - milliseconds since 1970; earlier than the last event counts as the time of the last event
 */
export function decide(state: SessionState, command: Command, now: number, options: DecideOptions = {}): Decision {
  const draft = new Draft(state, command, now, options.limits ?? defaultSessionLimits)
  const answered = firstAnswer(state, command)
  if (answered !== undefined) return { outcome: 'repeated', seq: answered }
  try {
    authorize(draft)
    if (state.view.seq === 0 && command.body.type !== 'create') {
      refuse('session_not_found', `There is no session ${state.view.id}. Create it first.`, { session: state.view.id })
    }
    apply(draft, (id) => find(state.view.messages, id) ?? find(options.cold ?? [], id))
  } catch (thrown) {
    if (thrown instanceof HeadraceError) return { outcome: 'refused', error: thrown }
    throw thrown
  }
  const asked = told(draft)
  if (draft.events.length === 0) return { outcome: 'noop', seq: state.view.seq, ...asked }
  const { events, state: after, cooled } = draft
  return { outcome: 'accepted', events, state: after, cooled, ...asked }
}

/** Ids of messages that a decision needs to know about and that are not hot: the room reads them first. */
export function lookups(state: SessionState, body: CommandBody | SystemCommandBody): readonly MessageId[] {
  const named: (MessageId | undefined)[] = []
  if (body.type === 'send' || body.type === 'post') named.push(body.parent, body.edits)
  if (body.type === 'regenerate') named.push(body.input)
  if (body.type === 'select') named.push(body.leaf)
  if (body.type === 'redact') named.push(body.message)
  if (body.type === 'write') named.push(asksWho(state, body))
  return named.filter((id) => id !== undefined).filter((id) => !find(state.view.messages, id))
}

/** The input of a run that says something new: whoever may not see the one does not see the other. */
function asksWho(
  { view }: SessionState,
  { run: id, ops }: Extract<CommandBody, { type: 'write' }>,
): MessageId | undefined {
  const isNew = (op: WriteOp): boolean =>
    op.op === 'request' || op.op === 'spawn' || (op.op === 'open' && !find(view.messages, `${id}.${op.message}`))
  return ops.some(isNew) ? view.runs.find((run) => run.id === id)?.input : undefined
}

function find(messages: readonly Message[], id: MessageId): Message | undefined {
  return messages.find((message) => message.id === id)
}

/**
 * L3: a command that was accepted once is never applied again. Refusals and no-ops changed nothing, so they are not
 * remembered: sent again, they are decided again. What is written in an agent's name is fenced and numbered instead, so
 * its ids are not looked up: they may be the same as those of the worker's own commands.
 */
function firstAnswer(state: SessionState, { id, grant, body }: Command): number | undefined {
  if (id === undefined || verbOf[body.type] === 'write-as-agent') return undefined
  const key = commandKey(grant.actor, id)
  return state.guard.commands.findLast(([known]) => known === key)?.[1]
}

function apply(draft: Draft, known: FindMessage): void {
  const { body } = draft.command
  switch (body.type) {
    case 'create':
      return create(draft, body)
    case 'update':
      return update(draft, body)
    case 'send':
      return send(draft, body, known)
    case 'post':
      return void addMessage(draft, body, known)
    case 'regenerate':
      return regenerate(draft, body, known)
    case 'cancel':
      return cancel(draft, body.target)
    case 'steer':
      return steer(draft, body)
    case 'pause':
      return pause(draft, body)
    case 'resume':
      return resume(draft, body)
    case 'reorder':
      return reorder(draft, body)
    case 'retry':
      return retry(draft, body)
    case 'claim-request':
      return claimRequest(draft, body)
    case 'answer':
      return answerRequest(draft, body)
    case 'request-floor':
      return requestFloor(draft, body)
    case 'take-floor':
      return takeFloor(draft, body)
    case 'hand-back':
      return handBack(draft, body)
    case 'patch':
      return patch(draft, body)
    case 'select':
      return select(draft, body, known)
    case 'read':
      return read(draft, body)
    case 'redact':
      return redact(draft, body, known)
    case 'claim':
      return claim(draft, body)
    case 'heartbeat':
      return heartbeat(draft, body)
    case 'write':
      return write(draft, body, known)
    case 'tick':
      return tick(draft)
    case 'join':
      return join(draft, body)
    case 'leave':
      return leave(draft, body)
    case 'forked':
      return draft.emit('session.forked', { from: body.from, at: body.at })
    case 'compacted':
      return compacted(draft, body)
    case 'erased':
      return erased(draft, body)
    case 'take-notice':
      return takeNotice(draft, body)
    case 'settle-notice':
      return settleNotice(draft, body)
    case 'undelivered':
      return undelivered(draft, body)
    default:
      return body satisfies never
  }
}

/** The verb that each command needs. Working as an agent is checked where the agent's name is known. */
const verbOf: Readonly<Record<(CommandBody | SystemCommandBody)['type'], Verb>> = {
  create: 'send',
  update: 'send',
  send: 'send',
  post: 'post',
  regenerate: 'send',
  cancel: 'control',
  steer: 'control',
  pause: 'control',
  resume: 'control',
  reorder: 'control',
  retry: 'control',
  'claim-request': 'answer',
  answer: 'answer',
  'request-floor': 'post',
  'take-floor': 'take-floor',
  'hand-back': 'read',
  patch: 'post',
  select: 'post',
  read: 'read',
  redact: 'admin',
  claim: 'write-as-agent',
  heartbeat: 'write-as-agent',
  write: 'write-as-agent',
  tick: 'admin',
  join: 'read',
  leave: 'read',
  forked: 'admin',
  compacted: 'admin',
  erased: 'admin',
  'take-notice': 'admin',
  'settle-notice': 'admin',
  undelivered: 'admin',
}

function authorize(draft: Draft): void {
  const { body } = draft.command
  permit(draft, isOwn(draft) ? 'send' : verbOf[body.type], body.type)
}

/** Whoever may ask for work may take back what they asked for, and say more about it. */
function isOwn({ command: { body, grant }, view }: Draft): boolean {
  if (body.type === 'cancel' && 'own' in body.target) return true
  if (body.type !== 'steer') return false
  return view.runs.some((run) => run.id === body.run && run.by === grant.actor)
}

/**
 * The answer to a working agent says what it would be told on a socket, so that one without a socket learns it too: that
 * somebody wants it to stop or to hold still, and how many steers wait for it.
 */
function told({ command: { body }, view }: Draft): Told {
  if (body.type !== 'write' && body.type !== 'heartbeat') return {}
  const run = view.runs.find((candidate) => candidate.id === body.run)
  if (run?.status !== 'active') return {}
  const steers = run.steers?.filter((waiting) => waiting.status === 'pending').length ?? 0
  return {
    ...(run.cancel && { cancel: true as const }),
    ...(isHeld(view, run) && { paused: true as const }),
    ...(steers > 0 && { steers }),
  }
}
