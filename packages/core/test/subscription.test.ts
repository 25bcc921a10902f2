import { describe, expect, test } from 'vitest'
import {
  decideSubscription,
  foldSubscription,
  maxLinks,
  noSubscription,
  subscriptionDue,
  type HeadraceError,
  type SubscriptionAnswer,
  type SubscriptionCommand,
  type SubscriptionConfig,
  type SubscriptionState,
} from '../src/index.ts'

const pull: SubscriptionConfig = {
  type: 'pull-wake',
  pattern: 'jobs/*',
  streams: [],
  wakeStream: 'wakes',
  leaseMs: 1_000,
}
const hook: SubscriptionConfig = {
  type: 'webhook',
  pattern: 'jobs/*',
  streams: [],
  url: 'https://example.com',
  leaseMs: 1_000,
}
const linked = (acked: number): { path: string; by: 'glob'; acked: number } => ({ path: 'jobs/a', by: 'glob', acked })

function reasonOf({ detail = {} }: HeadraceError): string {
  const { reason } = detail
  return typeof reason === 'string' ? reason : 'none'
}

/** A subscription that commands are given to; its one stream ends at `tail`. */
class Played {
  state: SubscriptionState = noSubscription
  now = 0
  tail = 0
  #wakes = 0

  constructor(config: SubscriptionConfig, links = [linked(0)]) {
    this.do({ type: 'create', name: 's', secret: 'x', base: 'http://localhost', config, links })
  }

  do(command: SubscriptionCommand): SubscriptionAnswer | string {
    const decision = decideSubscription(this.state, command, this.now)
    if (decision.outcome === 'refused') return reasonOf(decision.error)
    if (decision.outcome === 'accepted') {
      expect(decision.events.reduce(foldSubscription, this.state)).toEqual(decision.state)
      this.state = decision.state
    }
    return decision.answer
  }

  get tails(): { tails: Record<string, number>; nextWake: string } {
    return { tails: { 'jobs/a': this.tail }, nextWake: `w${(this.#wakes += 1)}` }
  }

  grow(tail: number): SubscriptionAnswer | string {
    this.tail = tail
    return this.do({ type: 'grown', path: 'jobs/a', links: [], ...this.tails })
  }

  claim(worker: string): SubscriptionAnswer | string {
    return this.do({ type: 'claim', worker, ...this.tails })
  }

  get proof(): { wake: string; generation: number } {
    return { wake: this.state.wake?.id ?? '', generation: this.state.generation }
  }

  ack(seq: number, done: boolean, proof = this.proof): SubscriptionAnswer | string {
    return this.do({ type: 'ack', proof, acks: [{ path: 'jobs/a', seq }], done, ...this.tails })
  }
}

