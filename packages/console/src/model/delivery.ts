/** What this page has received of a session's log, so that everyone can see that nothing is lost or doubled. */
export interface Delivery {
  /** Seq of the last event that the page knows of; the view it began from included. */
  readonly last: number
  readonly received: number
  readonly lost: number
  readonly doubled: number
}

export function beginDelivery(seq: number): Delivery {
  return { last: seq, received: 0, lost: 0, doubled: 0 }
}

export function deliver(before: Delivery, seq: number): Delivery {
  if (seq <= before.last) return { ...before, doubled: before.doubled + 1 }
  return { ...before, last: seq, received: before.received + 1, lost: before.lost + seq - before.last - 1 }
}
