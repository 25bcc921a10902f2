/** Rules for agents: who may take a run, and who still holds it (R1, R3). */
import { mayWorkAs } from '../grant.ts'
import { lease, type CommandBody } from '../commands.ts'
import type { Actor, RunId } from '../ids.ts'
import type { Hold } from '../state.ts'
import type { ActiveRun, EndedRun, Run, SessionView } from '../view.ts'
import { enforceBudgets } from './budget.ts'
import { refuse, within, type Draft } from './draft.ts'
import { isHeld } from './steer.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

type Place = Pick<SessionView, 'runs'> & Partial<Pick<SessionView, 'floor'>>

/**
 * Whether an agent may take the run now: it waits, and nothing that must come before it is open.
 *
 * @param view - without a `floor`, as if nobody held it
 */
export function claimable(view: Place, run: Run): boolean {
  if (run.status !== 'queued' || isHeld(view, run) || run.undelivered?.dead) return false
  if (isParallel(run)) return true
  const others = view.runs.filter(
    (other) => other.agent === run.agent && other.id !== run.id && other.parent === undefined,
  )
  // A run that waits for an answer keeps its place: what comes after it was asked for with it in mind.
  if (others.some((other) => other.status === 'active' || other.status === 'suspended')) return false
  const first = view.runs.find((other) => other.agent === run.agent && other.status === 'queued' && !isParallel(other))
  return first?.id === run.id
}

/** What another agent asked for never waits for what people asked for: that may be what the other one works on. */
function isParallel(run: Run): boolean {
  return run.policy === 'parallel' || run.parent !== undefined
}

export function claim(draft: Draft, { run: id, worker, leaseMs }: Body<'claim'>): void {
  const run = findRun(draft, id)
  if (run.status === 'ended') refuseEnded(run.id)
  if (run.status === 'active' && run.worker === worker) return // a retry: it has it
  if (!claimable(draft.view, run)) {
    refuse('not_claimable', `Run ${id} can't be claimed: ${whyNot(draft.view, run)}.`, { run: id })
  }
  const { retryAt = 0 } = run.undelivered ?? {}
  if (retryAt > draft.now)
    refuse('not_claimable', `Run ${id} can't be claimed: its agent is called again at ${retryAt}.`, {
      run: id,
      retryAt,
    })
  const active = draft.view.runs.filter((other) => other.status === 'active').length
  within(active + 1, draft.limits, 'activeRuns', 'Wait until one of them ends.')
  const data = { attempt: run.attempt + 1, worker, leaseMs: leaseMs ?? lease.defaultMs }
  draft.emit('run.claimed', data, { run: id, actor: agentActor(run) })
  // What was used before there was an agent to warn, as where the budget was lowered meanwhile.
  enforceBudgets(draft, id, 'system:headrace')
}

function whyNot(view: SessionView, run: Exclude<Run, EndedRun>): string {
  if (run.status === 'active') return `${run.worker} has it`
  if (run.status === 'suspended') return 'it is suspended'
  if (isHeld(view, run)) return run.paused ? 'it is paused' : `${view.floor.holder?.actor} holds the floor`
  if (run.undelivered?.dead) return 'it could not be delivered; retry it first'
  return `an earlier run of ${run.agent} is open`
}

/**
 * A lease that was renewed a moment ago needs no new event: an agent that writes heartbeats for free. A quarter of the
 * lease is a moment, so a worker that says so every third of it is heard each time.
 */
export function heartbeat(draft: Draft, { run: id, attempt }: Body<'heartbeat'>): void {
  const { run, hold } = held(draft, findRun(draft, id), attempt)
  const left = hold.until - draft.now
  if (left < (hold.leaseMs * 3) / 4) draft.emit('run.renewed', { attempt }, { run: id, actor: agentActor(run) })
}

/** Whoever holds the token writes as the run's agent; `mayWorkAs` has checked that it may. */
export function agentActor(run: Run): Actor {
  return `agent:${run.agent}`
}

/** The run that a worker names, if its token may work as the run's agent. */
export function findRun(draft: Draft, id: RunId): Run {
  const run = draft.run(id)
  if (!mayWorkAs(draft.command.grant, draft.view.id, run.agent)) {
    refuse('forbidden', `The token does not allow working as the agent ${run.agent} in this session.`, {
      agent: run.agent,
    })
  }
  return run
}

/** The fence: only the attempt that holds the lease may go on. */
export function held(draft: Draft, run: Run, attempt: number): { run: ActiveRun; hold: Hold } {
  const { id } = run
  const isLetGo = run.status === 'queued' || run.status === 'suspended'
  if (attempt < run.attempt || (isLetGo && attempt === run.attempt)) {
    refuse('fenced', `Attempt ${attempt} of run ${id} no longer holds it. Stop working on it.`, {
      run: id,
      attempt: run.attempt,
    })
  }
  if (run.status === 'ended') refuseEnded(id)
  const hold = draft.state.guard.holds[id]
  if (attempt > run.attempt || run.status !== 'active' || !hold) {
    refuse(
      'bad_request',
      `Run ${id} has had ${run.attempt} attempts, so there is no attempt ${attempt}. Claim it first.`,
    )
  }
  return { run, hold }
}

function refuseEnded(id: RunId): never {
  return refuse('run_ended', `Run ${id} is over. Ended is final.`, { run: id })
}
