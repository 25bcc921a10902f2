/** Rules for runs that wait without an agent (R1): suspended by their agent, woken by answers or by `resume`. */
import { isOpen } from '../request.ts'
import type { Actor, RunId } from '../ids.ts'
import type { ActiveRun } from '../view.ts'
import { refuse, within, type Draft } from './draft.ts'

interface Suspension {
  readonly run: ActiveRun
  readonly origin: { readonly run: RunId; readonly actor: Actor; readonly n: number }
  readonly keys: readonly string[]
  readonly detail: string | undefined
}

export function suspendRun(draft: Draft, { run, origin, keys, detail }: Suspension): void {
  if (run.cancel) refuse('run_ended', `Run ${run.id} is being stopped: end it instead.`, { run: run.id })
  const suspended = draft.view.runs.filter((other) => other.status === 'suspended').length
  within(suspended + 1, draft.limits, 'suspendedRuns', 'Wait for some to be resumed, or end this one.')
  const waitsFor = keys.map((key) => {
    const id = `${run.id}.${key}`
    if (!draft.view.requests.some((request) => request.id === id)) {
      refuse('request_not_found', `Run ${run.id} has no request ${key} to wait for.`, { request: id })
    }
    return id
  })
  const data = { attempt: run.attempt, waitsFor, ...(detail !== undefined && { detail }) }
  draft.emit('run.suspended', data, origin)
  if (waitsFor.length > 0) wakeIfReady(draft, run.id)
}

/** A suspended run goes on when all that it waits for has an answer; it wakes once. */
export function wakeIfReady(draft: Draft, id: RunId): void {
  const run = draft.view.runs.find((candidate) => candidate.id === id)
  if (run?.status !== 'suspended' || run.waitsFor.length === 0) return
  const waits = draft.view.requests.some((request) => run.waitsFor.includes(request.id) && isOpen(request))
  if (!waits) draft.emit('run.woken', { attempt: run.attempt }, { run: id })
}
