/**
 * Agents behind HTTP that somebody registered, as durable as sessions.
 *
 *   index, one for the server    (tenant, agent) ─▶ version, in the order of the changes, and versions that are planned
 *   settings, one per version    what to call and how, with its secrets
 *
 * A change plans a new version in the index, writes the settings under it, puts it into the index, and removes the old ones:
 * whatever is interrupted, the index names whole settings, and no settings are in the store that it does not know of. So
 * secrets that were replaced, or never came into use, are gone from the store and not only out of use. What could not be
 * removed is with the next change of that agent, or by the next server that starts.
 */
import { randomUUID } from 'node:crypto'
import { HeadraceError, type AgentName, type Json, type SessionKey } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { SystemEntry, SystemLog } from '../system-log.ts'
import { systemKey } from '../system-session.ts'
import {
  agentPlace,
  agentPlan,
  httpAgentSettings,
  type AgentPlace,
  type HttpAgent,
  type HttpAgentSettings,
} from './http-agent.ts'

export interface HttpAgentsOptions {
  readonly log: SystemLog
  readonly clock: Clock
  /** Whether other servers register agents in the same store: then it is looked again every 2 seconds. */
  readonly isShared: boolean
  readonly onError: (error: HeadraceError) => void
}

type Listener = (agents: readonly HttpAgent[]) => void

type SettingsPlace = Pick<HttpAgent, 'tenant' | 'version'>

/** Most agents of a tenant. */
const maxAgents = 100
const rereadMs = 2_000
/** Where servers share a store, what was planned less than this ago may be under way on another one. */
const underWayMs = 60_000
const index = systemKey('default', 'agents')

/** Agents behind HTTP that are registered on a server. */
export interface HttpAgents {
  /** Those of a tenant, by name; `undefined` for all tenants. With their secrets: not for showing. */
  list(tenant?: string): Promise<readonly HttpAgent[]>
  /**
   * Registers an agent, or changes it: everything is as these settings say. Durable when it resolves.
   *
   * @param tenant - default `default`
   * @throws HeadraceError `limit_exceeded` when the tenant has as many as it may
   */
  put(agent: AgentName, settings: HttpAgentSettings, tenant?: string): Promise<HttpAgent>
  /** Whether it was there. Its settings are gone from the store when this resolves. */
  remove(agent: AgentName, tenant?: string): Promise<boolean>
  /** Calls back with all agents of all tenants, now and after each change. Returns what ends it. */
  watch(listener: (agents: readonly HttpAgent[]) => void): () => void
}

export interface ClosableHttpAgents extends HttpAgents {
  /** Idempotent. */
  close(): void
}

