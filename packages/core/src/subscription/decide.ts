/**
 * The rules of a subscription (D11–D14 of SPEC.md): who may work on what is new in its streams, one at a time. Pure: time,
 * ids and where the streams end are given.
 */
import { canonical } from '../canonical.ts'
import { HeadraceError, type ErrorCode } from '../errors.ts'
import { foldSubscription } from './fold.ts'
import { subscriptionDue, type SubscriptionState } from './state.ts'
import type { JsonObject } from '../json.ts'
import type { StreamDecision } from '../stream/commands.ts'
import type { SubscriptionCommand, Tails, WakeProof } from './commands.ts'
import type { Ack, SubscriptionEvent, SubscriptionEventData, SubscriptionEventType } from './events.ts'

type Decision = StreamDecision<SubscriptionEvent, SubscriptionState, SubscriptionAnswer>
type Draft = {
  [T in SubscriptionEventType]: { readonly type: T; readonly data: SubscriptionEventData[T] }
}[SubscriptionEventType]
type Of<T extends SubscriptionCommand['type']> = Extract<SubscriptionCommand, { readonly type: T }>

export interface SubscriptionAnswer {
  /** After the command. */
  readonly state: SubscriptionState
  readonly created?: true
  /** The command woke it, or began the next wake. */
  readonly woke: boolean
  /** There was nothing to claim: what it was woken for is gone, and it sleeps again. */
  readonly nothing?: true
}

/** Most streams of one subscription. */
export const maxLinks = 10_000

export function decideSubscription(state: SubscriptionState, command: SubscriptionCommand, now: number): Decision {
  if (command.type === 'create') return create(state, command, now)
  if (state.seq === 0)
    return refuse('not_found', 'There is no such subscription. Create it with PUT.', 'SUBSCRIPTION_NOT_FOUND')
  switch (command.type) {
    case 'link':
      return link(state, command, now)
    case 'unlink': {
      const { path, by } = command
      if (!state.links.some((known) => known.path === path)) return noop(state)
      return accept(state, now, [{ type: 'subscription.unlinked', data: { path, ...(by && { by }) } }])
    }
    case 'grown':
      return grown(state, command, now)
    case 'called':
      // A worker that answered through its callback first holds it already, or is done.
      if (isStale(state, command.proof) || state.wake?.status !== 'calling') return noop(state)
      return accept(state, now, [{ type: 'subscription.called', data: {} }])
    case 'call-failed':
      if (isStale(state, command.proof) || state.wake?.status !== 'calling') return noop(state)
      return accept(state, now, [{ type: 'subscription.call-failed', data: { retryAt: command.retryAt } }])
    case 'claim':
      return claim(state, command, now)
    case 'ack':
      return ack(state, command, now)
    case 'release':
      if (isStale(state, command.proof)) return fenced(state)
      return accept(state, now, [sleep('released'), ...nextWake(state, command, [])])
    case 'tick': {
      const isOver = state.wake?.status === 'held' && now >= (subscriptionDue(state) ?? Infinity)
      return isOver ? accept(state, now, [sleep('lapsed'), ...nextWake(state, command, [])]) : noop(state)
    }
    default:
      return command satisfies never
  }
}

function create(state: SubscriptionState, command: Of<'create'>, now: number): Decision {
  const { type: _type, ...data } = command
  if (state.seq === 0) {
    if (data.links.length > maxLinks) return tooMany()
    const decision = accept(state, now, [{ type: 'subscription.created', data }])
    return decision.outcome === 'accepted' ? { ...decision, answer: { ...decision.answer, created: true } } : decision
  }
  if (canonical({ ...state.config }) === canonical({ ...command.config })) return noop(state)
  return refuse(
    'stream_conflict',
    'There is a subscription of this id that is configured otherwise. Delete it first, or use another id.',
    'SUBSCRIPTION_ALREADY_EXISTS',
  )
}

function link(state: SubscriptionState, { links }: Of<'link'>, now: number): Decision {
  const fresh = links.filter(
    ({ path, by }) => !state.links.some((known) => known.path === path && known.by.includes(by)),
  )
  if (fresh.length === 0) return noop(state)
  if (state.links.length + fresh.length > maxLinks) return tooMany()
  return accept(state, now, [{ type: 'subscription.linked', data: { links: fresh } }])
}

function grown(state: SubscriptionState, command: Of<'grown'>, now: number): Decision {
  const fresh = command.links.filter(({ path }) => !state.links.some((known) => known.path === path))
  if (state.links.length + fresh.length > maxLinks) return tooMany()
  const linked: readonly Draft[] = fresh.length === 0 ? [] : [{ type: 'subscription.linked', data: { links: fresh } }]
  const known = fresh.map(({ path, by, acked }) => ({ path, by: [by], acked }))
  const after = { ...state, links: [...state.links, ...known] }
  const isWanted = state.wake === null && firstPending(after, command.tails, []) !== undefined
  const woken: readonly Draft[] = isWanted ? [wake(command.nextWake, command.path, command.tails)] : []
  const drafts = [...linked, ...woken]
  return drafts.length === 0 ? noop(state) : accept(state, now, drafts)
}

