import type { Actor } from '../ids.ts'
import { isOpen } from '../request.ts'
import type { Draft } from './draft.ts'

/** Nobody shall approve or answer for work that is over. */
export function withdrawRequests(draft: Draft, run: string, detail: string, actor?: Actor): void {
  for (const { id, spec } of draft.view.requests.filter((request) => request.run === run && isOpen(request)))
    draft.emit('request.withdrawn', { id, detail }, { run, to: spec.to, ...(actor !== undefined && { actor }) })
}
