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
  fitsPattern,
  formatOffset,
  subscriptionDue,
  type Ack,
  type NewLink,
  type Store,
  type SubscriptionCommand,
  type SubscriptionConfig,
  type SubscriptionState,
  type Tails,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import type { Meter } from '../hub-types.ts'
import type { SystemLog } from '../system-log.ts'
import { systemKey } from '../system-session.ts'
import { LogRooms } from './log-rooms.ts'
import { listedTenant, subscriptionKey } from './stream-key.ts'
import { subscriptionRules, type SubscriptionRoom } from './subscription-rules.ts'
import { isGenuine, makeWakeToken, readWakeToken, type WakeToken } from './wake-token.ts'
import { callWebhook, retryAfterMs } from './webhook-call.ts'
import type { Streams } from './streams.ts'
import type { WebhookKey } from './webhook-keys.ts'

/** A stream as workers see it. */
export interface StreamInfo {
  readonly path: string
  readonly link_type: 'glob' | 'explicit'
  readonly acked_offset: string
  readonly tail_offset: string
  readonly has_pending: boolean
}

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
}

export interface Claimed {
  readonly wake_id: string
  readonly generation: number
  readonly token: string
  readonly streams: readonly StreamInfo[]
  readonly lease_ttl_ms: number
}

/** Which tenants have subscriptions, or had. */
const tenantsKey = systemKey('headrace', 'stream-subscribers')
/** Most subscriptions of one tenant: each of its streams is compared with all of them whenever it grows. */
const maxPerTenant = 1_000
/** Where servers share a store, others may have made some. */
const reloadMs = 10_000