function claim(state: SubscriptionState, { worker, tails, nextWake: id }: Of<'claim'>, now: number): Decision {
  if (state.config.type !== 'pull-wake')
    return refuse(
      'bad_request',
      'This subscription calls a webhook; only those of type pull-wake are claimed.',
      'INVALID_REQUEST',
    )
  if (state.wake?.status === 'held') {
    return refuse('not_claimable', `${state.wake.worker} works on it.`, 'ALREADY_CLAIMED', {
      current_holder: state.wake.worker,
      generation: state.generation,
    })
  }
  const path = firstPending(state, tails, [])
  if (path === undefined && state.wake !== null) {
    // What it was woken for is gone. Left awake, it would be woken by nothing that comes.
    const decision = accept(state, now, [sleep('done')])
    return decision.outcome === 'accepted' ? { ...decision, answer: { ...decision.answer, nothing: true } } : decision
  }
  if (path === undefined) return { outcome: 'refused', error: nothingToClaim() }
  const woken: readonly Draft[] = state.wake === null ? [wake(id, path, tails)] : []
  return accept(state, now, [...woken, { type: 'subscription.claimed', data: { worker } }])
}

function ack(state: SubscriptionState, command: Of<'ack'>, now: number): Decision {
  if (isStale(state, command.proof)) return fenced(state)
  const acks = command.acks === 'all' ? allOf(state, command.tails) : command.acks
  for (const { path, seq } of acks) {
    const known = state.links.find((one) => one.path === path)
    if (!known) return wrongOffset(`${path} is no stream of this subscription.`)
    if (seq < known.acked && command.acks !== 'all') return wrongOffset(`More of ${path} was acknowledged before.`)
    if (seq > (command.tails[path] ?? 0)) return wrongOffset(`${path} ends before the offset that was acknowledged.`)
  }
  const acked: Draft = { type: 'subscription.acked', data: { acks } }
  const end = command.done ? [sleep('done'), ...nextWake(state, command, acks)] : []
  return accept(state, now, [acked, ...end])
}

/** A stream that ends before where it ended then is another one, of which nothing was handled. */
function allOf({ wake, links }: SubscriptionState, tails: Tails): readonly Ack[] {
  return links.flatMap(({ path }) => {
    const seq = wake?.tails[path]
    return seq === undefined || seq > (tails[path] ?? 0) ? [] : [{ path, seq }]
  })
}

function isStale({ wake, generation }: SubscriptionState, proof: WakeProof): boolean {
  return wake === null || wake.id !== proof.wake || generation !== proof.generation
}

/** Work that is left, or came meanwhile, begins the next generation at once. */
function nextWake(
  state: SubscriptionState,
  { tails, nextWake: id }: { readonly tails: Tails; readonly nextWake: string },
  acks: readonly Ack[],
): readonly Draft[] {
  const path = firstPending(state, tails, acks)
  return path === undefined ? [] : [wake(id, path, tails)]
}

function firstPending({ links }: SubscriptionState, tails: Tails, acks: readonly Ack[]): string | undefined {
  const ackedNow = new Map(acks.map(({ path, seq }) => [path, seq]))
  return links.find(({ path, acked }) => (tails[path] ?? 0) > Math.max(acked, ackedNow.get(path) ?? 0))?.path
}

function wake(id: string, path: string, tails: Tails): Draft {
  return { type: 'subscription.woken', data: { wake: id, path, tails } }
}

function sleep(how: SubscriptionEventData['subscription.slept']['how']): Draft {
  return { type: 'subscription.slept', data: { how } }
}

function accept(before: SubscriptionState, now: number, drafts: readonly Draft[]): Decision {
  let state = before
  const events = drafts.map((draft, index): SubscriptionEvent => {
    const event = { seq: before.seq + index + 1, at: Math.max(now, before.at), ...draft } as SubscriptionEvent // a draft is the rest of one
    state = foldSubscription(state, event)
    return event
  })
  return {
    outcome: 'accepted',
    events,
    state,
    answer: { state, woke: drafts.some(({ type }) => type === 'subscription.woken') },
  }
}

function noop(state: SubscriptionState): Decision {
  return { outcome: 'noop', answer: { state, woke: false } }
}

function fenced({ generation }: SubscriptionState): Decision {
  const text = `The subscription is at generation ${generation}, and this wake is over: stop, and wait for the next one.`
  return refuse('fenced', text, 'FENCED', { generation })
}

/** Why there is nothing to claim, also where that ended a wake. */
export function nothingToClaim(): HeadraceError {
  const text = 'There is nothing new in the streams of this subscription.'
  return new HeadraceError('not_claimable', text, { detail: { reason: 'NO_PENDING_WORK' } })
}

function wrongOffset(text: string): Decision {
  return refuse('out_of_order', text, 'INVALID_OFFSET')
}

function tooMany(): Decision {
  return refuse('limit_exceeded', `A subscription may have ${maxLinks} streams (links).`, 'INVALID_REQUEST')
}

/** @param reason - the protocol's own word for it */
function refuse(code: ErrorCode, text: string, reason: string, detail: JsonObject = {}): Decision {
  return { outcome: 'refused', error: new HeadraceError(code, text, { detail: { reason, ...detail } }) }
}
