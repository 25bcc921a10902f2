import type { Json, Run } from '@headrace/core'
import { clip } from './clip.ts'

const detailChars = 500

/** A run as a model reads it. */
export function showRun(run: Run): Json {
  const { id, agent, status, input, by, parent, paused, undelivered } = run
  return {
    run: id,
    agent,
    status,
    input,
    by,
    ...(parent !== undefined && { parent }),
    ...(paused && { pausedBy: paused.by }),
    ...(undelivered && {
      notDelivered: clip(undelivered.error, detailChars).text,
      ...(undelivered.dead && { givenUp: true }),
    }),
    ...stateOf(run),
  }
}

function stateOf(run: Run): { readonly [key: string]: Json } {
  switch (run.status) {
    case 'queued':
      return {}
    case 'active':
      return run.cancel ? { stoppedBy: run.cancel.by } : {}
    case 'suspended':
      return { waitsFor: [...run.waitsFor], ...detail(run.detail) }
    case 'ended':
      return { reason: run.reason, ...detail(run.detail), ...(run.cancelledBy && { stoppedBy: run.cancelledBy }) }
    default:
      return run satisfies never
  }
}

function detail(text: string | undefined): { readonly detail?: string } {
  return text === undefined ? {} : { detail: clip(text, detailChars).text }
}
