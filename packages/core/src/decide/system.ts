/** Rules for what the server itself asks of a session. */
import type { SystemCommandBody } from '../commands.ts'
import { enforceBudgets } from './budget.ts'
import { refuse, within, type Draft } from './draft.ts'
import { endRun } from './end-run.ts'

type Body<T extends SystemCommandBody['type']> = Extract<SystemCommandBody, { readonly type: T }>

export function join(draft: Draft, { device, node, label }: Body<'join'>): void {
  const { actor, name } = draft.command.grant
  const { presence } = draft.view
  const present = presence.find((entry) => entry.actor === actor && entry.device === device)
  if (present?.node === node) return
  const after = present ? presence.length : presence.length + 1
  within(after, draft.limits, 'presentDevices', 'More may watch, but are not shown.')
  const data = { device, node, ...(name !== undefined && { name }), ...(label !== undefined && { label }) }
  draft.emit('presence.joined', data)
  if (presence.length === 0) wakeWatched(draft)
}

/** Runs that were paused only because nobody watched go on when somebody does. */
function wakeWatched(draft: Draft): void {
  for (const run of draft.view.runs) {
    if (run.status !== 'ended' && run.paused?.by === 'system:headrace')
      draft.emit('run.resumed', {}, { run: run.id, actor: 'system:headrace' })
  }
}

export function leave(draft: Draft, { device, node }: Body<'leave'>): void {
  const { actor } = draft.command.grant
  const present = draft.view.presence.find((entry) => entry.actor === actor && entry.device === device)
  if (present && (node === undefined || node === present.node)) draft.emit('presence.left', { device })
}

export function erased(draft: Draft, { of }: Body<'erased'>): void {
  if (draft.state.guard.erasing.some(({ seq }) => seq === of)) draft.emit('content.erased', { of })
}

/**
 * Another server may have come first. While something is being erased nothing is dropped: the state that stands for what was
 * dropped may have been read before, and would bring the content back.
 */
export function compacted(draft: Draft, { floor, gaps }: Body<'compacted'>): void {
  if (draft.state.guard.erasing.length > 0) return
  if (floor > (draft.view.compactedTo ?? 0)) draft.emit('log.compacted', { floor, gaps })
}

/** Of servers that share a store one tells somebody. Where it dies over that, another one may when its time is over. */
export function takeNotice(draft: Draft, { id, node, forMs }: Body<'take-notice'>): void {
  const notice = draft.state.guard.notices.find((one) => one.id === id)
  if (!notice || (notice.taken && notice.taken.node !== node && notice.taken.until > draft.now)) return
  draft.emit('notice.taken', { id, node, until: draft.now + forMs })
}

export function settleNotice(draft: Draft, { id, outcome }: Body<'settle-notice'>): void {
  if (draft.state.guard.notices.some((notice) => notice.id === id)) draft.emit('notice.settled', { id, outcome })
}

/** Most times that the agent of a run is called before the run becomes a dead letter. */
export const deliveryTries = 8

/** Calling the agent failed. What was asked to stop is over; else it waits for the next try, or for somebody to retry it. */
export function undelivered(draft: Draft, { run: id, attempt, error, retryMs }: Body<'undelivered'>): void {
  const run = draft.run(id)
  if (run.status !== 'active' || run.attempt !== attempt) {
    refuse('fenced', `Attempt ${attempt} of run ${id} no longer holds it.`, { run: id, attempt: run.attempt })
  }
  if (run.cancel) return endRun(draft, run, { reason: 'cancelled', detail: 'Its agent could not be reached.' })
  const tries = (run.undelivered?.tries ?? 0) + 1
  const dead = tries >= deliveryTries || retryMs === undefined
  draft.emit(
    'run.undelivered',
    { tries, error: error.slice(0, 1_024), ...(dead ? { dead: true as const } : { retryAt: draft.now + retryMs }) },
    { run: id },
  )
  enforceBudgets(draft, id)
}
