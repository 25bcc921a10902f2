import { expect, test } from 'vitest'
import type { CommandBody, Store } from '@headrace/core'
import { startWebhookAgent } from '../src/dispatch/webhook-agent.ts'
import { createWebhookSecret } from '../src/outgoing/webhook-signature.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { ada, key, openHub, text, type TestHub } from './support/hub.ts'

const secret = createWebhookSecret()

interface Calling extends TestHub {
  /** Attempts that the agent was called for. */
  readonly calls: number[]
  /** By which a receiver tells a repeat, of all that it was sent. */
  readonly ids: (string | undefined)[]
  /** What the agent answers. */
  status: number
}

function calling(store: Store, node: string, clock: FakeClock): Calling {
  const server = openHub(store, node, clock)
  const { hub, errors } = server
  const calls: number[] = []
  const ids: (string | undefined)[] = []
  const made = Object.assign(server, { calls, ids, status: 202 })
  startWebhookAgent({
    webhook: { agent: 'assistant', url: 'https://agent.example', secrets: [secret] },
    dispatcher: hub.dispatcher,
    hub,
    clock,
    auth: {},
    onError: (error) => errors.push(error),
    outgoing: {
      async post(_url, body, headers) {
        ids.push(headers?.['webhook-id'])
        const { data } = JSON.parse(String(body)) as { readonly data: { readonly attempt: number } } // sent by the server under test
        calls.push(data.attempt)
        return { outcome: 'answered', status: made.status, headers: {}, body: Buffer.alloc(0), isCut: false }
      },
    },
  })
  return made
}

/** Two servers of which the first one has decided to claim a run, and has still to write that when the second one does. */
async function bothClaim(status: number): Promise<{ one: Calling; two: Calling; clock: FakeClock; go: () => void }> {
  const inner = createMemoryStore()
  const store: Store = { ...inner, capabilities: { ...inner.capabilities, shared: true } }
  const claimed = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const clock = new FakeClock()
  const late: Store = {
    ...store,
    async append(...args) {
      if (args[2].events.some((event) => event.includes('run.claimed'))) {
        claimed.resolve()
        await goOn.promise
      }
      return store.append(...args)
    },
  }
  const [one, two] = [calling(late, 'node-1', clock), calling(store, 'node-2', clock)]
  two.status = status
  await one.ask({ type: 'create' })
  await one.ask({ type: 'send', parts: text('hello') })
  await claimed.promise
  await two.hub.view(key, ada)
  await settled()
  expect(two.calls).toEqual([1])
  return { one, two, clock, go: () => goOn.resolve() }
}

test('R2d of servers that share a store one calls an agent for an attempt', async () => {
  const { one, two, go } = await bothClaim(202)
  await using _one = one
  await using _two = two
  go()
  await settled()
  expect([one.calls, two.calls]).toEqual([[], [1]])
  expect([one.errors, two.errors]).toEqual([[], []])
})

test('R2d an agent that one server could not reach is left alone for as long by the others', async () => {
  const { one, two, clock, go } = await bothClaim(500)
  await using _one = one
  await using _two = two
  go()
  await settled()
  await clock.advance(999)
  expect([one.calls, two.calls]).toEqual([[], [1]])
  await clock.advance(1)
  expect([...one.calls, ...two.calls]).toEqual([1, 2])
})

test('R2a a clock that is set back makes no agent wait for longer, and nothing waits when the server is closed', async () => {
  const clock = new FakeClock()
  const server = calling(createMemoryStore(), 'node-1', clock)
  server.status = 500
  await server.ask({ type: 'create' })
  await server.ask({ type: 'send', parts: text('hello') })
  await settled()
  expect(server.calls).toEqual([1])
  clock.shift(-3_600_000)
  await clock.advance(1_000)
  expect(server.calls).toEqual([1, 2])
  await clock.advance(3_999)
  expect(server.calls).toEqual([1, 2])
  await clock.advance(1)
  expect(server.calls).toEqual([1, 2, 3])
  await server.hub.close()
  expect(clock.pending).toBe(0)
})

test('R2 no two calls of an agent have one id: of sessions with names that are alike, and of two steers', async () => {
  const clock = new FakeClock()
  await using server = calling(createMemoryStore(), 'node-1', clock)
  for (const session of ['a/b', 'a.b', 'a_b', `${'x'.repeat(250)}/1`, `${'x'.repeat(250)}_1`]) {
    const submit = (body: CommandBody): Promise<unknown> =>
      server.hub.submit(`default!${session}`, { grant: ada, body })
    await submit({ type: 'create' })
    await submit({ type: 'send', parts: text('hello') })
    await settled()
    for (const words of ['this', 'that']) await submit({ type: 'steer', run: 'r3', parts: text(words) })
    for (const type of ['pause', 'resume', 'pause'] as const) {
      await clock.advance(1)
      await submit({ type, run: 'r3' })
    }
  }
  await settled()
  expect(server.ids).toHaveLength(30)
  expect(new Set(server.ids).size).toBe(30)
})
