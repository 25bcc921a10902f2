/** How runs change: queued ─▶ active ⇄ suspended ─▶ ended, and back to queued when an attempt is over. */
import { hot } from '../limits.ts'
import { addUsage, type Usage } from '../usage.ts'
import type { EventOf } from '../events.ts'
import type { ActiveRun, EndedRun, QueuedRun, Run, RunBase, SessionView, Steer, SuspendedRun } from '../view.ts'
import { interrupt, settleParts } from './messages.ts'

type RunEvent = EventOf<
  | 'run.queued'
  | 'run.moved'
  | 'run.claimed'
  | 'run.renewed'
  | 'run.lapsed'
  | 'run.cancel-requested'
  | 'run.suspended'
  | 'run.woken'
  | 'run.paused'
  | 'run.resumed'
  | 'run.used'
  | 'run.steered'
  | 'steer.consumed'
  | 'steer.missed'
  | 'run.undelivered'
  | 'run.retried'
  | 'run.ended'
>

export function foldRuns(view: SessionView, event: RunEvent): SessionView {
  switch (event.type) {
    case 'run.queued':
      return { ...view, runs: [...view.runs, queuedRun(event)] }
    case 'run.moved':
      return { ...view, runs: moved(view.runs, event) }
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
    case 'run.suspended':
      return settleParts(
        changeRun(view, event.run, (run) => suspendedRun(run, event)),
        event.run,
      )
    case 'run.woken':
      return changeRun(view, event.run, (run): QueuedRun => ({ ...baseOf(run), status: 'queued' }))
    case 'run.paused':
      return changeRun(view, event.run, (run) => ({ ...run, paused: { by: event.actor, at: event.at } }))
    case 'run.resumed':
      return changeRun(view, event.run, ({ paused: _, ...run }) => run)
    case 'run.used':
      return addToUsage(view, event.run, event.data.usage)
    case 'run.steered': {
      const { message, carry } = event.data
      const steer: Steer = { message, by: event.actor, at: event.at, carry, status: 'pending' }
      return changeRun(view, event.run, (run) => ({ ...run, steers: [...(run.steers ?? []), steer] }))
    }
    case 'steer.consumed': {
      const { message, step } = event.data
      const change = { status: 'consumed' as const, ...(step !== undefined && { step }) }
      return changeRun(view, event.run, (run) => changeSteer(run, message, change))
    }
    case 'steer.missed': {
      const { message, why, next } = event.data
      const change = { status: 'missed' as const, why, ...(next !== undefined && { next }) }
      return changeRun(view, event.run, (run) => changeSteer(run, message, change))
    }
    case 'run.undelivered': {
      const undelivered = { ...event.data, at: event.at }
      const waiting = changeRun(view, event.run, (run): QueuedRun => ({
        ...baseOf(run),
        status: 'queued',
        undelivered,
      }))
      return interrupt(waiting, event.run, 'open')
    }
    case 'run.retried':
      return changeRun(view, event.run, ({ undelivered: _, ...run }) => run)
    case 'run.ended':
      return endRun(view, event)
    default:
      return event satisfies never
  }
}

function queuedRun(event: EventOf<'run.queued'>): QueuedRun {
  return { ...event.data, status: 'queued', by: event.actor, queuedAt: event.at, attempt: 0 }
}

function activeRun(run: Run, event: EventOf<'run.claimed'>): ActiveRun {
  return { ...baseOf(run), status: 'active', claimedAt: event.at, ...event.data }
}

function lapsedRun(run: Run, at: number): QueuedRun {
  return { ...delivered(run), lapses: (run.lapses ?? 0) + 1, status: 'queued', lapsedAt: at }
}

function suspendedRun(run: Run, event: EventOf<'run.suspended'>): SuspendedRun {
  const { attempt: _, ...data } = event.data
  return { ...delivered(run), status: 'suspended', suspendedAt: event.at, ...data }
}

/** Once its agent had it, that it could not be reached before is of no interest any more. */
function delivered(run: Run): RunBase {
  const { undelivered: _, ...base } = baseOf(run)
  return base
}

/** Fields that a run has in one state only. */
const ofOneState: ReadonlySet<string> = new Set([
  'status',
  'lapsedAt',
  'worker',
  'claimedAt',
  'leaseMs',
  'cancel',
  'suspendedAt',
  'waitsFor',
  'detail',
  'reason',
  'endedAt',
  'cancelledBy',
])

