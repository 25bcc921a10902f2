/**
 * The subscriptions of this server: whoever works on what is new in streams is woken, one worker at a time.
 *
 *   a stream grows ─▶ every subscription that has it ─▶ wake ─▶ call the webhook, or write to the wake stream
 *                                                        ▲
 *   a lease lapses, a call is to be tried again ─────────┘
 *
 * All of it is decided by the log of the subscription. What a stop leaves undone is found when the server opens it again:
 * where its streams end is compared with what was acknowledged.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import {
  HeadraceError,
  nothingToClaim,
  subscriptionDue,
  type Ack,
  type Store,
  type SubscriptionAnswer,
  type SubscriptionCommand,
  type SubscriptionConfig,
  type SubscriptionState,
  type Tails,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import type { Meter } from '../hub-types.ts'
import { againMs } from '../refused-for-now.ts'
import type { SystemLog } from '../system-log.ts'
import { Alarms } from './alarms.ts'
import { BackgroundWork } from './background-work.ts'
import { createGrowth, type Growth } from './growth.ts'
import { ignoring } from './ignoring.ts'
import { createLinkedStreams, takesIn, type LinkedStreams, type StreamInfo } from './linked-streams.ts'
import { LogRooms } from './log-rooms.ts'
import { subscriptionKey } from './stream-key.ts'
import { subscriptionRules, type SubscriptionRoom } from './subscription-rules.ts'
import { TenantSubscriptions, maxPerTenant, rereadMs } from './tenant-subscriptions.ts'
import { WakeStream } from './wake-stream.ts'
import { isGenuine, makeWakeToken, type WakeToken } from './wake-token.ts'
import { callWebhook, retryAfterMs } from './webhook-call.ts'
import type { Streams } from './streams.ts'
import type { WebhookKey } from './webhook-keys.ts'

export interface SubscriptionsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly meter: Pick<Meter, 'appended'>
  readonly streams: Streams
  readonly outgoing: Outgoing
  readonly webhookKey: () => Promise<WebhookKey>
  readonly log: SystemLog
  /** The address of a subscription's callback. */
  readonly callbackUrl: (base: string, name: string) => string
  readonly onError: (error: HeadraceError) => void
  /** At least 0, below 1. Default `Math.random`. */
  readonly random?: () => number
}

export interface Claimed {
  readonly wake_id: string
  readonly generation: number
  readonly token: string
  readonly streams: readonly StreamInfo[]
  readonly lease_ttl_ms: number
}

/** After so long, what a store could not tell of was written or never will be. */
const doubtMs = 5_000

