import { claimable, type Actor, type Run, type Usage } from '@headrace/core'
import type { Answer } from './turns.ts'

/** How an answer stands, as one word and what belongs to it. */
export type AnswerState =
  /** No agent has taken it yet, or none since the last one was lost (`attempt` counts those). */
  | { readonly kind: 'waiting'; readonly attempt: number; readonly maxAttempts: number }
  /** Its agent has earlier work here. */
  | { readonly kind: 'queued'; readonly ahead: number }
  | { readonly kind: 'working'; readonly attempt: number; readonly maxAttempts: number }
  | { readonly kind: 'stopping'; readonly by: Actor }
  /** It waits for an answer of somebody, or to be resumed. */
  | { readonly kind: 'suspended' }
  | { readonly kind: 'complete'; readonly tookMs?: number; readonly usage?: Usage }
  | { readonly kind: 'stopped'; readonly by?: Actor; readonly detail?: string }
  | { readonly kind: 'failed'; readonly detail?: string }
  | { readonly kind: 'lost'; readonly detail?: string }
  /** Its run is forgotten, and it was not complete. */
  | { readonly kind: 'interrupted' }

/** @param runs - those of the view */
export function answerState({ run, messages }: Answer, runs: readonly Run[]): AnswerState {
  if (!run) return { kind: messages.some((message) => message.status !== 'complete') ? 'interrupted' : 'complete' }
  switch (run.status) {
    case 'queued': {
      const { attempt, maxAttempts } = run
      if (claimable({ runs }, run)) return { kind: 'waiting', attempt, maxAttempts }
      return { kind: 'queued', ahead: ahead(runs, run) }
    }
    case 'active': {
      const { attempt, maxAttempts } = run
      return run.cancel ? { kind: 'stopping', by: run.cancel.by } : { kind: 'working', attempt, maxAttempts }
    }
    case 'suspended':
      return { kind: 'suspended' }
    case 'ended':
      break
    default:
      return run satisfies never
  }
  const detail = run.detail !== undefined && { detail: run.detail }
  switch (run.reason) {
    case 'complete': {
      const tookMs = run.claimedAt === undefined ? undefined : run.endedAt - run.claimedAt
      return { kind: 'complete', ...(tookMs !== undefined && { tookMs }), ...(run.usage && { usage: run.usage }) }
    }
    case 'cancelled':
      return { kind: 'stopped', ...(run.cancelledBy !== undefined && { by: run.cancelledBy }), ...detail }
    case 'failed':
      return { kind: 'failed', ...detail }
    case 'lost':
      return { kind: 'lost', ...detail }
    case 'budget':
      return { kind: 'failed', ...detail }
    default:
      return run.reason satisfies never
  }
}

/** How many open runs of the same agent come before a queued one. */
function ahead(runs: readonly Run[], run: Run): number {
  const open = runs.filter((other) => other.agent === run.agent && other.status !== 'ended')
  return open.findIndex((other) => other.id === run.id)
}

/** Whether something may still come, or be stopped. */
export function isOpen(state: AnswerState): boolean {
  return ['waiting', 'queued', 'working', 'stopping', 'suspended'].includes(state.kind)
}
