/** Where a broken variant of a server can be put between two parts of it. */
import { Buffer } from 'node:buffer'
import type { Store } from '@headrace/core'
import { sessionRules, type Page, type Rules, type SocketHub } from '@headrace/server/virtual'
import type { ServerSurroundings, Subject } from '@headrace/testing/simulator'
import { headrace } from './headrace.ts'

export type Decide = Rules['decide']

/** Other rules: `decide` is asked in place of the real one. */
export function rules(change: (decide: Decide, around: ServerSurroundings) => Decide): Subject {
  return headrace((around) => ({ rules: { ...sessionRules, decide: change(sessionRules.decide, around) } }))
}

export function withStore(change: (store: Store) => Partial<Store>): Subject {
  return headrace(({ store }) => ({ store: { ...store, ...change(store) } }))
}

/** The real thing, but for what is changed. */
export function changed<T extends object>(real: T, change: Partial<T>): T {
  return new Proxy(real, { get: (target, name) => bound(Reflect.has(change, name) ? change : target, name) })
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target)
  return typeof value === 'function' ? value.bind(target) : value
}

export function through(change: (hub: SocketHub) => Partial<SocketHub>): Subject {
  return headrace(() => ({ through: (hub) => changed(hub, change(hub)) }))
}

/** Followers that begin elsewhere. */
export function shifted(by: number): Subject {
  return through((hub) => ({
    follow: (key, reader, options) => hub.follow(key, reader, { ...options, after: Math.max(0, options.after + by) }),
  }))
}

/** Followers whose pages are changed on their way. */
export function paged(change: (page: Page) => Page): Subject {
  return through((hub) => ({
    async follow(...args) {
      const follower = await hub.follow(...args)
      return {
        get cursor() {
          return follower.cursor
        },
        next() {
          const page = follower.next()
          if (page instanceof Promise) return page.then((read) => read && change(read))
          return page && change(page)
        },
        close: () => follower.close(),
      }
    },
  }))
}

export function makePage(session: string, after: number, events: readonly string[]): Page {
  const text = Buffer.from(`{"type":"events","session":"${session}","events":[${events.join(',')}]}`)
  const header = Buffer.alloc(10)
  header[0] = 0x81
  header[1] = 127
  header.writeBigUInt64BE(BigInt(text.length), 2)
  const page: Page = {
    after,
    last: after + events.length,
    events,
    frame: Buffer.concat([header, text]),
    visibleTo: () => page,
  }
  return page
}
