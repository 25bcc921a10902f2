import { afterEach, expect, test } from 'vitest'
import { emptyView, foldView, textOf, type SessionEvent, type SessionView } from '@headrace/core'
import { connect, type Client, type ConnectOptions, type Session } from '@headrace/client'
import { createWorker, type AgentRun, type RunHandler, type Worker, type WorkerOptions } from '@headrace/client/agent'
import { startFaultProxy } from '@headrace/testing'
import { FakeClock } from './support/fake-clock.ts'
import { RealServer } from './support/real-server.ts'
import { until } from './support/until.ts'

const open: (Client | Worker)[] = []
afterEach(() =>
  Promise.all(open.splice(0).map((each) => ('session' in each ? each.close() : each.close({ graceMs: 0 })))),
)

/** A server that was just started waits a little for workers to come back, too. */
const longerThanALease = 10_000
const backoff = { minMs: 1, maxMs: 20 }

async function reader(server: RealServer, sub = 'ada', options: Partial<ConnectOptions> = {}): Promise<Client> {
  const client = connect({ url: server.url, token: await server.token(sub), backoff, ...options })
  open.push(client)
  return client
}

async function worker(server: RealServer, handler: RunHandler, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const agent = options.agent ?? 'assistant'
  const made = createWorker({
    url: server.url,
    token: await server.token(agent, { kind: 'agent' }),
    agent,
    backoff,
    handler,
    ...options,
  })
  open.push(made)
  await made.ready
  return made
}

function reaches(session: Session, holds: (view: SessionView) => boolean): Promise<void> {
  return until(() => holds(session.getSnapshot().view), session.subscribe)
}

const ended =
  (count = 1) =>
  (view: SessionView): boolean =>
    view.runs.filter(({ status }) => status === 'ended').length >= count
const answers = (view: SessionView): readonly string[] =>
  view.messages.filter(({ role }) => role === 'assistant').map(textOf)

test('S1 S2: two readers see the same session stream, one of them from the middle', async () => {
  await using server = await RealServer.start()
  const middle = Promise.withResolvers<void>()
  await worker(server, async (run) => {
    await run.text('one ')
    await middle.promise
    await run.text('two')
  })
  const first = (await reader(server)).session('s', { present: true })
  await first.create({ metadata: { title: 'T' } })
  const stop = first.subscribe(() => undefined)
  await first.send('go')
  await reaches(first, (view) => answers(view)[0] === 'one ')
  const second = (await reader(server, 'bob')).session('s', { present: true })
  await reaches(second, (view) => answers(view)[0] === 'one ')
  expect(second.getSnapshot().view.messages.at(-1)?.status).toBe('open')
  middle.resolve()
  await reaches(second, (view) => ended()(view) && view.presence.length === 2)
  await reaches(first, (view) => view.seq === second.getSnapshot().view.seq)
  expect(first.getSnapshot().view).toEqual(second.getSnapshot().view)
  expect(answers(first.getSnapshot().view)).toEqual(['one two'])
  expect(first.getSnapshot().view.presence.map(({ actor }) => actor)).toEqual(['user:ada', 'user:bob'])
  stop()
  expect(server.errors).toEqual([])
})

test('L3 S3: hundreds of broken connections in the middle of a stream give exactly the log', async () => {
  await using server = await RealServer.start()
  const proxy = await startFaultProxy({ target: server.port })
  let seed = 7
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  let broken = 0
  proxy.resetAfter(() => {
    broken += 1
    return 200 + Math.floor(random() * 6_000)
  })
  const url = `http://127.0.0.1:${proxy.port}`
  const quick = { minMs: 0, maxMs: 1 }
  const writer = (await reader(server, 'ada', { url, backoff: quick })).session('s')
  await writer.create()
  const session = (await reader(server, 'bob', { url, backoff: quick })).session('s', { after: 0 })
  const journal: SessionEvent[] = []
  session.onEvent((event) => journal.push(event))
  const seqs: number[] = []
  for (let index = 0; broken < 200; index += 1) {
    const asked = Array.from({ length: 5 }, (_, each) =>
      writer.post(`post ${index} ${each} ${'x'.repeat(random() * 300)}`),
    )
    for (const answer of asked) seqs.push((await answer).seq)
  }
  proxy.resetAfter(undefined)
  proxy.reset()
  await reaches(session, (view) => view.seq >= (seqs.at(-1) ?? 0))
  const log = await server.log('s')
  expect(JSON.stringify(journal)).toBe(JSON.stringify(log))
  // Each command was applied once, at the seq that its answer named.
  expect(log.slice(1).map(({ seq }) => seq)).toEqual(seqs)
  await proxy.close()
})

