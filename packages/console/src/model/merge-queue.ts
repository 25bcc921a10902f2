import { offerIn, verdictOf, type GateVerdict, type Offer } from '@headrace/factory/floor'
import type { Run, SessionView } from '@headrace/core'

export interface OfferedChange {
  readonly run: Run
  readonly offer: Offer
}

export interface MergeQueue {
  /** What is judged now. */
  readonly judging: readonly OfferedChange[]
  /** What waits behind it, in order. */
  readonly waiting: readonly OfferedChange[]
  /** Newest first. */
  readonly judged: readonly (OfferedChange & { readonly verdict: GateVerdict; readonly at: number })[]
  /** Attempts whose work is here and not judged yet, as `t1-2`. */
  readonly attempts: ReadonlySet<string>
}

/** @param view - of the merge session */
export function mergeQueue(view: SessionView): MergeQueue {
  const changes = view.runs.flatMap((run): readonly OfferedChange[] => {
    const offer = offerIn(view, run)
    return offer ? [{ run, offer }] : []
  })
  const open = changes.filter(({ run }) => run.status !== 'ended')
  return {
    judging: open.filter(({ run }) => run.status !== 'queued'),
    waiting: open.filter(({ run }) => run.status === 'queued'),
    judged: changes
      .flatMap((change) => {
        const verdict = verdictOf(view, change.run)
        return verdict && change.run.status === 'ended' ? [{ ...change, verdict, at: change.run.endedAt }] : []
      })
      .toReversed(),
    attempts: new Set(open.map(({ offer }) => offer.attempt)),
  }
}
