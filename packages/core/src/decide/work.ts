/** Rules for agents: who may take a run, and who still holds it (R1, R3). */
import { mayWorkAs } from '../grant.ts'
import { lease, type CommandBody } from '../commands.ts'
import type { Actor, RunId } from '../ids.ts'
import type { Hold } from '../state.ts'
import type { ActiveRun, Run, SessionView } from '../view.ts'
import { refuse, within, type Draft } from './draft.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

/** Whether an agent may take the run now: it waits, and nothing that must come before it is open. */
export function claimable(view: Pick<SessionView, 'runs'>, run: Run): boolean {
  if (run.status !== 'queued') return false
  if (run.policy === 'parallel') return true
  const others = view.runs.filter((other) => other.agent === run.agent && other.id !== run.id)
  if (others.some((other) => other.status === 'active')) return false
  const first = view.runs.find(
    (other) => other.agent === run.agent && other.status === 'queued' && other.policy !== 'parallel',
  )
  return first?.id === run.id
}

export function claim(draft: Draft, { run: id, worker, leaseMs }: Body<'claim'>): void {
  const run = findRun(draft, id)
  if (run.status === 'ended') refuseEnded(run.id)
  if (run.status === 'active' && run.worker === worker) return // a retry: it has it
  if (!claimable(draft.view, run)) {
    const why = run.status === 'active' ? `${run.worker} has it` : `an earlier run of ${run.agent} is open`
    refuse('not_claimable', `Run ${id} can't be claimed: ${why}.`, { run: id })
  }
  const active = draft.view.runs.filter((other) => other.status === 'active').length
  within(active + 1, draft.limits, 'activeRuns', 'Wait until one of them ends.')
  const data = { attempt: run.attempt + 1, worker, leaseMs: leaseMs ?? lease.defaultMs }
  draft.emit('run.claimed', data, { run: id, actor: agentActor(run) })
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
  const run = draft.view.runs.find((candidate) => candidate.id === id)
  if (!run) refuse('run_not_found', `This session has no open or recent run ${id}.`, { run: id })
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
  if (attempt < run.attempt || (run.status === 'queued' && attempt === run.attempt)) {
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