test('L3 R3 C4: a killed server is back where it was, and no handler notices', async () => {
  await using server = await RealServer.start()
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  let attempts = 0
  let aborted = false
  await worker(server, async (run) => {
    attempts += 1
    run.signal.addEventListener('abort', () => (aborted = true))
    for (const [index, gate] of gates.entries()) {
      await run.text(`${index} `)
      await gate.promise
    }
  })
  const session = (await reader(server)).session('s', { after: 0 })
  const journal: SessionEvent[] = []
  session.onEvent((event) => journal.push(event))
  await session.create()
  await session.send('go')
  for (const [index, gate] of gates.entries()) {
    await reaches(session, (view) => answers(view)[0]?.endsWith(`${index} `) === true)
    await server.kill()
    gate.resolve() // the handler goes on while there is no server
    await server.start()
  }
  await reaches(session, ended())
  expect(answers(session.getSnapshot().view)).toEqual(['0 1 2 3 '])
  expect(session.getSnapshot().view.runs).toMatchObject([{ reason: 'complete', attempt: 1 }])
  expect([attempts, aborted]).toEqual([1, false])
  expect(JSON.stringify(journal)).toBe(JSON.stringify(await server.log('s')))
})

test('a server that says bye is found again when it is back', async () => {
  await using server = await RealServer.start()
  const client = await reader(server)
  const session = client.session('s')
  await session.create()
  session.subscribe(() => undefined)
  await reaches(session, (view) => view.seq === 1)
  const asked = session.post('before')
  await server.stop()
  await until(() => client.status.state !== 'online', client.onStatus)
  await server.start()
  await Promise.all([asked, session.post('after')])
  await reaches(session, (view) => view.messages.length === 2)
  expect((await server.log('s')).length).toBe(3)
})

test('R3 R4: a worker that is away for longer than its lease loses the run; the next one replaces its output', async () => {
  await using server = await RealServer.start()
  const stopped = Promise.withResolvers<unknown>()
  const away = await worker(
    server,
    async (run) => {
      await run.text('half an ans')
      await new Promise((stop) => run.signal.addEventListener('abort', stop))
      await run.text('too late')
      stopped.resolve(run.stopped)
    },
    { leaseMs: 1_000, capacity: 1 },
  )
  const session = (await reader(server)).session('s')
  await session.create()
  session.subscribe(() => undefined)
  await session.send('go')
  await reaches(session, (view) => answers(view)[0] === 'half an ans')
  away.setOnline(false)
  server.skip(longerThanALease)
  await reaches(session, (view) => view.runs[0]?.status === 'queued')
  expect(session.getSnapshot().view.messages.at(-1)?.parts).toMatchObject([{ status: 'interrupted' }])
  const seen: AgentRun[] = []
  await worker(server, async (run) => {
    seen.push(run)
    await run.text('a whole answer')
  })
  await reaches(session, ended())
  expect(seen.map(({ attempt }) => attempt)).toEqual([2])
  expect(seen[0]?.history.map(textOf)).toEqual(['go'])
  expect(answers(session.getSnapshot().view)).toEqual(['a whole answer'])
  away.setOnline(true)
  expect(await stopped.promise).toBe('lost')
  expect(answers(session.getSnapshot().view)).toEqual(['a whole answer'])
})

