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
import { Draft, permit, refuse, within } from './decide/draft.ts'
import { create, post, regenerate, send, update, type FindMessage } from './decide/input.ts'
import { tick } from './decide/time.ts'
import { claim, heartbeat } from './decide/work.ts'
import { write } from './decide/write.ts'
import type { Command, CommandBody, SystemCommandBody } from './commands.ts'
import type { SessionEvent } from './events.ts'
import type { MessageId } from './ids.ts'
import type { SessionState } from './state.ts'
import type { Message } from './view.ts'

export type Decision =
  | {
      readonly outcome: 'accepted'
      readonly events: readonly SessionEvent[]
      readonly state: SessionState
      /** Messages that left the hot part, as they are from then on: to be stored with the events. */
      readonly cooled: readonly Message[]
      readonly cancel?: true
    }
  | { readonly outcome: 'repeated'; readonly seq: number }
  | { readonly outcome: 'noop'; readonly seq: number; readonly cancel?: true }
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
  const asked = cancelAsked(draft)
  if (draft.events.length === 0) return { outcome: 'noop', seq: state.view.seq, ...asked }
  const { events, state: after, cooled } = draft
  return { outcome: 'accepted', events, state: after, cooled, ...asked }
}

/** Ids of messages that a decision needs to know about and that are not hot: the room reads them first. */
export function lookups(state: SessionState, body: CommandBody | SystemCommandBody): readonly MessageId[] {
  const named: (MessageId | undefined)[] = []
  if (body.type === 'send' || body.type === 'post') named.push(body.parent, body.edits)
  if (body.type === 'regenerate') named.push(body.input)
  return named.filter((id) => id !== undefined).filter((id) => !find(state.view.messages, id))
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
      return post(draft, body, known)
    case 'regenerate':
      return regenerate(draft, body, known)
    case 'cancel':
      return cancel(draft, body.target)
    case 'claim':
      return claim(draft, body)
    case 'heartbeat':
      return heartbeat(draft, body)
    case 'write':
      return write(draft, body)
    case 'tick':
      return tick(draft)
    case 'join':
      return join(draft, body)
    case 'leave':
      return leave(draft, body)
    default:
      return body satisfies never
  }
}

function join(draft: Draft, { device, node, label }: Extract<SystemCommandBody, { readonly type: 'join' }>): void {
  const { actor, name } = draft.command.grant
  const { presence } = draft.view
  const present = presence.find((entry) => entry.actor === actor && entry.device === device)
  if (present?.node === node) return
  within(
    present ? presence.length : presence.length + 1,
    draft.limits,
    'presentDevices',
    'More may watch, but are not shown.',
  )
  const data = { device, node, ...(name !== undefined && { name }), ...(label !== undefined && { label }) }
  draft.emit('presence.joined', data)
}

function leave(draft: Draft, { device, node }: Extract<SystemCommandBody, { readonly type: 'leave' }>): void {
  const { actor } = draft.command.grant
  const present = draft.view.presence.find((entry) => entry.actor === actor && entry.device === device)
  if (present && (node === undefined || node === present.node)) draft.emit('presence.left', { device })
}

/** The verb that each command needs. Working as an agent is checked where the agent's name is known. */
const verbOf: Readonly<Record<(CommandBody | SystemCommandBody)['type'], Verb>> = {
  create: 'send',
  update: 'send',
  send: 'send',
  post: 'post',
  regenerate: 'send',
  cancel: 'control',
  claim: 'write-as-agent',
  heartbeat: 'write-as-agent',
  write: 'write-as-agent',
  tick: 'admin',
  join: 'read',
  leave: 'read',
}

function authorize(draft: Draft): void {
  const { body } = draft.command
  // Whoever may ask for work may take back what they asked for.
  const verb = body.type === 'cancel' && 'own' in body.target ? 'send' : verbOf[body.type]
  permit(draft, verb, body.type)
}

/** The answer to a working agent says whether somebody wants it to stop, so that one without a socket learns it too. */
function cancelAsked({ command: { body }, view }: Draft): { readonly cancel?: true } {
  if (body.type !== 'write' && body.type !== 'heartbeat') return {}
  const run = view.runs.find((candidate) => candidate.id === body.run)
  return run?.status === 'active' && run.cancel ? { cancel: true } : {}
}
