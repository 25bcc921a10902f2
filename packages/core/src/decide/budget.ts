/**
 * Rules for budgets (R7): of a run with all that it started, of the session, and of a participant. At 50, 75 and 80 % the
 * agent is warned; at the limit the run ends as `budget`.
 */
import { askedBy, lineage } from '../fold/spent.ts'
import { measures, nothingSpent, type Budget, type Spent } from '../usage.ts'
import type { EventData } from '../events.ts'
import type { Actor, RunId } from '../ids.ts'
import type { Guard, Hold, SessionState } from '../state.ts'
import type { Run } from '../view.ts'
import { hot } from '../limits.ts'
import { endRun } from './end-run.ts'
import { refuse, type Draft } from './draft.ts'

type Scope = EventData['budget.warned']['scope']

const warnAt = [80, 75, 50] as const

interface Bounded {
  readonly scope: Scope
  /** Whose agent is warned. */
  readonly run: RunId
  /** Where warnings are remembered. */
  readonly key: string
  readonly budget: Budget
  /** What was used by attempts that are over, and what was reported. */
  readonly before: Spent | undefined
  /** The runs that end with it. */
  readonly runs: readonly Run[]
}

/**
 * Warns and ends what has used too much. Called after what may have used something, when time may have, and when a budget
 * changes.
 *
 * @param actor - in whose name. Default: whoever sent the command
 */
export function enforceBudgets(draft: Draft, id: RunId, actor?: Actor): void {
  for (const bounded of boundsOn(draft.state, id)) enforce(draft, bounded, actor === undefined ? {} : { actor })
}

function enforce(draft: Draft, bounded: Bounded, by: { readonly actor?: Actor }): void {
  const { scope, key, budget, run: id, runs } = bounded
  const spent = spentAt(draft.state, bounded, draft.now)
  for (const measure of measures) {
    const limit = budget[measure]
    if (limit === undefined) continue
    const used = spent[measure]
    if (used >= limit) {
      const detail = `The ${measure} budget of the ${scope} is used up: ${round(used)} of ${limit}.`
      for (const run of runs) {
        const now = draft.view.runs.find((candidate) => candidate.id === run.id)
        if (now && now.status !== 'ended') endRun(draft, now, { reason: 'budget', detail }, by)
      }
      return
    }
    const percent = warnAt.find((mark) => used * 100 >= limit * mark)
    if (percent === undefined || percent <= (draft.state.guard.warned[`${key} ${measure}`] ?? 0)) continue
    draft.emit('budget.warned', { scope, measure, percent, used: round(used), limit }, { run: id, ...by })
  }
}

/** The budgets that a run counts for. */
function boundsOn({ view, guard }: SessionState, id: RunId): readonly Bounded[] {
  const open = view.runs.filter((run) => run.status !== 'ended')
  const bounds: Bounded[] = []
  for (const ancestor of lineage(view, id)) {
    const budget = open.find((candidate) => candidate.id === ancestor)?.budget
    if (!budget) continue
    const runs = open.filter((other) => lineage(view, other.id).includes(ancestor))
    bounds.push({
      scope: 'run',
      run: ancestor,
      key: `run ${ancestor}`,
      budget,
      before: guard.spent.runs[ancestor],
      runs,
    })
  }
  const { budget: whole, participantBudget: each } = view
  if (whole)
    bounds.push({ scope: 'session', run: id, key: 'session', budget: whole, before: guard.spent.session, runs: open })
  const who = askedBy(view, id)
  if (each && who !== undefined) {
    const runs = open.filter((run) => askedBy(view, run.id) === who)
    const before = guard.spent.participants[who]
    bounds.push({ scope: 'participant', run: id, key: `participant ${who}`, budget: each, before, runs })
  }
  return bounds
}

/** What is counted when attempts end is there already; attempts that go on have used their time so far. */
function spentAt({ guard }: SessionState, { before = nothingSpent, runs }: Bounded, now: number): Spent {
  const running = holdsOf(guard, runs).reduce((sum, hold) => sum + Math.max(0, now - hold.since), 0)
  return { ...before, timeMs: before.timeMs + running }
}

function holdsOf(guard: Guard, runs: readonly Run[]): readonly Hold[] {
  return runs.map((run) => guard.holds[run.id]).filter((hold) => hold !== undefined)
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** Refuses work for which nothing is left. */
export function mustHaveBudget(draft: Draft, who: Actor): void {
  const { view, guard } = draft.state
  const scopes = [
    { scope: 'session', budget: view.budget, spent: guard.spent.session },
    { scope: 'participant', budget: view.participantBudget, spent: guard.spent.participants[who] ?? nothingSpent },
  ] as const
  for (const { scope, budget, spent } of scopes) {
    const measure = budget && measures.find((name) => spent[name] >= (budget[name] ?? Infinity))
    if (budget && measure) {
      const text = `The ${measure} budget of the ${scope} is used up: ${round(spent[measure])} of ${budget[measure]}. Raise it with update.`
      refuse('budget_exhausted', text, { scope, measure, used: round(spent[measure]), limit: budget[measure] ?? 0 })
    }
  }
  const known = guard.spent.participants
  if (view.participantBudget && !known[who] && Object.keys(known).length >= hot.participants) {
    refuse('limit_exceeded', `participants is limited to ${hot.participants} in a session with a budget for each.`, {
      limit: 'participants',
      allowed: hot.participants,
      actual: hot.participants + 1,
    })
  }
}

/** When time will have used so much of a budget that somebody must be warned or stopped. Asked after every batch. */
export function budgetDue({ view, guard }: SessionState): number {
  const isTimed =
    view.budget?.timeMs ?? view.participantBudget?.timeMs ?? view.runs.find((run) => run.budget?.timeMs !== undefined)
  if (isTimed === undefined) return Infinity
  const byId = new Map(view.runs.map((run) => [run.id, run]))
  const clocks = new Map<string, Clock>()
  const start = (key: string, budget: Budget | undefined, before: Spent | undefined, { since }: Hold): void => {
    if (budget?.timeMs === undefined) return
    const clock = clocks.get(key) ?? { limit: budget.timeMs, before: before?.timeMs ?? 0, running: 0, since: 0 }
    clocks.set(key, { ...clock, running: clock.running + 1, since: clock.since + since })
  }
  const { runs, session, participants } = guard.spent
  for (const [id, hold] of Object.entries(guard.holds)) {
    start('session', view.budget, session, hold)
    let root: Run | undefined
    for (let run = byId.get(id); run; run = run.parent === undefined ? undefined : byId.get(run.parent)) {
      if (run.status !== 'ended') start(`run ${run.id}`, run.budget, runs[run.id], hold)
      root = run
    }
    if (root) start(`participant ${root.by}`, view.participantBudget, participants[root.by], hold)
  }
  let due = Infinity
  for (const [key, clock] of clocks) due = Math.min(due, clockDue(clock, guard.warned[`${key} timeMs`] ?? 0))
  return due
}

/** Attempts that use the time of one budget. */
interface Clock {
  readonly limit: number
  /** What attempts that are over have used. */
  readonly before: number
  /** How many use it now, and the sum of when they began. */
  readonly running: number
  readonly since: number
}

/** Solves "used before + all the time since each attempt began = the next mark" for when that is. */
function clockDue({ limit, before, running, since }: Clock, warned: number): number {
  const mark = [...warnAt.toReversed(), 100].find((percent) => percent > warned) ?? 100
  return Math.ceil(((limit * mark) / 100 - before + since) / running)
}