test('R4: a step that is retried is replaced, what the other steps wrote stays', async () => {
  await using server = await RealServer.start()
  const first = await worker(
    server,
    async (run) => {
      await run.step('one', (out) => out.text('first 1. '))
      await run.step('two', (out) => out.text('first 2. '))
      await new Promise((stop) => run.signal.addEventListener('abort', stop))
    },
    { leaseMs: 1_000 },
  )
  const session = (await reader(server)).session('s')
  await session.create()
  session.subscribe(() => undefined)
  await session.send('go')
  await reaches(session, (view) => answers(view)[0] === 'first 1. first 2. ')
  await first.close({ graceMs: 0 })
  server.skip(longerThanALease)
  await worker(server, (run) => run.step('two', (out) => out.text('second 2. ')))
  await reaches(session, ended())
  expect(answers(session.getSnapshot().view)).toEqual(['first 1. second 2. '])
})

test('R6: two agents answer at the same time, each with its own stream', async () => {
  await using server = await RealServer.start()
  const both = Promise.withResolvers<void>()
  let begun = 0
  const handler =
    (name: string): RunHandler =>
    async (run) => {
      await run.text(`${name} `)
      begun += 1
      if (begun === 2) both.resolve()
      await both.promise // neither ends before the other has begun
      await run.text('done')
    }
  await Promise.all(['writer', 'critic'].map((agent) => worker(server, handler(agent), { agent })))
  const session = (await reader(server)).session('s')
  await session.create()
  await Promise.all([session.send({ text: 'go', agent: 'writer' }), session.send({ text: 'go', agent: 'critic' })])
  await reaches(session, ended(2))
  const { view } = session.getSnapshot()
  expect([...answers(view)].sort()).toEqual(['critic done', 'writer done'])
  expect(
    view.messages
      .filter(({ role }) => role === 'assistant')
      .map(({ author }) => author)
      .sort(),
  ).toEqual(['agent:critic', 'agent:writer'])
})

test('C3: cancel stops the stream, and what was written stays', async () => {
  await using server = await RealServer.start()
  const cancelled = Promise.withResolvers<unknown>()
  await worker(server, async (run) => {
    await run.pipe(
      new ReadableStream<string>({
        start: (controller) => controller.enqueue('begun'),
        cancel: cancelled.resolve,
      }),
    )
  })
  const session = (await reader(server)).session('s')
  await session.create()
  session.subscribe(() => undefined)
  await session.send('go')
  await reaches(session, (view) => answers(view)[0] === 'begun')
  expect(await session.cancel()).toMatchObject({ outcome: 'accepted' })
  expect(await session.cancel()).toMatchObject({ outcome: 'noop' })
  await reaches(session, ended())
  expect(await cancelled.promise).toMatchObject({ name: 'AbortError', reason: 'cancel' })
  const { view } = session.getSnapshot()
  expect(view.runs).toMatchObject([{ reason: 'cancelled', cancelledBy: 'user:ada' }])
  expect(view.runs[0]).not.toHaveProperty('detail') // the agent ended it, not the grace time
  expect(view.messages.at(-1)).toMatchObject({
    status: 'interrupted',
    parts: [{ text: 'begun', status: 'interrupted' }],
  })
})

test('C3: a cancel while the worker is away reaches it when it is back', async () => {
  await using server = await RealServer.start()
  const stopped = Promise.withResolvers<unknown>()
  const working = await worker(server, async (run) => {
    await run.text('begun')
    await new Promise((stop) => run.signal.addEventListener('abort', stop))
    stopped.resolve(run.stopped)
  })
  const session = (await reader(server)).session('s')
  await session.create()
  session.subscribe(() => undefined)
  await session.send('go')
  await reaches(session, (view) => answers(view)[0] === 'begun')
  working.setOnline(false)
  await session.cancel()
  working.setOnline(true)
  expect(await stopped.promise).toBe('cancel')
  await reaches(session, ended())
  expect(session.getSnapshot().view.runs).toMatchObject([{ reason: 'cancelled' }])
})

