import { useMemo } from 'react'
import type { Run, SessionView } from '@headrace/core'
import type { SessionActions } from '../session/session-actions.ts'
import { useSlice } from './use-slice.ts'

export interface UseRuns extends Pick<SessionActions, 'cancel' | 'pause' | 'resume' | 'retry' | 'steer' | 'reorder'> {
  /** All that have not ended and the newest that have, in the order they were asked for. */
  readonly runs: readonly Run[]
  /** Those that have not ended: queued, at work, or waiting for somebody. */
  readonly open: readonly Run[]
  readonly isBusy: boolean
}

const runsOf = ({ view }: { readonly view: SessionView }): readonly Run[] => view.runs

/**
 * What agents are doing in a session, and what can be done about it.
 *
 * @example
 * ```tsx
 * function Work({ id }: { id: string }) {
 *   const { open, cancel } = useRuns(id)
 *   return open.map((run) => (
 *     <p key={run.id}>{run.agent} is {run.status} <button onClick={() => void cancel({ run: run.id })}>Stop</button></p>
 *   ))
 * }
 * ```
 */
export function useRuns(id: string): UseRuns {
  const [runs, session] = useSlice(id, runsOf)
  const actions = useMemo<SessionActionsOfRuns>(
    () => ({
      cancel: (target) => session.cancel(target),
      pause: (run) => session.pause(run),
      resume: (run) => session.resume(run),
      retry: (run) => session.retry(run),
      steer: (run, input, options) => session.steer(run, input, options),
      reorder: (run, before) => session.reorder(run, before),
    }),
    [session],
  )
  return useMemo(() => {
    const open = runs.filter((run) => run.status !== 'ended')
    return { runs, open, isBusy: open.length > 0, ...actions }
  }, [runs, actions])
}

type SessionActionsOfRuns = Omit<UseRuns, 'runs' | 'open' | 'isBusy'>
