import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { HeadraceError, type CommandBody, type Run } from '@headrace/core'
import type { Assignment } from '../src/hub-types.ts'
import { createSecretAuth } from '../src/auth/secret-auth.ts'
import { createWebhookSecret } from '../src/outgoing/webhook-signature.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { openEndpoint, type Endpoint, type Received } from './support/endpoint.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { ada, key, text } from './support/hub.ts'
import { serve, type Served, type TestSocket } from './support/serve.ts'
import { TestSocket as Socket } from './support/serve.ts'

const session = 'demo/1'
const secret = createWebhookSecret()

interface Called extends Assignment {
  readonly token: string
  readonly signal?: string
}

function read({ headers, body }: Received): { type: string; data: Called } {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as { type: string; data: Called } // sent by the server under test
}

async function open(
  store = createMemoryStore(),
): Promise<{ server: Served; clock: FakeClock; endpoint: Endpoint; person: TestSocket }> {
  const clock = new FakeClock(Date.now())
  const endpoint = await openEndpoint()
  const agent = { agent: 'assistant', url: endpoint.url, secrets: [secret] }
  const server = await serve({ clock, store, agents: [agent], outgoing: { allowPrivate: [endpoint.host] } })
  const person = await server.join()
  await person.ask(session, { type: 'create' })
  return { server, clock, endpoint, person }
}

async function runs(server: Served): Promise<readonly Run[]> {
  return (await server.headrace.hub.view(key, ada)).runs
}

async function until(server: Served, holds: (run: Run) => boolean): Promise<Run> {
  for (;;) {
    const run = (await runs(server)).find(holds)
    if (run) return run
    await settled()
  }
}

