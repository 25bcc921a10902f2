/**
 * What the holder of a run is told about it (C3, C5, C6, C7, C8, R5, R7): of each event that concerns it, and after a
 * reconnect of all that it may have missed. Being told twice is harmless: everything names what it is about.
 */
import {
  isHeld,
  isOpen,
  sees,
  visibleMessage,
  visibleView,
  type Reader,
  type RunId,
  type RunSignal,
  type SessionEvent,
  type SessionView,
} from '@headrace/core'

export interface Told {
  readonly run: RunId
  readonly signal: RunSignal
}

/** What an event says to holders of runs. The end of an attempt is not among it. */
export function signalsOf(view: SessionView, event: SessionEvent): readonly Told[] {
  const { run } = event
  if (event.type === 'floor.taken') return toHeld(view, 'paused')
  if (event.type === 'floor.returned') return toHeld(view, 'resumed')
  if (run === undefined) return []
  switch (event.type) {
    case 'run.cancel-requested':
      return [{ run, signal: { signal: 'cancel' } }]
    case 'run.paused':
      return [{ run, signal: { signal: 'paused' } }]
    case 'run.resumed':
      return isHeldNow(view, run) ? [] : [{ run, signal: { signal: 'resumed' } }]
    case 'run.steered':
      return steered(view, run, event.data.message)
    case 'request.answered':
    case 'request.expired':
    case 'request.withdrawn':
      return answered(view, run, event.data.id)
    case 'budget.warned':
      return [{ run, signal: { signal: 'budget', warning: event.data } }]
    case 'run.ended':
      return childEnded(view, run)
    default:
      return []
  }
}

/** All that the holder of a run may have missed. */
export function missedSignals(view: SessionView, id: RunId): readonly Told[] {
  const run = view.runs.find((candidate) => candidate.id === id)
  if (run?.status !== 'active') return []
  const cancel = run.cancel ? [{ run: id, signal: { signal: 'cancel' as const } }] : []
  const paused = [{ run: id, signal: { signal: isHeld(view, run) ? ('paused' as const) : ('resumed' as const) } }]
  const steers = (run.steers ?? []).filter(({ status }) => status === 'pending')
  const requests = view.requests.filter((request) => request.run === id && !isOpen(request))
  const children = view.runs.filter((child) => child.parent === id)
  return [
    ...cancel,
    ...paused,
    ...steers.flatMap(({ message }) => steered(view, id, message)),
    ...requests.flatMap((request) => answered(view, id, request.id)),
    ...children.flatMap((child) => childEnded(view, child.id)),
  ]
}

function toHeld(view: SessionView, signal: 'paused' | 'resumed'): readonly Told[] {
  return view.runs.flatMap((run) =>
    run.status === 'active' && (signal === 'paused' || !run.paused) ? [{ run: run.id, signal: { signal } }] : [],
  )
}

function isHeldNow(view: SessionView, id: RunId): boolean {
  const run = view.runs.find((candidate) => candidate.id === id)
  return run !== undefined && isHeld(view, run)
}

function steered(view: SessionView, run: RunId, id: string): readonly Told[] {
  const found = view.messages.find((candidate) => candidate.id === id)
  const message = found && visibleMessage(found, readerOf(view, run))
  return message ? [{ run, signal: { signal: 'steered', message } }] : []
}

function answered(view: SessionView, run: RunId, id: string): readonly Told[] {
  const request = view.requests.find((candidate) => candidate.id === id)
  return request ? [{ run, signal: { signal: 'answered', request } }] : []
}

function childEnded(view: SessionView, id: RunId): readonly Told[] {
  const child = view.runs.find((candidate) => candidate.id === id)
  if (child?.status !== 'ended' || child.parent === undefined) return []
  return [{ run: child.parent, signal: { signal: 'child', child } }]
}

/**
 * The view that the holder of a run is given: as its agent sees it, and what the run itself has asked, whoever that was for.
 * A later attempt that asks again must find the answer.
 */
export function heldView(view: SessionView, id: RunId): SessionView {
  const reader = readerOf(view, id)
  const requests = view.requests.filter((request) => request.run === id || sees(reader, request.spec.to))
  return { ...visibleView(view, reader), requests }
}

/** Whoever works on a run reads as its agent. */
function readerOf(view: SessionView, id: RunId): Reader {
  const run = view.runs.find((candidate) => candidate.id === id)
  return { actor: `agent:${run?.agent ?? ''}` }
}
