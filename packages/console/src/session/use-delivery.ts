import type { Session } from '@headrace/client'
import { useState, useSyncExternalStore } from 'react'
import { beginDelivery, deliver, type Delivery } from '../model/delivery.ts'
import { useSessionPlace } from './session-context.ts'

/** Counts the events that this page receives, from the view that it begins with. */
export function useDelivery(): Delivery {
  const { session } = useSessionPlace()
  const [counter] = useState(() => createCounter(session))
  return useSyncExternalStore(counter.subscribe, counter.get)
}

interface Counter {
  readonly get: () => Delivery
  readonly subscribe: (listener: () => void) => () => void
}

function createCounter(session: Session): Counter {
  let delivery = beginDelivery(session.getSnapshot().view.seq)
  return {
    get: () => delivery,
    subscribe(listener) {
      const change = (next: Delivery): void => {
        delivery = next
        listener()
      }
      change(beginDelivery(session.getSnapshot().view.seq))
      // A snapshot holds everything before it, so nothing of that is missing.
      const stopSnapshots = session.onSnapshot((view) => change({ ...delivery, last: view.seq }))
      const stopEvents = session.onEvent((event) => change(deliver(delivery, event.seq)))
      return () => {
        stopSnapshots()
        stopEvents()
      }
    },
  }
}
