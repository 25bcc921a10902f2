import { useMemo } from 'react'
import type { JsonPatch, SessionView, SharedDocument } from '@headrace/core'
import { useSlice } from './use-slice.ts'
import type { Accepted } from '../outbox.ts'
import type { PatchOptions } from '../session/session-actions.ts'

export interface UseSharedState extends SharedDocument {
  /**
   * Changes it. What the operations say about places in lists holds for a version only: name it where that matters.
   * Rejects with `version_conflict` then, if somebody was first.
   */
  readonly patch: (ops: JsonPatch, options?: PatchOptions) => Promise<Accepted>
}

const documentOf = ({ view }: { readonly view: SessionView }): SharedDocument => view.document

/**
 * The JSON document that people and agents of a session share.
 *
 * @example
 * ```tsx
 * function Plan({ id }: { id: string }) {
 *   const { value, version, patch } = useSharedState(id)
 *   const clear = () => void patch([{ op: 'replace', path: '', value: {} }], { version })
 *   return <button onClick={clear}>{JSON.stringify(value)}</button>
 * }
 * ```
 */
export function useSharedState(id: string): UseSharedState {
  const [document, session] = useSlice(id, documentOf)
  return useMemo(() => ({ ...document, patch: (ops, options) => session.patch(ops, options) }), [document, session])
}