describe('a subscription', () => {
  test('D11: one worker at a time; what is acknowledged is not given again, what comes meanwhile begins the next wake', () => {
    const one = new Played(pull)
    expect(one.claim('ann')).toBe('NO_PENDING_WORK')
    expect(one.grow(5)).toMatchObject({ woke: true })
    expect(one.grow(6)).toMatchObject({ woke: false })
    expect(one.claim('ann')).toBeTypeOf('object')
    expect(one.claim('bob')).toBe('ALREADY_CLAIMED')
    one.tail = 9
    expect(one.ack(6, true)).toMatchObject({ woke: true })
    expect(one.state).toMatchObject({ generation: 2, wake: { status: 'open' } })
    expect(one.claim('bob')).toBeTypeOf('object')
    expect(one.ack(9, true)).toMatchObject({ woke: false })
    expect(one.state).toMatchObject({ wake: null, links: [{ acked: 9 }] })
    expect(one.claim('ann')).toBe('NO_PENDING_WORK')
  })

  test('D11: what was not acknowledged is given again: after a release, a silent lease, and an end without it', () => {
    const one = new Played(pull)
    one.grow(5)
    one.claim('ann')
    one.do({ type: 'release', proof: one.proof, ...one.tails })
    expect(one.state).toMatchObject({ generation: 2, wake: { status: 'open' } })
    one.claim('ann')
    expect(subscriptionDue(one.state)).toBe(1_000)
    one.now = 999
    expect(one.do({ type: 'tick', ...one.tails })).toMatchObject({ woke: false })
    one.ack(2, false)
    expect(subscriptionDue(one.state)).toBe(1_999)
    one.now = 1_999
    expect(one.do({ type: 'tick', ...one.tails })).toMatchObject({ woke: true })
    one.claim('bob')
    expect(one.ack(4, true)).toMatchObject({ woke: true })
    expect(one.state.links).toMatchObject([{ acked: 4 }])
  })

  test('D11a: a wake whose streams are gone when it is claimed is over, so that the next growth wakes', () => {
    const one = new Played(pull)
    one.grow(5)
    one.tail = 0
    one.do({ type: 'unlink', path: 'jobs/a' })
    expect(one.claim('ann')).toMatchObject({ nothing: true })
    expect(one.state.wake).toBe(null)
    one.tail = 3
    const links = [linked(0)]
    expect(one.do({ type: 'grown', path: 'jobs/a', links, ...one.tails })).toMatchObject({ woke: true })
  })

  test('D11a: what a webhook says is done is done, also where one of its streams was made anew meanwhile', () => {
    const one = new Played(hook)
    one.grow(5)
    one.tail = 3
    expect(one.do({ type: 'ack', proof: one.proof, acks: 'all', done: true, ...one.tails })).toMatchObject({
      woke: true,
    })
    expect(one.state.links).toMatchObject([{ acked: 0 }])
  })

  test('D12: whoever held an earlier wake can do nothing any more', () => {
    const one = new Played(pull)
    one.grow(5)
    one.claim('ann')
    const { proof } = one
    one.now = 1_000
    one.do({ type: 'tick', ...one.tails })
    one.claim('bob')
    const before = one.state
    expect(one.ack(5, true, proof)).toBe('FENCED')
    expect(one.do({ type: 'release', proof, ...one.tails })).toBe('FENCED')
    expect(one.state).toBe(before)
  })

  test('D11: offsets that go back, lie behind the end or are of no stream here are refused', () => {
    const one = new Played(pull)
    one.grow(5)
    one.claim('ann')
    one.ack(3, false)
    expect(one.ack(2, false)).toBe('INVALID_OFFSET')
    expect(one.ack(6, false)).toBe('INVALID_OFFSET')
    const acks = [{ path: 'other', seq: 1 }]
    expect(one.do({ type: 'ack', proof: one.proof, acks, done: false, ...one.tails })).toBe('INVALID_OFFSET')
  })

  test('D11: a webhook is called until it answers; its answer may say that all is done', () => {
    const one = new Played(hook)
    one.grow(5)
    expect(one.state.wake).toMatchObject({ status: 'calling', tries: 0, retryAt: 0 })
    const { proof } = one
    one.do({ type: 'call-failed', proof, retryAt: 700 })
    expect(one.state.wake).toMatchObject({ status: 'calling', tries: 1 })
    expect(subscriptionDue(one.state)).toBe(700)
    one.tail = 7
    expect(one.do({ type: 'ack', proof, acks: 'all', done: true, ...one.tails })).toMatchObject({ woke: true })
    expect(one.state).toMatchObject({ generation: 2, links: [{ acked: 5 }] })
    // The answer to the first call, late.
    one.do({ type: 'called', proof })
    expect(one.state.wake).toMatchObject({ status: 'calling' })
    expect(one.claim('ann')).toBe('INVALID_REQUEST')
  })

  test('D11: the same again is confirmed, anything else is refused; links come once and by each reason', () => {
    const one = new Played(pull, [])
    const again = { type: 'create', name: 's', secret: 'y', base: 'http://other', links: [] } as const
    expect(one.do({ ...again, config: pull })).not.toHaveProperty('created')
    expect(one.do({ ...again, config: { ...pull, leaseMs: 2_000 } })).toBe('SUBSCRIPTION_ALREADY_EXISTS')
    one.do({ type: 'link', links: [{ ...linked(3), by: 'explicit' }] })
    one.do({ type: 'link', links: [linked(9)] })
    expect(one.state.links).toEqual([{ path: 'jobs/a', by: ['explicit', 'glob'], acked: 3 }])
    one.do({ type: 'unlink', path: 'jobs/a', by: 'explicit' })
    expect(one.state.links).toMatchObject([{ by: ['glob'] }])
    one.do({ type: 'unlink', path: 'jobs/a' })
    expect(one.state.links).toEqual([])
  })

  test('D15: it has so many streams', () => {
    const one = new Played(pull, [])
    const links = Array.from({ length: maxLinks + 1 }, (_, n) => ({ path: `jobs/${n}`, by: 'glob' as const, acked: 0 }))
    expect(one.do({ type: 'link', links })).toBe('INVALID_REQUEST')
  })
})