/** The subscriptions of a tenant, and where each of their streams ends. */
interface Known {
  readonly names: Set<string>
  readonly readAt: number
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #rooms
  readonly #known = new Map<string, Promise<Known>>()
  /** Streams that grew while their subscriptions were being woken. */
  readonly #grown = new Map<string, Set<string>>()
  readonly #waking = new Map<string, Promise<void>>()
  readonly #timers = new Map<string, { readonly at: number; readonly cancel: () => void }>()
  readonly #calling = new Set<string>()
  readonly #calls = new Set<Promise<void>>()
  readonly #closing = new AbortController()

  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#rooms = new LogRooms(subscriptionRules, options)
    options.streams.watch({
      grown: (tenant, path) => this.#noteGrown(tenant, path),
      removed: (tenant, path) => this.#background(this.#forget(tenant, path)),
    })
  }

  /** Looks at what grew while no server was there to tell. */
  start(): void {
    this.#background(this.#start())
  }

  async #start(): Promise<void> {
    const { entries } = await this.#options.log.read(tenantsKey)
    const tenants = entries.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
    for (const tenant of new Set(tenants)) await this.#tenant(tenant)
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
    const known = await this.#tenant(tenant)
    if (!known.names.has(name) && known.names.size >= maxPerTenant) {
      const text = `A tenant may have ${maxPerTenant} subscriptions (maxPerTenant). Delete some, or give one more streams.`
      throw new HeadraceError('limit_exceeded', text)
    }
    const room = await this.#room(tenant, name)
    const links = room.state.seq === 0 ? await this.#firstLinks(tenant, config) : []
    const secret = randomBytes(32).toString('base64url')
    if (known.names.size === 0) await this.#options.log.append(tenantsKey, tenant, { name: 'tenant', value: tenant })
    const { state, created } = await room.submit({ type: 'create', name, secret, base, config, links })
    known.names.add(name)
    return { state, created: created === true }
  }

  /** What is there when a subscription begins is not new to it. */
  async #firstLinks(tenant: string, config: SubscriptionConfig): Promise<readonly NewLink[]> {
    const { streams } = this.#options
    const explicit = config.streams.map((path) => ({ path, by: 'explicit' as const }))
    const globbed = (await this.#matching(tenant, config)).map((path) => ({ path, by: 'glob' as const }))
    return Promise.all(
      [...explicit, ...globbed].map(async (link) => ({ ...link, acked: await streams.tail(tenant, link.path) })),
    )
  }

  async #matching(tenant: string, config: SubscriptionConfig): Promise<readonly string[]> {
    if (config.pattern === undefined) return []
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await this.#options.streams.list(tenant, cursor)
      found.push(...page.paths.filter((path) => takesIn(config, path)))
      cursor = page.cursor
    } while (cursor !== undefined)
    return found
  }

  async get(tenant: string, name: string): Promise<SubscriptionState> {
    const room = await this.#room(tenant, name)
    await room.refresh()
    if (room.state.seq > 0) return room.state
    throw new HeadraceError('not_found', `There is no subscription ${name}.`, {
      detail: { reason: 'SUBSCRIPTION_NOT_FOUND' },
    })
  }

  /** One that is not there is fine. */
  async remove(tenant: string, name: string): Promise<void> {
    const room = await this.#room(tenant, name)
    ;(await this.#tenant(tenant)).names.delete(name)
    if (room.state.seq > 0) await this.#rooms.remove(room)
    this.#cancelTimer(idOf(tenant, name))
  }

  async link(tenant: string, name: string, paths: readonly string[]): Promise<void> {
    const room = await this.#room(tenant, name)
    const links = await Promise.all(
      paths.map(async (path) => ({
        path,
        by: 'explicit' as const,
        acked: await this.#options.streams.tail(tenant, path),
      })),
    )
    await room.submit({ type: 'link', links })
  }

  async unlink(tenant: string, name: string, path: string): Promise<void> {
    await (await this.#room(tenant, name)).submit({ type: 'unlink', path, by: 'explicit' })
  }

  async claim(tenant: string, name: string, worker: string): Promise<Claimed> {
    const room = await this.#room(tenant, name)
    const { state } = await this.#submit(tenant, room, async () => ({
      type: 'claim',
      worker,
      ...(await this.#mayWake(tenant, room)),
    }))
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
    const room = await this.#room(token.tenant, name)
    await room.refresh()
    if (isGenuine(room.state.secret, token)) return room
    throw new HeadraceError('unauthenticated', 'This is no token for this subscription.', {
      detail: { reason: 'TOKEN_INVALID' },
    })
  }

  /** Its streams as they are now. */
  async infos(tenant: string, { links }: SubscriptionState): Promise<readonly StreamInfo[]> {
    return Promise.all(
      links.map(async ({ path, by, acked }) => {
        const tail = await this.#options.streams.tail(tenant, path, acked)
        return {
          path,
          link_type: by.includes('explicit') ? ('explicit' as const) : ('glob' as const),
          acked_offset: formatOffset(acked),
          tail_offset: formatOffset(tail),
          has_pending: tail > acked,
        }
      }),
    )
  }

  /** A lease may have lapsed, or a call is to be tried again. */
  async due(tenant: string, name: string): Promise<void> {
    await this.#look(tenant, await this.#room(tenant, name))
  }

  #room(tenant: string, name: string): Promise<SubscriptionRoom> {
    return this.#rooms.room(subscriptionKey(tenant, name))
  }

  async #mayWake(
    tenant: string,
    { state }: SubscriptionRoom,
  ): Promise<{ readonly tails: Tails; readonly nextWake: string }> {
    const { streams } = this.#options
    const tails = await Promise.all(
      state.links.map(async ({ path, acked }) => [path, await streams.tail(tenant, path, acked)] as const),
    )
    return { tails: Object.fromEntries(tails), nextWake: `w_${randomUUID().replaceAll('-', '')}` }
  }

  /** Decides, and does what a wake asks for. */
  async #submit(
    tenant: string,
    room: SubscriptionRoom,
    make: () => Promise<SubscriptionCommand>,
  ): Promise<{ readonly state: SubscriptionState; readonly woke: boolean }> {
    const answer = await room.submit(await make())
    if (answer.woke) this.#background(this.#wake(tenant, room, answer.state))
    this.#schedule(tenant, room)
    return answer
  }

  async #wake(
    tenant: string,
    room: SubscriptionRoom,
    { config, generation, wake, name }: SubscriptionState,
  ): Promise<void> {
    if (wake?.status === 'calling') return this.#call(tenant, room)
    if (wake?.status !== 'open' || config.wakeStream === undefined) return
    const { streams, clock } = this.#options
    const infos = await this.infos(tenant, room.state)
    const event = {
      type: 'wake',
      subscription_id: name,
      stream: infos.find(({ has_pending }) => has_pending)?.path ?? '',
      generation,
      ts: clock.now(),
    }
    const body = Buffer.from(JSON.stringify(event))
    await streams
      .append(tenant, config.wakeStream, { contentType: 'application/json', body, close: false })
      .catch((thrown: unknown) => {
        // Workers can claim all the same; there is just nothing that wakes them.
        const error = HeadraceError.from(thrown)
        if (error.code !== 'stream_not_found' && error.code !== 'stream_gone') throw error
      })
  }

  /** Calls the webhook of a subscription that waits for that. One call at a time of each. */
  async #call(tenant: string, room: SubscriptionRoom): Promise<void> {
    const { outgoing, clock, webhookKey, callbackUrl } = this.#options
    const { state } = room
    const { wake, generation } = state
    const id = idOf(tenant, state.name)
    if (wake?.status !== 'calling' || this.#calling.has(id) || this.#closing.signal.aborted) return
    this.#calling.add(id)
    const proof = { wake: wake.id, generation }
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
      const { random } = Math
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
    } finally {
      this.#calling.delete(id)
      this.#schedule(tenant, room)
    }
    // The next one may have begun while this one was still under way.
    if (room.state.generation !== generation) await this.#call(tenant, room)
  }

  /** Looks again when time will have made something due. */
  #schedule(tenant: string, room: SubscriptionRoom): void {
    const { clock } = this.#options
    const id = idOf(tenant, room.state.name)
    const at = subscriptionDue(room.state)
    if (at === null || this.#closing.signal.aborted) return this.#cancelTimer(id)
    if (this.#timers.get(id)?.at === at) return
    this.#cancelTimer(id)
    const cancel = clock.after(at - room.now(), () => {
      this.#timers.delete(id)
      this.#background(this.due(tenant, room.state.name))
    })
    this.#timers.set(id, { at, cancel })
  }

  #cancelTimer(id: string): void {
    this.#timers.get(id)?.cancel()
    this.#timers.delete(id)
  }

  async #look(tenant: string, room: SubscriptionRoom): Promise<void> {
    if (room.state.seq === 0) return
    if (room.state.wake?.status === 'calling' && room.now() >= room.state.wake.retryAt) return this.#call(tenant, room)
    await this.#submit(tenant, room, async () => ({ type: 'tick', ...(await this.#mayWake(tenant, room)) }))
  }

  /** Streams grow often; while a subscription is being told of some, the others wait together. */
  #noteGrown(tenant: string, path: string): void {
    const grown = this.#grown.get(tenant) ?? new Set()
    grown.add(path)
    this.#grown.set(tenant, grown)
    if (this.#waking.has(tenant)) return
    const waking = this.#tellGrown(tenant).finally(() => this.#waking.delete(tenant))
    this.#waking.set(tenant, waking)
    this.#background(waking)
  }

  async #tellGrown(tenant: string): Promise<void> {
    for (;;) {
      const paths = [...(this.#grown.get(tenant) ?? [])]
      this.#grown.delete(tenant)
      if (paths.length === 0) return
      const { names } = await this.#tenant(tenant)
      for (const name of names) await this.#grew(tenant, await this.#room(tenant, name), paths)
    }
  }

  async #grew(tenant: string, room: SubscriptionRoom, paths: readonly string[]): Promise<void> {
    const { config, links, wake } = room.state
    const linked = new Set(links.map(({ path }) => path))
    const fresh = paths.filter((path) => !linked.has(path) && takesIn(config, path))
    const [path] = [...paths.filter((one) => linked.has(one)), ...fresh]
    // Whoever is awake looks at all of its streams before it goes to sleep.
    if (path === undefined || (wake !== null && fresh.length === 0)) return
    await this.#submit(tenant, room, async () => {
      const { tails, nextWake } = await this.#mayWake(tenant, room)
      const ends = await Promise.all(
        fresh.map(async (one) => [one, await this.#options.streams.tail(tenant, one)] as const),
      )
      const newLinks = fresh.map((one) => ({ path: one, by: 'glob' as const, acked: 0 }))
      return { type: 'grown', path, links: newLinks, tails: { ...tails, ...Object.fromEntries(ends) }, nextWake }
    })
  }

  async #forget(tenant: string, path: string): Promise<void> {
    for (const name of (await this.#tenant(tenant)).names) {
      const room = await this.#room(tenant, name)
      if (room.state.links.some((link) => link.path === path)) await room.submit({ type: 'unlink', path })
    }
  }

  /** The subscriptions of a tenant: read from the store when it is first asked for. */
  async #tenant(tenant: string): Promise<Known> {
    const { clock, store } = this.#options
    const known = this.#known.get(tenant)
    const found = await known?.catch(() => undefined)
    if (found && !(store.capabilities.shared && clock.now() - found.readAt > reloadMs)) return found
    if (known !== this.#known.get(tenant)) return this.#tenant(tenant)
    const reading = this.#readTenant(tenant, found === undefined)
    this.#known.set(tenant, reading)
    return reading
  }

  async #readTenant(tenant: string, isFirst: boolean): Promise<Known> {
    const { clock, store } = this.#options
    const readAt = clock.now()
    const { rows } = await store.list({ tenant: listedTenant(tenant, 'sub'), limit: maxPerTenant })
    const names = rows.map(({ id }) => id)
    // What grew before this server looked: nobody was told.
    if (isFirst) for (const name of names) this.#background(this.#catchUp(tenant, name))
    return { names: new Set(names), readAt }
  }

  async #catchUp(tenant: string, name: string): Promise<void> {
    const room = await this.#room(tenant, name)
    const paths = [...room.state.links.map(({ path }) => path), ...(await this.#matching(tenant, room.state.config))]
    if (paths.length > 0) await this.#grew(tenant, room, [...new Set(paths)])
    this.#schedule(tenant, room)
  }

  #background(work: Promise<void>): void {
    const settled = work.catch((thrown: unknown) => {
      const error = HeadraceError.from(thrown)
      if (error.code === 'draining' || error.code === 'closed' || error.code === 'not_found') return
      this.#options.onError(error)
    })
    this.#calls.add(settled)
    void settled.finally(() => this.#calls.delete(settled))
  }

  async shutDown(): Promise<void> {
    this.#closing.abort()
    for (const id of this.#timers.keys()) this.#cancelTimer(id)
    await this.#rooms.close()
    await Promise.all(this.#calls)
  }
}

/** A subscription whose pattern takes in its own wakes would never sleep. */
function takesIn({ pattern, wakeStream }: SubscriptionConfig, path: string): boolean {
  return pattern !== undefined && path !== wakeStream && fitsPattern(pattern, path)
}

function idOf(tenant: string, name: string): string {
  return `${tenant}!${name}`
}

/** A callback came first and ended this wake. */
function ignoreFenced(thrown: unknown): void {
  const error = HeadraceError.from(thrown)
  if (error.code !== 'fenced') throw error
}

/** Reads the token of a callback. */
export function wakeTokenOf(token: string): WakeToken {
  const read = readWakeToken(token)
  if (read) return read
  throw new HeadraceError('unauthenticated', 'This is no token of a subscription.', {
    detail: { reason: 'TOKEN_INVALID' },
  })
}