export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #rooms
  readonly #links: LinkedStreams
  readonly #tenants: TenantSubscriptions
  readonly #growth: Growth
  readonly #alarms: Alarms
  readonly #work: BackgroundWork
  readonly #wakeStream: WakeStream
  readonly #calling = new Set<string>()
  readonly #closing = new AbortController()

  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#links = createLinkedStreams(options.streams)
    this.#rooms = new LogRooms(subscriptionRules, options)
    this.#alarms = new Alarms(options.clock)
    this.#work = new BackgroundWork({ ...options, alarms: this.#alarms })
    this.#wakeStream = new WakeStream({ ...options, links: this.#links })
    this.#growth = createGrowth({ ...options, tell: (tenant, paths) => this.#tellGrown(tenant, paths) })
    this.#tenants = new TenantSubscriptions({
      ...options,
      // What grew before this server looked: nobody was told.
      onMet: (tenant, name) => this.#catchUpSoon(tenant, name),
    })
    options.streams.watch({
      grown: (tenant, path) => this.#growth.note(tenant, path),
      doubted: (tenant, path) => this.#noteDoubt(tenant, path),
      removed: (tenant, path) => this.#forget(tenant, path),
    })
  }

  /** A write that a store could not tell of is there now, comes late, or never. */
  #noteDoubt(tenant: string, path: string): void {
    const { clock } = this.#options
    const run = (): void => this.#growth.note(tenant, path)
    run()
    this.#alarms.set(`doubt ${tenant}!${path}`, { at: clock.now() + doubtMs, afterMs: doubtMs, run })
  }

  /** Looks at what grew while no server was there to tell. */
  start(): void {
    this.#work.persist('meet', () => this.#tenants.meetAll())
  }

  /** @throws HeadraceError with the protocol's word in `detail.reason` */
  async create(
    tenant: string,
    name: string,
    { config, base }: { readonly config: SubscriptionConfig; readonly base: string },
  ): Promise<{ readonly state: SubscriptionState; readonly created: boolean }> {
    if (config.url !== undefined) {
      const checked = this.#options.outgoing.check(config.url)
      if (!checked.allowed)
        throw new HeadraceError('bad_request', checked.message, { detail: { reason: 'WEBHOOK_URL_REJECTED' } })
    }
    const names = await this.#tenants.names(tenant)
    if (!names.has(name) && names.size >= maxPerTenant) {
      const text = `A tenant may have ${maxPerTenant} subscriptions (maxPerTenant). Delete some, or give one more streams.`
      throw new HeadraceError('limit_exceeded', text)
    }
    const room = await this.#current(tenant, name)
    const links = room.state.seq === 0 ? await this.#links.first(tenant, config) : []
    const secret = randomBytes(32).toString('base64url')
    await this.#tenants.begin(tenant)
    const { state, created } = await room.submit({ type: 'create', name, secret, base, config, links })
    await this.#tenants.add(tenant, name)
    // What came after its streams were looked at, and before it was known here, was told to nobody.
    this.#catchUpSoon(tenant, name)
    return { state, created: created === true }
  }

  async get(tenant: string, name: string): Promise<SubscriptionState> {
    const room = await this.#current(tenant, name)
    if (room.state.seq > 0) return room.state
    throw new HeadraceError('not_found', `There is no subscription ${name}.`, {
      detail: { reason: 'SUBSCRIPTION_NOT_FOUND' },
    })
  }

  /** One that is not there is fine. */
  async remove(tenant: string, name: string): Promise<void> {
    const room = await this.#current(tenant, name)
    await this.#tenants.remove(tenant, name)
    try {
      if (room.state.seq > 0) await this.#rooms.remove(room)
    } catch (thrown) {
      await this.#tenants.add(tenant, name)
      this.#catchUpSoon(tenant, name)
      throw thrown
    }
    this.#alarms.cancel(idOf(tenant, name))
    this.#wakeStream.forget(idOf(tenant, name))
  }

  async link(tenant: string, name: string, paths: readonly string[]): Promise<void> {
    const room = await this.#current(tenant, name)
    const links = await this.#links.named(tenant, paths, room.state.config)
    await room.submit({ type: 'link', links })
    this.#catchUpSoon(tenant, name)
  }

  async unlink(tenant: string, name: string, path: string): Promise<void> {
    await (await this.#room(tenant, name)).submit({ type: 'unlink', path, by: 'explicit' })
  }

  async claim(tenant: string, name: string, worker: string): Promise<Claimed> {
    const room = await this.#current(tenant, name)
    const { state, nothing } = await this.#submit(tenant, room, async () => ({
      type: 'claim',
      worker,
      ...(await this.#mayWake(tenant, room)),
    }))
    if (nothing) throw nothingToClaim()
    return {
      wake_id: state.wake?.id ?? '',
      generation: state.generation,
      token: makeWakeToken(state.secret, tenant, state.generation),
      streams: await this.infos(tenant, state),
      lease_ttl_ms: state.config.leaseMs,
    }
  }

  /** @returns whether the next wake began at once */
  async acknowledge(
    name: string,
    token: WakeToken,
    { wake, generation, acks, done }: { wake: string; generation: number; acks: readonly Ack[]; done: boolean },
  ): Promise<boolean> {
    const room = await this.#proven(name, token)
    // The token says the generation too: whoever has only an old one is told that it is over.
    const proof = { wake, generation: token.generation === generation ? generation : -1 }
    const { woke } = await this.#submit(token.tenant, room, async () => ({
      type: 'ack',
      proof,
      acks,
      done,
      ...(await this.#mayWake(token.tenant, room)),
    }))
    return woke
  }

  async release(
    name: string,
    token: WakeToken,
    { wake, generation }: { readonly wake: string; readonly generation: number },
  ): Promise<void> {
    const room = await this.#proven(name, token)
    const proof = { wake, generation: token.generation === generation ? generation : -1 }
    await this.#submit(token.tenant, room, async () => ({
      type: 'release',
      proof,
      ...(await this.#mayWake(token.tenant, room)),
    }))
  }

  async #proven(name: string, token: WakeToken): Promise<SubscriptionRoom> {
    const room = await this.#current(token.tenant, name)
    if (isGenuine(room.state.secret, token)) return room
    throw new HeadraceError('unauthenticated', 'This is no token for this subscription.', {
      detail: { reason: 'TOKEN_INVALID' },
    })
  }

  /** Its streams as they are now. */
  infos(tenant: string, state: SubscriptionState): Promise<readonly StreamInfo[]> {
    return this.#links.infos(tenant, state)
  }

  /** A lease may have lapsed, or a call is to be tried again. */
  async due(tenant: string, name: string): Promise<void> {
    await this.#look(tenant, await this.#room(tenant, name))
  }

  #room(tenant: string, name: string): Promise<SubscriptionRoom> {
    return this.#rooms.room(subscriptionKey(tenant, name))
  }

  /** With what other servers did. */
  async #current(tenant: string, name: string): Promise<SubscriptionRoom> {
    const room = await this.#room(tenant, name)
    await room.refresh()
    return room
  }

  async #mayWake(
    tenant: string,
    { state }: SubscriptionRoom,
    more: readonly string[] = [],
  ): Promise<{ readonly tails: Tails; readonly nextWake: string }> {
    return { tails: await this.#links.tails(tenant, state, more), nextWake: `w_${randomUUID().replaceAll('-', '')}` }
  }

  /** Decides, and does what a wake asks for. */
  async #submit(
    tenant: string,
    room: SubscriptionRoom,
    make: () => Promise<SubscriptionCommand>,
  ): Promise<SubscriptionAnswer> {
    const command = await make()
    const answer = await room.submit(command).catch((thrown: unknown) => {
      // What it held may have ended by a write that nobody could be told of: then nobody looked at what came meanwhile.
      const { code } = HeadraceError.from(thrown)
      if (code === 'fenced' || code === 'unknown_outcome') this.#lookAgainSoon(tenant, room.state.name)
      throw thrown
    })
    const { name, wake } = answer.state
    // What becomes of a call is in the log, and so is when it is tried again.
    if (answer.woke && wake?.status === 'calling') this.#work.watch(this.#call(tenant, room))
    // What grew after its streams were looked at, and before it slept, woke nobody.
    else if (wake === null && command.type !== 'grown') this.#lookAgainSoon(tenant, name)
    this.#follow(tenant, room)
    return answer
  }

  /** Does what the state of a subscription asks for: also where it became so by a write that nobody could be told of. */
  #follow(tenant: string, room: SubscriptionRoom): void {
    const { name } = room.state
    const id = idOf(tenant, name)
    if (this.#wakeStream.isOwed(id, room.state)) this.#work.persist(`wake ${id}`, () => this.#announce(tenant, name))
    this.#schedule(tenant, room)
  }

  async #announce(tenant: string, name: string): Promise<void> {
    const { state } = await this.#room(tenant, name)
    await this.#wakeStream.write(idOf(tenant, name), tenant, state)
  }

  /** Calls the webhook of a subscription that waits for that. One call at a time of each. */
  async #call(tenant: string, room: SubscriptionRoom): Promise<void> {
    const { outgoing, clock, webhookKey, callbackUrl, random = Math.random } = this.#options
    const { state } = room
    const { wake, generation } = state
    const id = idOf(tenant, state.name)
    if (wake?.status !== 'calling' || this.#calling.has(id) || this.#closing.signal.aborted) return
    this.#calling.add(id)
    const proof = { wake: wake.id, generation }
    let isDone = false
    try {
      const result = await callWebhook(
        { outgoing, clock, key: await webhookKey() },
        {
          tenant,
          state,
          wake: wake.id,
          streams: await this.infos(tenant, state),
          callbackUrl: callbackUrl(state.base, state.name),
        },
        this.#closing.signal,
      )
      // Cut short by the server's own end, which is no failure of the receiver.
      if (this.#closing.signal.aborted) return
      if (!result.isTaken) {
        const retryAt = room.now() + retryAfterMs(wake.tries, random())
        await room.submit({ type: 'call-failed', proof, retryAt })
      } else if (result.done) {
        await this.#submit(tenant, room, async () => ({
          type: 'ack',
          proof,
          acks: 'all',
          done: true,
          ...(await this.#mayWake(tenant, room)),
        })).catch(ignoreFenced)
      } else await room.submit({ type: 'called', proof })
      isDone = true
    } finally {
      this.#calling.delete(id)
      this.#schedule(tenant, room, isDone ? 0 : againMs)
    }
    // The next one may have begun while this one was still under way.
    if (room.state.generation !== generation) await this.#call(tenant, room)
  }

  /** Looks again when time will have made something due. */
  #schedule(tenant: string, room: SubscriptionRoom, atLeastMs = 0): void {
    const id = idOf(tenant, room.state.name)
    const at = subscriptionDue(room.state)
    if (at === null) return this.#alarms.cancel(id)
    const run = (): void => this.#work.persist(`due ${id}`, () => this.due(tenant, room.state.name))
    this.#alarms.set(id, { at, afterMs: Math.max(at - room.now(), atLeastMs), run })
  }

  async #look(tenant: string, room: SubscriptionRoom): Promise<void> {
    await room.refresh()
    if (room.state.seq === 0) return
    if (room.state.wake?.status === 'calling' && room.now() >= room.state.wake.retryAt) return this.#call(tenant, room)
    await this.#submit(tenant, room, async () => ({ type: 'tick', ...(await this.#mayWake(tenant, room)) }))
  }

  async #tellGrown(tenant: string, paths: readonly string[]): Promise<void> {
    const names = await this.#tenants.names(tenant)
    this.#meetOthers(tenant)
    for (const name of names) {
      const room = await this.#current(tenant, name)
      await this.#grew(tenant, room, paths).catch(ignoreGone)
    }
  }

  /** One that another server makes while these are told is not among them: it is met when they are read again. */
  #meetOthers(tenant: string): void {
    if (!this.#options.store.capabilities.shared) return
    const run = (): void =>
      this.#work.persist(`others ${tenant}`, async () => void (await this.#tenants.names(tenant, 0)))
    this.#alarms.set(`others ${tenant}`, { at: 0, afterMs: rereadMs, run })
  }

  #lookAgainSoon(tenant: string, name: string): void {
    this.#work.persist(`again ${idOf(tenant, name)}`, () => this.#lookAgain(tenant, name))
  }

  async #lookAgain(tenant: string, name: string): Promise<void> {
    const room = await this.#current(tenant, name)
    const paths = room.state.links.map(({ path }) => path)
    if (paths.length > 0) await this.#grew(tenant, room, paths)
  }

  async #grew(tenant: string, room: SubscriptionRoom, paths: readonly string[]): Promise<void> {
    const { config, links, wake } = room.state
    const linked = new Set(links.map(({ path }) => path))
    const fresh = paths.filter((path) => !linked.has(path) && takesIn(config, path))
    const [path] = [...paths.filter((one) => linked.has(one)), ...fresh]
    // Whoever is awake looks at all of its streams before it goes to sleep.
    if (path === undefined || (wake !== null && fresh.length === 0)) return this.#follow(tenant, room)
    const newLinks = fresh.map((one) => ({ path: one, by: 'glob' as const, acked: 0 }))
    await this.#submit(tenant, room, async () => ({
      type: 'grown',
      path,
      links: newLinks,
      ...(await this.#mayWake(tenant, room, fresh)),
    }))
  }

  async #forget(tenant: string, path: string): Promise<void> {
    for (const name of await this.#tenants.names(tenant)) {
      const room = await this.#current(tenant, name)
      const isLinked = room.state.links.some((link) => link.path === path)
      if (isLinked) await room.submit({ type: 'unlink', path }).catch(ignoreGone)
    }
  }

  #catchUpSoon(tenant: string, name: string): void {
    this.#work.persist(`catch up ${idOf(tenant, name)}`, () => this.#catchUp(tenant, name))
  }

  /** Finds what nobody was told of. */
  async #catchUp(tenant: string, name: string): Promise<void> {
    const room = await this.#current(tenant, name)
    if (room.state.seq === 0) return
    await this.#unlinkReplaced(tenant, room)
    const paths = [
      ...room.state.links.map(({ path }) => path),
      ...(await this.#links.matching(tenant, room.state.config)),
    ]
    if (paths.length > 0) await this.#grew(tenant, room, [...new Set(paths)])
    this.#follow(tenant, room)
  }

  /** A stream that ends before what was handled of it is another one than that: nobody heard that the one before was removed. */
  async #unlinkReplaced(tenant: string, room: SubscriptionRoom): Promise<void> {
    const tails = await this.#links.tails(tenant, room.state)
    for (const { path, acked } of room.state.links)
      if ((tails[path] ?? 0) < acked) await room.submit({ type: 'unlink', path })
  }

  async shutDown(): Promise<void> {
    this.#closing.abort()
    this.#alarms.close()
    await this.#growth.close()
    await this.#rooms.close()
    await this.#work.settled()
  }
}

function idOf(tenant: string, name: string): string {
  return `${tenant}!${name}`
}

/** A callback came first and ended this wake. */
const ignoreFenced = ignoring('fenced')
/** It was removed meanwhile. */
const ignoreGone = ignoring('not_found')
