import {
  sessionKey,
  verbs,
  type CommandBody,
  type Grant,
  type HeadraceError,
  type Outcome,
  type PartStart,
  type SessionEvent,
  type SessionKey,
  type Store,
} from '@headrace/core'
import { RoomHub } from '../../src/hub.ts'
import { noMeter } from '../../src/hub-types.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { FakeClock } from './fake-clock.ts'

export const key: SessionKey = sessionKey('default', 'demo/1')

export function grantOf(actor: Grant['actor'], fields: Partial<Grant> = {}): Grant {
  return {
    tenant: 'default',
    actor,
    capabilities: [{ sessions: '**', verbs }],
    agents: ['*'],
    expiresAt: 9e15,
    ...fields,
  }
}

export const ada: Grant = grantOf('user:ada')
export const text = (words: string): readonly PartStart[] => [{ kind: 'text', text: words }]

export interface TestHub {
  readonly hub: RoomHub
  readonly clock: FakeClock
  readonly store: Store
  readonly errors: HeadraceError[]
  ask(body: CommandBody, id?: string, grant?: Grant): Promise<Outcome>
  log(): Promise<readonly SessionEvent[]>
  [Symbol.asyncDispose](): Promise<void>
}

export function openHub(
  store: Store = createMemoryStore(),
  node = 'node-1',
  clock: FakeClock = new FakeClock(),
): TestHub {
  const errors: HeadraceError[] = []
  const hub = new RoomHub({ node, store, clock, meter: noMeter, onError: (error) => errors.push(error) })
  return {
    hub,
    clock,
    store,
    errors,
    ask: (body, id, grant = ada) => hub.submit(key, { grant, body, ...(id !== undefined && { id }) }),
    async log() {
      const events = await store.read(key, 0, { maxEvents: 100_000, maxChars: Number.MAX_SAFE_INTEGER })
      return events.map((event) => JSON.parse(event) as SessionEvent)
    },
    [Symbol.asyncDispose]: () => hub.close(),
  }
}

/** A store whose next calls can be made to fail or to wait. */
export function faulty(inner: Store): Store & { beforeAppend: () => Promise<void>; afterAppend: () => Promise<void> } {
  const store = {
    ...inner,
    beforeAppend: () => Promise.resolve(),
    afterAppend: () => Promise.resolve(),
    async append(...args: Parameters<Store['append']>) {
      await store.beforeAppend()
      await inner.append(...args)
      await store.afterAppend()
    },
  }
  return store
}
