/**
 * What counts against budgets (R7). Tokens and cost are what agents report; tool calls and time are counted here, so that
 * a run is bounded whatever its agent says of itself.
 */
import { hot } from '../limits.ts'
import { addSpent, nothingSpent, spentBy, type Spent } from '../usage.ts'
import type { SessionEvent } from '../events.ts'
import type { Actor, RunId } from '../ids.ts'
import type { Guard } from '../state.ts'
import type { SessionView } from '../view.ts'

export function foldSpent(guard: Guard, event: SessionEvent, view: SessionView): Guard {
  const { run } = event
  if (event.type === 'session.updated') {
    const { budget, participantBudget } = event.data
    // What was warned of was another limit.
    const fresh = budget === undefined ? guard : forgetWarned(guard, 'session ')
    return participantBudget === undefined ? fresh : forgetWarned(fresh, 'participant ')
  }
  if (run === undefined) return guard
  if (event.type === 'budget.warned') {
    const { scope, measure, percent } = event.data
    const key = scope === 'run' ? `run ${run}` : scope === 'session' ? scope : `participant ${askedBy(view, run)}`
    return { ...guard, warned: { ...guard.warned, [`${key} ${measure}`]: percent } }
  }
  const used = usedBy(guard, run, event)
  const counted = used ? count(guard, run, used, view) : guard
  return event.type === 'run.ended' ? forget(counted, run) : counted
}

function usedBy(guard: Guard, run: RunId, event: SessionEvent): Spent | undefined {
  switch (event.type) {
    case 'part.opened':
      return event.data.start.kind === 'tool' ? { ...nothingSpent, toolCalls: 1 } : undefined
    case 'run.used':
      return spentBy(event.data.usage)
    case 'run.lapsed':
    case 'run.suspended':
    case 'run.undelivered':
    case 'run.ended': {
      const hold = guard.holds[run]
      const reported = event.type === 'run.ended' && event.data.usage ? spentBy(event.data.usage) : nothingSpent
      return addSpent(reported, { timeMs: hold ? event.at - hold.since : 0 })
    }
    default:
      return undefined
  }
}

/** For the run and all open ones that it came from, for the session, and for whoever asked in the first place. */
function count(guard: Guard, run: RunId, used: Spent, view: SessionView): Guard {
  const { spent } = guard
  const runs = { ...spent.runs }
  const open = new Set(view.runs.filter((candidate) => candidate.status !== 'ended').map((candidate) => candidate.id))
  for (const id of lineage(view, run)) if (open.has(id)) runs[id] = addSpent(runs[id] ?? nothingSpent, used)
  const who = askedBy(view, run)
  const participants = who === undefined ? spent.participants : countFor(spent.participants, who, used)
  return { ...guard, spent: { runs, session: addSpent(spent.session, used), participants } }
}

function countFor(
  participants: Guard['spent']['participants'],
  who: Actor,
  used: Spent,
): Guard['spent']['participants'] {
  const before = participants[who]
  if (!before && Object.keys(participants).length >= hot.participants) return participants
  return { ...participants, [who]: addSpent(before ?? nothingSpent, used) }
}

/** A run, the run that started it, and so on. */
export function lineage(view: SessionView, run: RunId): readonly RunId[] {
  const line: RunId[] = []
  for (let id: RunId | undefined = run; id !== undefined && !line.includes(id);) {
    line.push(id)
    const current: RunId = id
    id = view.runs.find((candidate) => candidate.id === current)?.parent
  }
  return line
}

/** The participant whose input led to a run. */
export function askedBy(view: SessionView, run: RunId): Actor | undefined {
  const root = lineage(view, run).at(-1)
  return view.runs.find((candidate) => candidate.id === root)?.by
}

function forget(guard: Guard, run: RunId): Guard {
  const { [run]: _, ...runs } = guard.spent.runs
  return forgetWarned({ ...guard, spent: { ...guard.spent, runs } }, `run ${run} `)
}

function forgetWarned(guard: Guard, prefix: string): Guard {
  const left = Object.entries(guard.warned).filter(([key]) => !key.startsWith(prefix))
  return { ...guard, warned: Object.fromEntries(left) }
}
