import type { Run } from '@headrace/core'

/** A run with those that it started. */
export interface RunNode {
  readonly run: Run
  readonly children: readonly RunNode[]
}

/** Runs as they started each other, newest first at the top. One whose parent is forgotten stands at the top. */
export function runTree(runs: readonly Run[]): readonly RunNode[] {
  const known = new Set(runs.map(({ id }) => id))
  const below = Map.groupBy(runs, ({ parent }) => (parent !== undefined && known.has(parent) ? parent : ''))
  const nodeOf = (run: Run): RunNode => ({ run, children: (below.get(run.id) ?? []).map(nodeOf) })
  return (below.get('') ?? []).map(nodeOf).toReversed()
}