test('C4: nobody watching is no reason to stop', async () => {
  await using server = await RealServer.start()
  const gate = Promise.withResolvers<void>()
  await worker(server, async (run) => {
    await run.text('begun ')
    await gate.promise
    await run.text('ended')
  })
  const client = await reader(server)
  const session = client.session('s')
  await session.create()
  session.subscribe(() => undefined)
  await session.send('go')
  await reaches(session, (view) => answers(view)[0] === 'begun ')
  client.setOnline(false)
  gate.resolve()
  const other = (await reader(server)).session('s')
  await reaches(other, ended())
  client.setOnline(true)
  await reaches(session, ended())
  expect(answers(session.getSnapshot().view)).toEqual(['begun ended'])
})

test('capacity holds across lost connections', async () => {
  await using server = await RealServer.start()
  let active = 0
  let most = 0
  const working = await worker(
    server,
    async (run) => {
      active += 1
      most = Math.max(most, active)
      await run.text('begun ')
      working.drop()
      await run.text('ended')
      active -= 1
    },
    { capacity: 2 },
  )
  const client = await reader(server)
  const sessions = Array.from({ length: 8 }, (_, index) => client.session(`s/${index}`))
  await Promise.all(sessions.map((session) => session.create()))
  await Promise.all(sessions.map((session) => session.send('go')))
  await Promise.all(sessions.map((session) => reaches(session, ended())))
  expect(sessions.map((session) => answers(session.getSnapshot().view))).toEqual(sessions.map(() => ['begun ended']))
  expect(most).toBe(2)
})

test('what each kind of chunk becomes', async () => {
  await using server = await RealServer.start()
  async function* chunks() {
    yield { type: 'reasoning', text: 'hm' } as const
    yield { type: 'tool-input', callId: 'c1', name: 'search', text: '{"q":1}' } as const
    yield { type: 'tool-call', callId: 'c1', name: 'search', input: { q: 1 } } as const
    yield { type: 'tool-result', callId: 'c1', output: null, preliminary: true } as const
    yield { type: 'tool-result', callId: 'c1', output: ['x'] } as const
    yield { type: 'tool-error', callId: 'c2', error: 'It broke.' } as const
    yield { type: 'source', url: 'https://x', title: 'X' } as const
    yield { type: 'file', url: 'https://x/a.png', mediaType: 'image/png' } as const
    yield { type: 'data', name: 'chart', value: [1, 2] } as const
    yield 'plain '
    yield { type: 'text', text: 'text' } as const
    yield { type: 'usage', usage: { inputTokens: 5 } } as const
  }
  await worker(server, (run) => run.pipe(chunks()))
  const session = (await reader(server)).session('s')
  await session.create()
  await session.send('go')
  await reaches(session, ended())
  const { view } = session.getSnapshot()
  expect(view.runs).toMatchObject([{ reason: 'complete', usage: { inputTokens: 5 } }])
  expect(view.messages.at(-1)?.parts).toMatchObject([
    { kind: 'reasoning', text: 'hm', status: 'closed' },
    { kind: 'tool', name: 'search', callId: 'c1', text: '{"q":1}', input: { q: 1 }, output: ['x'], status: 'closed' },
    { kind: 'tool', callId: 'c2', error: 'It broke.', status: 'closed' },
    { kind: 'source', url: 'https://x', title: 'X', status: 'closed' },
    { kind: 'file', url: 'https://x/a.png', mediaType: 'image/png', status: 'closed' },
    { kind: 'data', name: 'chart', value: [1, 2], status: 'closed' },
    { kind: 'text', text: 'plain text', status: 'closed' },
  ])
})

test('output over a limit of the server fails the run and names the limit', async () => {
  await using server = await RealServer.start()
  await worker(server, (run) => run.write({ type: 'data', name: 'big', value: 'x'.repeat(300_000) }), {
    onError: () => undefined,
  })
  const session = (await reader(server)).session('s')
  await session.create()
  await session.send('go')
  await reaches(session, ended())
  expect(session.getSnapshot().view.runs).toMatchObject([
    { reason: 'failed', detail: expect.stringContaining('eventChars is limited to 262144') },
  ])
})

