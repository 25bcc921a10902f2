import { setTimeout as pause } from 'node:timers/promises'
import { HeadraceError, type AppendBatch, type SessionKey, type Store } from '@headrace/core'
import { sessionRules, type Follower, type SocketHub, type VirtualServerOptions } from '@headrace/server/virtual'
import type { MutantName } from './mutant-name.ts'

type Broken = Partial<Pick<VirtualServerOptions, 'store' | 'rules' | 'through'>>

/** How long the disk is said to need by the mutant that does not wait for it. */
const lateMs = 40
/** One in so many batches, or commands, is hit: a fault that comes always is no test. */
const rate = 15

/** The real thing, but for one fault. */
export function faultOf(name: MutantName, store: Store): Broken {
  switch (name) {
    case 'ack-before-durable':
      return { store: eager(store) }
    case 'ack-after-failed-sync':
      return { store: { ...store, append: (...args) => store.append(...args).catch(forgive) } }
    case 'lose-event':
      return through((hub) => ({
        submit: async (key, command) =>
          command.body.type === 'post' && hit()
            ? { outcome: 'accepted', seq: await store.head(key) }
            : hub.submit(key, command),
      }))
    case 'double-event':
      return { store: changed(store, (events) => [...events, ...events.slice(-1).map(oneLater)]) }
    case 'resume-off-by-one':
      return shifted(1)
    case 'resume-again':
      return shifted(-1)
    case 'reorder':
      return reordered()
    case 'forget-commands':
      return {
        rules: {
          ...sessionRules,
          decide: (state, command, now, options) =>
            sessionRules.decide({ ...state, guard: { ...state.guard, commands: [] } }, command, now, options),
        },
      }
    case 'forget-stop':
      return through((hub) => ({
        submit: async (key, command) =>
          command.body.type === 'cancel' && hit()
            ? { outcome: 'accepted', seq: await store.head(key) }
            : hub.submit(key, command),
      }))
    case 'steer-twice':
      return through((hub) => ({
        async submit(key, command) {
          const outcome = await hub.submit(key, command)
          const { id, ...again } = command
          if (command.body.type === 'steer' && id !== undefined && hit()) await hub.submit(key, again)
          return outcome
        },
      }))
    // The disk and what is on it are broken around the server: see no-sync.ts and corruption.ts.
    case 'no-sync':
    case 'swallow-damage':
      return {}
    default:
      return name satisfies never
  }
}

let counted = 0

function hit(): boolean {
  counted += 1
  return counted % rate === 0
}

/** Answers and shows what the disk does not have yet. */
function eager(store: Store): Store {
  const ends = new Map<SessionKey, Promise<unknown>>()
  return {
    ...store,
    async append(key, expectedSeq, batch) {
      const before = ends.get(key) ?? Promise.resolve()
      const done = before.then(() => pause(lateMs)).then(() => store.append(key, expectedSeq, batch))
      ends.set(
        key,
        done.catch(() => undefined),
      )
    },
  }
}

function forgive(thrown: unknown): void {
  const { code } = HeadraceError.from(thrown)
  if (code !== 'store_unavailable' && code !== 'unknown_outcome') throw thrown
}

function changed(store: Store, change: (events: readonly string[]) => readonly string[]): Store {
  return {
    ...store,
    append: (key, expectedSeq, batch) =>
      store.append(
        key,
        expectedSeq,
        hit() ? ({ ...batch, events: change(batch.events) } satisfies AppendBatch) : batch,
      ),
  }
}

function oneLater(json: string): string {
  const event = JSON.parse(json) as { readonly seq: number } // an event of ours
  return JSON.stringify({ ...event, seq: event.seq + 1 })
}

function through(change: (hub: SocketHub) => Partial<SocketHub>): Broken {
  return {
    through(hub) {
      const changes = change(hub)
      return new Proxy(hub, {
        get(target, property) {
          const value: unknown = Reflect.get(Reflect.has(changes, property) ? changes : target, property)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    },
  }
}

/** Followers that begin elsewhere than they were asked to. */
function shifted(by: number): Broken {
  return through((hub) => ({
    follow: (key, reader, options): Promise<Follower> =>
      hub.follow(key, reader, { ...options, after: options.after === 0 ? 0 : Math.max(0, options.after + by) }),
  }))
}

/** Some commands wait, and others overtake them. */
function reordered(): Broken {
  return through((hub) => ({
    async submit(key, command) {
      if (command.body.type === 'post' && hit()) await pause(lateMs)
      return hub.submit(key, command)
    },
  }))
}