export function createHttpAgents({ log, clock, isShared, onError }: HttpAgentsOptions): ClosableHttpAgents {
  const known = new Map<string, HttpAgent>()
  /** Settings that are out of use and perhaps in the store still. */
  const leftOver = new Map<string, readonly SettingsPlace[]>()
  const listeners = new Set<Listener>()
  /** What cancels telling them for the first time, where that failed. */
  const beginnings = new Set<() => void>()
  let after = 0
  let isRead = false
  let isClosed = false
  let cancelLook: (() => void) | undefined
  /** One thing at a time. */
  let last: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
  const all = (): readonly HttpAgent[] => [...known.values()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  const announce = (): void => {
    for (const listener of listeners) listener(all())
  }

  /** Reads what the index has that is new. */
  const refresh = async (): Promise<boolean> => {
    if (isRead && !isShared) return false
    const read = await log.read(index, after)
    const places = read.entries.flatMap(({ name, value }) => (name === 'agent' ? [agentPlace.parse(value)] : []))
    const newest = new Map(places.map((place) => [idOf(place), place]))
    for (const [id, place] of newest) {
      const settings = await readSettings(place)
      if (settings === undefined) known.delete(id)
      else known.set(id, settings)
    }
    const isFirst = !isRead
    // Only now: what can't be read is read again.
    after = read.after
    isRead = true
    if (isFirst) await clean([...places, ...read.entries.flatMap(abandoned)])
    return newest.size > 0
  }

  /** A plan that nobody is at work on any more. Where it was carried out, its version is in the index as well. */
  const abandoned = ({ name, value }: SystemEntry): readonly AgentPlace[] => {
    if (name !== 'planned') return []
    const { at, ...place } = agentPlan.parse(value)
    return isShared && clock.now() - at < underWayMs ? [] : [place]
  }

  /** Removes what an earlier server replaced, or began to write, and did not come to remove. */
  const clean = async (places: readonly AgentPlace[]): Promise<void> => {
    for (const { tenant, agent, version } of places) {
      const id = idOf({ tenant, agent })
      if (version === undefined || known.get(id)?.version === version) continue
      // Also without an entry: it may have come no further than to begin.
      const { after: end } = await log.read(settingsKey(tenant, version))
      if (end > 0) leave(id, { tenant, version })
    }
    for (const id of leftOver.keys()) await forget(id).catch((thrown: unknown) => onError(HeadraceError.from(thrown)))
  }

  const readSettings = async ({ tenant, agent, version }: AgentPlace): Promise<HttpAgent | undefined> => {
    if (version === undefined) return undefined
    const { entries } = await log.read(settingsKey(tenant, version))
    const [entry] = entries
    // Another server has replaced it since: a later entry of the index says by what.
    return entry && { ...httpAgentSettings.parse(entry.value), tenant, agent, version }
  }

  const note = (place: AgentPlace, id: string): Promise<void> =>
    log.append(index, id, { name: 'agent', value: { ...place } })

  /** Settings that come into use when this resolves, and are left over when it rejects. */
  const write = async (id: string, { tenant, agent, version }: HttpAgent, settings: Json): Promise<void> => {
    const place = { tenant, agent, version }
    await log.append(index, `+${version}`, { name: 'planned', value: { ...place, at: clock.now() } })
    try {
      await log.append(settingsKey(tenant, version), version, { name: 'settings', value: settings })
      await note(place, version)
    } catch (thrown) {
      leave(id, place)
      throw thrown
    }
  }

  const leave = (id: string, { tenant, version }: SettingsPlace): void =>
    void leftOver.set(id, [...(leftOver.get(id) ?? []), { tenant, version }])

  const forget = async (id: string): Promise<void> => {
    for (const { tenant, version } of leftOver.get(id) ?? []) await log.remove(settingsKey(tenant, version))
    leftOver.delete(id)
  }

  const look = (): void => {
    if (!isShared || isClosed || listeners.size === 0 || cancelLook) return
    cancelLook = clock.after(rereadMs, () => {
      cancelLook = undefined
      void update().finally(look)
    })
  }
  const update = (): Promise<void> =>
    inTurn(refresh).then(
      (isNew) => void (isNew && announce()),
      (thrown: unknown) => onError(HeadraceError.from(thrown)),
    )

  /** Tells a listener what there is; later, where that can't be read now. */
  const begin = (listener: Listener): void =>
    void inTurn(async () => {
      if (!listeners.has(listener)) return
      await refresh()
      listener(all())
    }).catch((thrown: unknown) => {
      onError(HeadraceError.from(thrown))
      if (!listeners.has(listener)) return
      const cancel = clock.after(rereadMs, () => {
        beginnings.delete(cancel)
        begin(listener)
      })
      beginnings.add(cancel)
    })

  return {
    list: (tenant) =>
      inTurn(async () => {
        await refresh()
        return all().filter((agent) => tenant === undefined || agent.tenant === tenant)
      }),
    put: (agent, settings, tenant = 'default') =>
      inTurn(async () => {
        await refresh()
        const registered: HttpAgent = { ...settings, tenant, agent, version: randomUUID() }
        const id = idOf(registered)
        const before = known.get(id)
        if (!before) within(all().filter((other) => other.tenant === tenant).length + 1)
        await write(id, registered, toValue(settings))
        known.set(id, registered)
        announce()
        if (before) leave(id, before)
        await forget(id)
        return registered
      }),
    remove: (agent, tenant = 'default') =>
      inTurn(async () => {
        await refresh()
        const id = idOf({ tenant, agent })
        const before = known.get(id)
        // An earlier try may have come so far and no further.
        if (!before && !leftOver.has(id)) return false
        if (before) {
          await note({ tenant, agent }, `-${before.version}`)
          known.delete(id)
          announce()
          leave(id, before)
        }
        await forget(id)
        return true
      }),
    watch(listener) {
      listeners.add(listener)
      begin(listener)
      look()
      return () => void listeners.delete(listener)
    },
    close() {
      isClosed = true
      listeners.clear()
      for (const cancel of beginnings) cancel()
      beginnings.clear()
      cancelLook?.()
      cancelLook = undefined
    },
  }
}

function idOf({ tenant, agent }: Pick<AgentPlace, 'tenant' | 'agent'>): string {
  return `${tenant}!${agent}`
}

function settingsKey(tenant: string, version: string): SessionKey {
  return systemKey(tenant, `agent.${version}`)
}

function toValue(settings: HttpAgentSettings): Json {
  return JSON.parse(JSON.stringify(settings)) as Json // without fields that are undefined
}

function within(count: number): void {
  if (count <= maxAgents) return
  const text = `httpAgents is limited to ${maxAgents} for one tenant. Remove one first.`
  throw new HeadraceError('limit_exceeded', text, {
    detail: { limit: 'httpAgents', allowed: maxAgents, actual: count },
  })
}