test('S2a: older messages come by page, and those that go cold while somebody watches stay', async () => {
  await using server = await RealServer.start()
  const writer = (await reader(server)).session('s')
  await writer.create()
  const texts: string[] = []
  const postMany = async (count: number): Promise<void> => {
    const fresh = Array.from({ length: count }, (_, index) => `post ${texts.length + index}`)
    texts.push(...fresh)
    await Promise.all(fresh.map((text) => writer.post(text)))
  }
  await postMany(130)
  const session = (await reader(server, 'bob')).session('s')
  await reaches(session, (view) => view.seq === 131)
  const shown = (): readonly string[] => session.getSnapshot().messages.map(textOf)
  session.subscribe(() => undefined)
  expect(shown()).toEqual(texts.slice(-50))
  expect(session.getSnapshot().hasOlder).toBe(true)
  await postMany(10)
  await reaches(session, (view) => view.seq === 141)
  expect(shown()).toEqual(texts.slice(-60))
  await session.loadOlder()
  expect(shown()).toEqual(texts.slice(-110))
  await session.loadOlder(20)
  expect(shown()).toEqual(texts.slice(-130))
  await Promise.all([session.loadOlder(), session.loadOlder()])
  expect(shown()).toEqual(texts)
  expect(session.getSnapshot().hasOlder).toBe(false)
  await session.loadOlder()
  await postMany(60)
  await reaches(session, (view) => view.seq === 201)
  expect(shown()).toEqual(texts)
})

test('S2a: older messages that are newer than one which stayed open for long are loaded as well', async () => {
  await using server = await RealServer.start()
  const goOn = Promise.withResolvers<void>()
  await worker(server, async (run) => {
    await run.text('a long ')
    await goOn.promise
    await run.text('answer')
  })
  const writer = (await reader(server)).session('s')
  await writer.create()
  writer.subscribe(() => undefined)
  const texts = Array.from({ length: 70 }, (_, index) => `post ${index}`)
  await writer.send('question')
  await reaches(writer, (view) => answers(view)[0] === 'a long ')
  for (const text of texts.slice(0, 60)) await writer.post(text)
  // Who comes now sees the answer, which is open, and not the posts after it that are no longer hot.
  const session = (await reader(server, 'bob')).session('s')
  await reaches(session, (view) => view.messages.length > 0)
  session.subscribe(() => undefined)
  goOn.resolve()
  await reaches(writer, ended())
  for (const text of texts.slice(60)) await writer.post(text)
  await reaches(session, (view) => view.seq === writer.getSnapshot().view.seq)
  expect(answers(session.getSnapshot().view)).toEqual([])
  while (session.getSnapshot().hasOlder) await session.loadOlder(5)
  expect(session.getSnapshot().messages.map(textOf)).toEqual(['question', 'a long answer', ...texts])
})

test('a regenerated input that went cold still reaches the agent', async () => {
  await using server = await RealServer.start()
  const inputs: string[] = []
  await worker(server, async (run) => {
    inputs.push(textOf(run.input))
    await run.text('answer')
  })
  const session = (await reader(server)).session('s')
  await session.create()
  session.subscribe(() => undefined)
  await session.send('the first question')
  await reaches(session, ended())
  const input = session.getSnapshot().messages[0]?.id ?? ''
  for (let index = 0; index < 60; index += 1) await session.post(`post ${index}`)
  await session.regenerate(input)
  await reaches(session, ended(2))
  expect(inputs).toEqual(['the first question', 'the first question'])
})

test('S4e: what a client reads of the past is the fold of the events that it reads', async () => {
  await using server = await RealServer.start()
  const client = await reader(server)
  const session = client.session('s')
  await session.create({ metadata: { title: 'T' } })
  for (const words of ['one', 'two', 'three']) await session.post(words)
  const { events, head } = await client.events('s')
  expect(events).toHaveLength(head)
  expect((await client.events('s', { after: 2, limit: 1 })).events).toEqual(events.slice(2, 3))
  for (const { seq, at } of events) {
    const then = events.slice(0, seq).reduce(foldView, emptyView('s'))
    expect(await client.view('s', { at: seq })).toEqual(then)
    expect((await client.view('s', { time: at })).seq).toBeGreaterThanOrEqual(seq)
  }
})

