import type { Down, MessageId } from '@headrace/core'
import { HeadraceError } from '@headrace/core'

/** A run as the server assigned it, with the input that its view names. */
export interface Assignment extends Omit<Extract<Down, { readonly type: 'assign' }>, 'type'> {
  readonly input: MessageId
}

/** @throws HeadraceError `internal` when the view does not know the run */
export function readAssignment(frame: Extract<Down, { readonly type: 'assign' }>): Assignment {
  const { type: _, ...rest } = frame
  const run = rest.view.runs.find((candidate) => candidate.id === rest.run)
  if (!run) throw new HeadraceError('internal', `The server assigned run ${rest.run}, which its view does not have.`)
  return { ...rest, input: run.input }
}