describe('R2: an agent is called by webhook', () => {
  test('with a signature and a token that is good for this session and agent, and writes over HTTP', async () => {
    const { server, endpoint, person } = await open()
    await using _server = server
    await using _endpoint = endpoint
    await person.ask(session, { type: 'send', parts: text('hello') })
    const [first] = await endpoint.count(1)
    const { type, data } = read(first!)
    expect([type, data.run, data.attempt, data.view.messages.length]).toEqual(['run.assigned', 'r3', 1, 1])
    const me = await fetch(`${server.url}/v1/me`, { headers: { Authorization: `Bearer ${data.token}` } })
    expect(await me.json()).toMatchObject({ actor: 'agent:assistant', agents: ['assistant'] })
    const command = (body: CommandBody, path = 'demo%2F1'): Promise<Response> =>
      fetch(`${server.url}/v1/sessions/${path}/commands`, {
        method: 'POST',
        headers: { authorization: `Bearer ${data.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ body }),
      })
    const written = await command({
      type: 'write',
      run: data.run,
      attempt: 1,
      n: 1,
      ops: [
        { op: 'open', message: 'a', part: 't', start: { kind: 'text', text: 'hi' } },
        { op: 'end', reason: 'complete' },
      ],
    })
    expect(written.status).toBe(200)
    expect(await runs(server)).toMatchObject([{ status: 'ended', reason: 'complete' }])
    expect((await command({ type: 'post', parts: text('x') })).status).toBe(403)
    expect((await command({ type: 'create' }, 'other')).status).toBe(403)
  })

  test('each run under an id of its own, also in sessions whose names are alike', async () => {
    const { server, endpoint, person } = await open()
    await using _server = server
    await using _endpoint = endpoint
    for (const id of [session, 'demo_1', 'demo.1']) {
      await person.ask(id, { type: 'create' })
      await person.ask(id, { type: 'send', parts: text('hello') })
    }
    const called = await endpoint.count(3)
    expect(new Set(called.map((one) => read(one).data.run))).toEqual(new Set(['r3']))
    expect(new Set(called.map(({ headers }) => headers['webhook-id'])).size).toBe(3)
  })

  test('again after a failure, later each time; then it is a dead letter that people see and retry', async () => {
    const { server, clock, endpoint, person } = await open()
    await using _server = server
    await using _endpoint = endpoint
    endpoint.answers = [503]
    await person.ask(session, { type: 'send', parts: text('hello') })
    for (let tries = 1; tries < 8; tries += 1) {
      await endpoint.count(tries)
      const run = await until(server, ({ status, undelivered }) => status === 'queued' && undelivered?.tries === tries)
      expect(run.undelivered).toMatchObject({ error: "The agent's webhook answered 503." })
      const wait = (run.undelivered?.retryAt ?? 0) - clock.now()
      await clock.advance(wait - 1)
      expect(endpoint.received).toHaveLength(tries)
      await clock.advance(1)
    }
    await until(server, ({ undelivered }) => undelivered?.dead === true)
    await clock.advance(600_000)
    expect(endpoint.received).toHaveLength(8)
    expect(await runs(server)).toMatchObject([{ status: 'queued', undelivered: { tries: 8, dead: true } }])
    expect((await runs(server))[0]).not.toHaveProperty('lapses')
    endpoint.answers = [202]
    const back = await server.join()
    expect(await back.ask(session, { type: 'retry', run: 'r3' })).toMatchObject({ outcome: 'accepted' })
    await endpoint.count(9)
    expect(await until(server, ({ status }) => status === 'active')).toMatchObject({ attempt: 9 })
  })

  test('R2a: a failure that can not be written down for a while uses up no attempt', async () => {
    const store = createMemoryStore()
    const refused = Promise.withResolvers<void>()
    let isFull = true
    const { server, clock, endpoint, person } = await open({
      ...store,
      append(...args) {
        if (!isFull || !args[2].events.some((event) => event.includes('run.undelivered'))) return store.append(...args)
        refused.resolve()
        return Promise.reject(new HeadraceError('store_full', 'The disk is full.'))
      },
    })
    await using _server = server
    await using _endpoint = endpoint
    endpoint.answers = [503]
    await person.ask(session, { type: 'send', parts: text('hello') })
    await refused.promise
    await settled()
    expect(await runs(server)).toMatchObject([{ status: 'active', attempt: 1 }])
    isFull = false
    endpoint.answers = [202]
    const isWritten = async (): Promise<boolean> =>
      (await store.read(key, 0, { maxEvents: 100, maxChars: 1e9 })).some((event) => event.includes('run.undelivered'))
    while (!(await isWritten())) await clock.advance(1_000)
    // The wait after a first failure is over by now, or in a moment.
    await clock.advance(1_000)
    await endpoint.count(2)
    const run = await until(server, ({ status }) => status === 'active')
    expect(run.undelivered?.tries).toBe(1)
    expect(run).not.toHaveProperty('lapses')
  })

  test('R2a: also after one that took a run has let its lease lapse', async () => {
    const { server, clock, endpoint, person } = await open()
    await using _server = server
    await using _endpoint = endpoint
    await person.ask(session, { type: 'send', parts: text('hello') })
    await endpoint.count(1)
    await until(server, (run) => run.status === 'active')
    await clock.advance(70_000)
    const calls = (await endpoint.count(3)).map((call) => read(call)).map(({ type, data }) => `${type} ${data.attempt}`)
    expect(calls.toSorted()).toEqual(['run.assigned 1', 'run.assigned 2', 'run.signal 1'])
  })

  test('C3: what is stopped while it is being called is over, and it is told when it works', async () => {
    const { server, endpoint, person } = await open()
    await using _server = server
    await using _endpoint = endpoint
    await person.ask(session, { type: 'send', parts: text('hello') })
    await endpoint.count(1)
    await person.ask(session, { type: 'cancel', target: { all: true } })
    const [, second] = await endpoint.count(2)
    expect(read(second!)).toMatchObject({ type: 'run.signal', data: { run: 'r3', signal: 'cancel' } })
  })
})

test('R2: an agent whose secret signs nothing is refused before anything runs', async () => {
  const agent = { agent: 'assistant', url: 'https://example.com', secrets: ['whsec_short'] }
  await expect(serve({ agents: [agent] })).rejects.toMatchObject({ code: 'bad_request' })
})

test('R2a: a call that the server itself fails to make is reported, and the run waits again', async () => {
  const endpoint = await openEndpoint()
  await using _endpoint = endpoint
  const agent = { agent: 'assistant', url: endpoint.url, secrets: [secret] }
  const mint = (): Promise<string> => Promise.reject(new Error('no key'))
  const real = createSecretAuth('a secret that is longer than 32 bytes')
  const errors: string[] = []
  const server = await serve({
    agents: [agent],
    auth: { ...real, mint },
    onError: (error) => errors.push(error.code),
  })
  await using _server = server
  await server.headrace.hub.submit(key, { grant: ada, body: { type: 'create' } })
  await server.headrace.hub.submit(key, { grant: ada, body: { type: 'send', parts: text('hello') } })
  expect(await until(server, (run) => run.undelivered !== undefined)).toMatchObject({ undelivered: { tries: 1 } })
  expect(errors).toEqual(['internal'])
})

test('R2: agents and clients in the process of the server need no network', async () => {
  await using server = await serve()
  const { WebSocket } = server.headrace
  const open2 = async (): Promise<TestSocket> => {
    const socket = new Socket(new WebSocket('http://localhost', 'headrace.v1') as never)
    await socket.opened
    socket.send({ type: 'hello', token: server.token })
    await socket.next('welcome')
    return socket
  }
  const [person, worker] = [await open2(), await open2()]
  await person.ask(session, { type: 'create' })
  worker.send({ type: 'work', agent: 'assistant', worker: 'w1', capacity: 1 })
  person.send({ type: 'subscribe', session })
  await person.next('snapshot')
  person.send({ type: 'command', id: 'c', session, body: { type: 'send', parts: text('hello') } })
  const { run } = await worker.next('assign')
  const ops = [{ op: 'open', message: 'a', part: 't', start: { kind: 'text', text: 'hi' } }] as const
  worker.send({ type: 'command', id: 'w', session, body: { type: 'write', run, attempt: 1, n: 1, ops } })
  await person.next('events', (frame) => frame.events.some((event) => event.type === 'part.opened'))
})
