import type { FloorRequest } from '../floor/floor-request.ts'

/** A task as a source has it; what it is called there makes that it is taken in once. */
export type ImportedTask = Extract<FloorRequest, { readonly ask: 'add-task' }> & {
  readonly source: NonNullable<Extract<FloorRequest, { readonly ask: 'add-task' }>['source']>
}

/** Where tasks come from (X2). */
export interface TaskSourceReader {
  /** As it stands in a task's source: `markdown`, `github`, … */
  readonly kind: string
  /** The open tasks, oldest first. */
  read(): Promise<readonly ImportedTask[]>
}
