import type { Ack, NewLink, SubscriptionEvent } from './events.ts'
import type { SubscriptionLink, SubscriptionState, Wake } from './state.ts'

/** The only place where the state of a subscription changes. */
export function foldSubscription(before: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  const state = { ...before, seq: event.seq, at: event.at }
  switch (event.type) {
    case 'subscription.created': {
      const { links, ...rest } = event.data
      return { ...state, ...rest, createdAt: event.at, links: links.reduce(link, []) }
    }
    case 'subscription.linked':
      return { ...state, links: event.data.links.reduce(link, state.links) }
    case 'subscription.unlinked':
      return { ...state, links: state.links.flatMap((known) => unlink(known, event.data)) }
    case 'subscription.woken': {
      const { wake: id, tails } = event.data
      const wake: Wake =
        state.config.type === 'webhook'
          ? { id, tails, status: 'calling', tries: 0, retryAt: event.at }
          : { id, tails, status: 'open' }
      return { ...state, generation: state.generation + 1, wake }
    }
    case 'subscription.called':
      return { ...state, wake: held(state, 'webhook') }
    case 'subscription.call-failed': {
      const { wake } = state
      if (wake?.status !== 'calling') return state
      return { ...state, wake: { ...wake, tries: wake.tries + 1, retryAt: event.data.retryAt } }
    }
    case 'subscription.claimed':
      return { ...state, wake: held(state, event.data.worker) }
    case 'subscription.acked': {
      const links = state.links.map((known) => acknowledge(known, event.data.acks))
      // A sign of life: the lease begins again.
      const { wake } = state
      const worker = wake?.status === 'held' ? wake.worker : 'webhook'
      return { ...state, links, wake: wake?.status === 'open' ? wake : held(state, worker) }
    }
    case 'subscription.slept':
      return { ...state, wake: null }
    default:
      return event satisfies never
  }
}

function held({ wake, at, config }: SubscriptionState, worker: string): Wake | null {
  return wake && { id: wake.id, tails: wake.tails, status: 'held', worker, until: at + config.leaseMs }
}

function link(links: readonly SubscriptionLink[], { path, by, acked }: NewLink): readonly SubscriptionLink[] {
  const known = links.find((one) => one.path === path)
  if (!known) return [...links, { path, by: [by], acked }]
  if (known.by.includes(by)) return links
  return links.map((one) => (one === known ? { ...one, by: [...one.by, by] } : one))
}

function unlink(
  known: SubscriptionLink,
  { path, by }: { readonly path: string; readonly by?: SubscriptionLink['by'][number] },
): readonly SubscriptionLink[] {
  if (known.path !== path) return [known]
  const left = by === undefined ? [] : known.by.filter((one) => one !== by)
  return left.length === 0 ? [] : [{ ...known, by: left }]
}

function acknowledge(known: SubscriptionLink, acks: readonly Ack[]): SubscriptionLink {
  const ack = acks.findLast(({ path }) => path === known.path)
  return ack && ack.seq > known.acked ? { ...known, acked: ack.seq } : known
}