function baseOf(run: Run): RunBase {
  const base: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(run)) if (!ofOneState.has(key)) base[key] = value
  return base as unknown as RunBase // all other fields are those of every state
}

function changeRun(view: SessionView, id: string | undefined, change: (run: Run) => Run): SessionView {
  const index = view.runs.findIndex((run) => run.id === id)
  const run = view.runs[index]
  return run ? { ...view, runs: view.runs.with(index, change(run)) } : view
}

function changeSteer(run: Run, message: string, change: Partial<Steer>): Run {
  const steers = (run.steers ?? []).map((steer) => (steer.message === message ? { ...steer, ...change } : steer))
  return { ...run, steers }
}

function moved(runs: readonly Run[], { run: id, data }: EventOf<'run.moved'>): readonly Run[] {
  const run = runs.find((candidate) => candidate.id === id)
  if (!run) return runs
  const others = runs.filter((candidate) => candidate !== run)
  const index = data.before === null ? others.length : others.findIndex((other) => other.id === data.before)
  return index < 0 ? runs : [...others.slice(0, index), run, ...others.slice(index)]
}

/** Counts a report for the run, for those that started it, and for the session. */
function addToUsage(view: SessionView, id: string | undefined, usage: Usage | undefined): SessionView {
  if (!usage) return view
  let counted = changeRun(view, id, (run) => ({ ...run, usage: addUsage(run.usage, usage) }))
  for (let parent = parentOf(view, id); parent !== undefined; parent = parentOf(view, parent)) {
    counted = changeRun(counted, parent, (run) => ({ ...run, childUsage: addUsage(run.childUsage, usage) }))
  }
  return { ...counted, usage: addUsage(counted.usage, usage) }
}

function parentOf(view: SessionView, id: string | undefined): string | undefined {
  return view.runs.find((run) => run.id === id)?.parent
}

function endRun(view: SessionView, event: EventOf<'run.ended'>): SessionView {
  const { attempt: _, usage, ...data } = event.data
  const counted = addToUsage(view, event.run, usage)
  const ended = changeRun(counted, event.run, (run): EndedRun => {
    const { paused: _, ...base } = delivered(run)
    const active = run.status === 'active' ? run : undefined
    const cancelledBy = active?.cancel?.by ?? (!active && data.reason === 'cancelled' ? event.actor : undefined)
    return {
      ...base,
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

/**
 * Lets go the runs that ended longest ago, but never the one that ends now, however early it was queued; none that an open
 * run started, because that one would start it again; and none that an open run comes from, because what that one uses
 * counts further up. Limits bound how many those are.
 */
function dropOldest(runs: readonly Run[], endsNow: string | undefined): readonly Run[] {
  const kept = new Set<string>()
  const byId = new Map(runs.map((run) => [run.id, run]))
  for (const run of runs) {
    if (run.status === 'ended') continue
    for (let { parent } = run; parent !== undefined && !kept.has(parent); parent = byId.get(parent)?.parent)
      kept.add(parent)
  }
  const mayGo = runs.filter((run) => run.status === 'ended' && !kept.has(run.id) && !isChildOfOpen(run, byId))
  const over = mayGo.length - hot.endedRuns
  if (over <= 0) return runs
  const oldest = mayGo.filter((run) => run.id !== endsNow) as EndedRun[] // the filter above
  const gone = new Set<Run>(oldest.sort((a, b) => a.endedAt - b.endedAt).slice(0, over))
  return runs.filter((run) => !gone.has(run))
}

function isChildOfOpen({ parent }: Run, byId: ReadonlyMap<string, Run>): boolean {
  return parent !== undefined && (byId.get(parent)?.status ?? 'ended') !== 'ended'
}

/** Ends every run that is open, as a copy of a session does: nobody works on them there. */
export function endOpenRuns(view: SessionView, event: EventOf<'session.forked'>, detail: string): SessionView {
  let ended = view
  for (const run of view.runs) {
    if (run.status === 'ended') continue
    const { attempt } = run
    for (const { message, status } of run.steers ?? [])
      if (status === 'pending')
        ended = changeRun(ended, run.id, (old) => changeSteer(old, message, { status: 'missed', why: detail }))
    ended = endRun(ended, { ...event, type: 'run.ended', run: run.id, data: { reason: 'cancelled', attempt, detail } })
  }
  return ended
}