test('which agents are there for a session is told to whoever may ask them', async () => {
  await using server = await RealServer.start()
  const client = await reader(server)
  await client.session('s').create({ agent: 'researcher' })
  expect(await client.agents('s')).toEqual([])
  await worker(server, async () => {}, { agent: 'researcher' })
  expect(await client.agents('s')).toEqual(['researcher'])
  await expect(client.agents('none')).rejects.toMatchObject({ code: 'session_not_found' })
})

test('sessions and me', async () => {
  await using server = await RealServer.start()
  const client = await reader(server)
  for (const id of ['a', 'b/c', 'd']) await client.session(id).create({ metadata: { title: id } })
  const first = await client.sessions({ limit: 2 })
  expect(first.rows).toHaveLength(2)
  const second = await client.sessions({ ...(first.cursor !== undefined && { cursor: first.cursor }) })
  expect(
    [...first.rows, ...second.rows].map(({ id, metadata }) => `${id}: ${JSON.stringify(metadata)}`).sort(),
  ).toEqual(['a: {"title":"a"}', 'b/c: {"title":"b/c"}', 'd: {"title":"d"}'])
  expect(await client.me()).toMatchObject({ actor: 'user:ada', name: 'ada', tenant: 'default', agents: ['*'] })
})

test('requests reject with what the server says, and get a new token once', async () => {
  await using server = await RealServer.start()
  const wrong = connect({ url: server.url, token: 'no token', online: false })
  open.push(wrong)
  await expect(wrong.me()).rejects.toMatchObject({ code: 'unauthenticated' })
  const tokens = ['no token', await server.token('ada')]
  const renewing = connect({ url: server.url, token: () => tokens.shift() ?? '', online: false })
  open.push(renewing)
  expect(await renewing.me()).toMatchObject({ actor: 'user:ada' })
  const nobody = connect({ url: 'http://127.0.0.1:1', token: 't', online: false })
  open.push(nobody)
  await expect(nobody.sessions()).rejects.toMatchObject({ code: 'connection_lost' })
})

test('a session that is not there fails, and lives once somebody creates it here', async () => {
  await using server = await RealServer.start()
  const session = (await reader(server)).session('s')
  await until(() => session.getSnapshot().status === 'failed', session.subscribe)
  expect(session.getSnapshot().error).toMatchObject({ code: 'session_not_found' })
  session.subscribe(() => undefined)
  await session.create()
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
})

test('a token that is renewed on the live connection counts from then on', async () => {
  await using server = await RealServer.start()
  const clock = new FakeClock(Date.now())
  const owner = (await reader(server)).session('s')
  await owner.create()
  const tokens = [await server.token('bob'), await server.token('bob', { sessions: 'elsewhere' })]
  const client = await reader(server, 'bob', { clock, token: () => tokens.shift() ?? '' })
  const session = client.session('s')
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
  session.subscribe(() => undefined)
  const states: string[] = []
  client.onStatus(() => states.push(client.status.state))
  for (let minute = 0; minute < 59; minute += 1) await heartbeats(clock, client)
  await until(() => session.getSnapshot().status === 'failed', session.subscribe)
  expect(session.getSnapshot().error).toMatchObject({ code: 'forbidden' })
  expect(states).toEqual([])
})

/** A minute, in steps that leave the server time to answer what keeps a connection alive. */
async function heartbeats(clock: FakeClock, client: Client): Promise<void> {
  for (let step = 0; step < 6; step += 1) {
    clock.advance(10_000)
    await client.me()
  }
}

test('L3 a command that names itself is applied once, whichever process of the participant sends it', async () => {
  await using server = await RealServer.start()
  const [first, second] = [(await reader(server)).session('s'), (await reader(server)).session('s')]
  await first.create()
  const id = 'import.42'
  const [one, two] = await Promise.all([first.send('once', { id }), first.send('once', { id })])
  const three = await second.send('once', { id })
  expect([two.seq, three.seq]).toEqual([one.seq, one.seq])
  await expect(second.send('x', { id: 'no spaces' })).rejects.toMatchObject({ code: 'bad_request' })
  await reaches(first, (view) => view.runs.length > 0)
  expect(first.getSnapshot().view.runs).toHaveLength(1)
})
