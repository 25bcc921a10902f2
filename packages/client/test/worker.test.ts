import { execFile } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { HeadraceError, emptyView, type Message, type SessionView, type Up } from '@headrace/core'
import {
  RunStopped,
  createWorker,
  type AgentRun,
  type RunHandler,
  type Worker,
  type WorkerOptions,
} from '@headrace/client/agent'
import { FakeClock } from './support/fake-clock.ts'
import { ScriptedServer, type ScriptedPeer } from './support/scripted-server.ts'
import { settle, until } from './support/until.ts'

const ends: (() => Promise<void>)[] = []
afterEach(() => Promise.all(ends.splice(0).map((end) => end())))

interface Setup {
  readonly clock: FakeClock
  readonly errors: HeadraceError[]
  readonly worker: Worker
  readonly again: () => Promise<ScriptedPeer>
}

function setup(server: ScriptedServer, handler: RunHandler, options: Partial<WorkerOptions> = {}): Setup {
  const clock = new FakeClock()
  const errors: HeadraceError[] = []
  const worker = createWorker({
    url: server.url,
    token: 't',
    agent: 'writer',
    clock,
    onError: (error) => errors.push(error),
    handler,
    ...options,
  })
  ends.push(async () => {
    const closed = worker.close({ graceMs: 0 })
    await settle()
    clock.advance(0)
    await closed
  })
  const again = async (): Promise<ScriptedPeer> => {
    await until(
      () => worker.status.state === 'offline',
      (listener) => worker.onStatus(listener),
    )
    clock.runNext()
    return server.welcomed()
  }
  return { clock, errors, worker, again }
}

const question: Message = {
  id: 'm1',
  seq: 1,
  at: 1,
  parent: null,
  role: 'user',
  author: 'user:ada',
  status: 'complete',
  parts: [{ id: '0', kind: 'text', text: 'Why?', status: 'closed' }],
  chars: 4,
}

function view(run: string, attempt: number, messages: readonly Message[] = [question]): SessionView {
  const base = {
    id: run,
    agent: 'writer',
    input: 'm1',
    policy: 'queue',
    by: 'user:ada',
    queuedAt: 2,
    attempt,
    maxAttempts: 3,
  } as const
  return {
    ...emptyView('s'),
    seq: 3,
    messages,
    runs: [{ ...base, status: 'active', worker: 'w', claimedAt: 3, leaseMs: 6_000 }],
  }
}

function assign(peer: ScriptedPeer, run = 'r2', attempt = 1, messages?: readonly Message[]): void {
  peer.send({
    type: 'assign',
    session: 's',
    run,
    attempt,
    agent: 'writer',
    leaseMs: 6_000,
    view: view(run, attempt, messages),
  })
}

type Command = Extract<Up, { readonly type: 'command' }>
type Write = Extract<Command['body'], { readonly type: 'write' }>

async function nextWrite(peer: ScriptedPeer): Promise<Command & { readonly body: Write }> {
  const frame = await peer.next('command')
  if (frame.body.type !== 'write') throw new Error(`expected a write, got ${frame.body.type}`)
  return { ...frame, body: frame.body }
}

test('offers to work, and is ready when it is connected', async () => {
  await using server = await ScriptedServer.start()
  const { worker } = setup(server, async () => undefined, { capacity: 3, leaseMs: 5_000 })
  const peer = await server.welcomed()
  const offer = await peer.next('work')
  expect(offer).toEqual({ type: 'work', agent: 'writer', worker: offer.worker, capacity: 3, leaseMs: 5_000 })
  await worker.ready
  expect(worker.status.state).toBe('online')
})

test('options that no server would take are refused at once', () => {
  const options = { url: 'http://127.0.0.1:1', token: 't', handler: async () => undefined }
  for (const wrong of [
    { agent: 'two words' },
    { agent: 'a', capacity: -1 },
    { agent: 'a', capacity: 1.5 },
    { agent: 'a', leaseMs: 10 },
  ]) {
    expect(() => createWorker({ ...options, ...wrong })).toThrow(expect.objectContaining({ code: 'bad_request' }))
  }
})

test('a run: what the handler is given, what it writes, how it ends', async () => {
  await using server = await ScriptedServer.start()
  const given: AgentRun[] = []
  const { errors } = setup(server, async (run) => {
    given.push(run)
    await run.text('Because.')
    await run.write({ type: 'usage', usage: { inputTokens: 3, outputTokens: 1 } })
    await run.write({ type: 'usage', usage: { outputTokens: 4, costUsd: 0.5 } })
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  const write = await nextWrite(peer)
  expect(write).toMatchObject({ session: 's', body: { run: 'r2', attempt: 1, n: 1 } })
  expect(write.body.ops).toEqual([
    { op: 'open', message: 'answer', part: '1', step: 'main', start: { kind: 'text' } },
    { op: 'delta', message: 'answer', part: '1', text: 'Because.' },
  ])
  const end = await nextWrite(peer)
  expect(end.body).toMatchObject({ n: 2 })
  expect(end.body.ops).toEqual([
    { op: 'usage', usage: { inputTokens: 3, outputTokens: 5, costUsd: 0.5 } },
    { op: 'close', message: 'answer', part: '1' },
    { op: 'end', reason: 'complete' },
  ])
  expect(given[0]).toMatchObject({
    session: 's',
    id: 'r2',
    attempt: 1,
    agent: 'writer',
    input: question,
    history: [question],
    stopped: undefined,
  })
  expect(given[0]?.signal.aborted).toBe(false)
  expect(errors).toEqual([])
})

test('history: the line up to the input, without answers to it', async () => {
  await using server = await ScriptedServer.start()
  const message = (id: string, seq: number, parent: string | null, role: 'user' | 'assistant'): Message => ({
    ...question,
    id,
    seq,
    parent,
    role,
  })
  const messages = [
    message('m0', 1, null, 'user'),
    message('a0', 2, 'm0', 'assistant'),
    message('side', 3, 'm0', 'user'),
    message('m1', 4, 'a0', 'user'),
    { ...message('r2.answer', 5, 'm1', 'assistant'), run: 'r2', status: 'open' as const },
  ]
  const { promise, resolve } = Promise.withResolvers<readonly string[]>()
  setup(server, (run) => resolve(run.history.map(({ id }) => id)))
  const peer = await server.welcomed()
  assign(peer, 'r2', 2, messages)
  expect(await promise).toEqual(['m0', 'a0', 'm1'])
})

test('an input that the view no longer holds is read from the server', async () => {
  await using server = await ScriptedServer.start()
  const asked: string[] = []
  const pages = [
    { messages: [{ ...question, id: 'm50', seq: 50 }], more: true },
    { messages: [question], more: false },
  ]
  const fetch = async (url: string | URL | Request): Promise<Response> => {
    asked.push((url instanceof URL ? url.href : '').slice(server.url.length))
    return Response.json(pages.shift())
  }
  const { promise, resolve } = Promise.withResolvers<AgentRun>()
  setup(server, resolve, { fetch })
  const peer = await server.welcomed()
  assign(peer, 'r2', 1, [])
  const run = await promise
  expect(run.input).toEqual(question)
  expect(run.history).toEqual([question])
  expect(asked).toEqual([
    `/v1/sessions/s/messages?before=${Number.MAX_SAFE_INTEGER}&limit=100`,
    '/v1/sessions/s/messages?before=50&limit=100',
  ])
})

test('an input that is nowhere fails the run', async () => {
  await using server = await ScriptedServer.start()
  let called = false
  setup(server, () => void (called = true), { fetch: async () => Response.json({ messages: [], more: false }) })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer, 'r2', 1, [])
  expect((await nextWrite(peer)).body.ops).toMatchObject([
    { op: 'end', reason: 'failed', detail: expect.stringContaining('m1') },
  ])
  expect(called).toBe(false)
})

test('a handler that throws fails the run, and is reported', async () => {
  await using server = await ScriptedServer.start()
  const { errors } = setup(server, () => {
    throw new Error('The model is out of reach.')
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  expect((await nextWrite(peer)).body.ops).toEqual([
    { op: 'end', reason: 'failed', detail: 'The model is out of reach.' },
  ])
  expect(errors).toMatchObject([{ code: 'internal', message: 'The model is out of reach.' }])
})

test('usage that the handler returns counts beside what was written', async () => {
  await using server = await ScriptedServer.start()
  setup(server, async (run) => {
    await run.write({ type: 'usage', usage: { inputTokens: 3 } })
    return { usage: { outputTokens: 9 } }
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  const used = await nextWrite(peer)
  expect(used.body.ops).toEqual([{ op: 'usage', usage: { inputTokens: 3 } }])
  peer.accept(used, 4)
  expect((await nextWrite(peer)).body.ops).toEqual([{ op: 'end', reason: 'complete', usage: { outputTokens: 9 } }])
})

test('R4: steps, and messages of their own', async () => {
  await using server = await ScriptedServer.start()
  setup(server, async (run) => {
    await run.text('outside')
    const got = await run.step('search', async (out) => {
      await out.text('inside')
      await out.pipe(stream('piped'))
      return 42
    })
    await run.pipe(stream(String(got)), { step: 'sum', message: 'second' })
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  const opened: string[] = []
  for (let done = false; !done;) {
    const write = await nextWrite(peer)
    for (const op of write.body.ops) {
      if (op.op === 'open') opened.push(`${op.step} ${op.message} ${op.part}`)
      if (op.op === 'end') done = true
    }
    peer.accept(write, 9)
  }
  expect(opened).toEqual(['main answer 1', 'search answer 2', 'search answer 3', 'sum second 4'])
})

test('a step id or message key that no server would take rejects, and breaks nothing', async () => {
  await using server = await ScriptedServer.start()
  const thrown: unknown[] = []
  setup(server, async (run) => {
    await run.step('two words', async () => undefined).catch((error: unknown) => thrown.push(error))
    await run.pipe(stream('x'), { message: '' }).catch((error: unknown) => thrown.push(error))
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  expect((await nextWrite(peer)).body.ops).toEqual([{ op: 'end', reason: 'complete' }])
  expect(thrown).toMatchObject([{ code: 'bad_request' }, { code: 'bad_request' }])
})

async function* stream(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts
}

/** A source that gives one text and then waits, and says how it was left. */
function endless(kind: 'iterator' | 'stream') {
  const left = Promise.withResolvers<unknown>()
  let given = false
  const iterator: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        given
          ? new Promise<never>(() => undefined)
          : ((given = true), Promise.resolve({ done: false, value: 'begun ' })),
      return: async () => (left.resolve('returned'), { done: true, value: undefined }),
    }),
  }
  const readable = new ReadableStream<string>({
    start: (controller) => controller.enqueue('begun '),
    cancel: (reason) => left.resolve(reason),
  })
  return { source: kind === 'iterator' ? iterator : readable, left: left.promise }
}

test.each(['iterator', 'stream'] as const)(
  'C3: cancel aborts the signal, ends the %s, and the run ends cancelled',
  async (kind) => {
    await using server = await ScriptedServer.start()
    const { source, left } = endless(kind)
    const { promise, resolve } = Promise.withResolvers<{ readonly run: AgentRun; readonly thrown: unknown }>()
    const { errors } = setup(server, async (run) => {
      const thrown = await run.pipe(source).catch((error: unknown) => error)
      resolve({ run, thrown })
      await run.text('a last word')
      throw thrown
    })
    const peer = await server.welcomed()
    await peer.next('work')
    assign(peer)
    peer.accept(await nextWrite(peer), 5)
    peer.send({ type: 'signal', session: 's', run: 'r2', attempt: 1, signal: 'cancel' })
    const { run, thrown } = await promise
    expect(run.signal.aborted).toBe(true)
    expect(run.stopped).toBe('cancel')
    expect(thrown).toBe(run.signal.reason)
    expect(thrown).toBeInstanceOf(RunStopped)
    expect(thrown).toMatchObject({ name: 'AbortError', reason: 'cancel' })
    expect(await left).toEqual(kind === 'iterator' ? 'returned' : thrown)
    const last = await nextWrite(peer)
    expect(last.body.ops).toContainEqual(expect.objectContaining({ op: 'delta', text: 'a last word' }))
    peer.accept(last, 6)
    const end = last.body.ops.at(-1)?.op === 'end' ? last : await nextWrite(peer)
    expect(end.body.ops.at(-1)).toEqual({ op: 'end', reason: 'cancelled' })
    expect(errors).toEqual([])
  },
)

test('C3: the answer to a write may ask to stop', async () => {
  await using server = await ScriptedServer.start()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  setup(server, async (run) => {
    run.signal.addEventListener('abort', () => resolve(run.stopped))
    await run.pipe(endless('iterator').source)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  const { id } = await nextWrite(peer)
  peer.send({ type: 'reply', id, session: 's', outcome: 'accepted', seq: 5, cancel: true })
  expect(await promise).toBe('cancel')
  expect((await nextWrite(peer)).body.ops).toEqual([{ op: 'end', reason: 'cancelled' }])
})

test('R3: lost: the signal aborts and nothing is written any more', async () => {
  await using server = await ScriptedServer.start()
  const { promise, resolve } = Promise.withResolvers<AgentRun>()
  const { clock, worker } = setup(server, async (run) => {
    await run.text('begun')
    await new Promise((stop) => run.signal.addEventListener('abort', stop))
    await run.text('too late')
    resolve(run)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  peer.accept(await nextWrite(peer), 5)
  peer.send({ type: 'signal', session: 's', run: 'r2', attempt: 1, signal: 'lost' })
  expect((await promise).stopped).toBe('lost')
  await settle()
  clock.advance(100_000)
  worker.drop()
  clock.runNext()
  const second = await server.welcomed()
  expect(await second.next('work')).not.toHaveProperty('held')
})

test.each(['fenced', 'run_ended', 'run_not_found'] as const)(
  'R3: a write that is refused as %s loses the run',
  async (code) => {
    await using server = await ScriptedServer.start()
    const { promise, resolve } = Promise.withResolvers<AgentRun>()
    const { errors } = setup(server, async (run) => {
      run.signal.addEventListener('abort', () => resolve(run))
      await run.pipe(endless('iterator').source)
    })
    const peer = await server.welcomed()
    await peer.next('work')
    assign(peer)
    peer.refuse(await nextWrite(peer), new HeadraceError(code, 'no'))
    expect((await promise).stopped).toBe('lost')
    expect(errors).toEqual([])
  },
)

test('a signal for another attempt is none', async () => {
  await using server = await ScriptedServer.start()
  const { promise, resolve } = Promise.withResolvers<AgentRun>()
  setup(server, async (run) => {
    resolve(run)
    await new Promise(() => undefined)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer, 'r2', 2)
  const run = await promise
  peer.send(
    { type: 'signal', session: 's', run: 'r2', attempt: 1, signal: 'lost' },
    { type: 'signal', session: 's', run: 'r9', attempt: 1, signal: 'lost' },
  )
  peer.send({ type: 'signal', session: 's', run: 'r2', attempt: 2, signal: 'cancel' })
  await new Promise((stop) => run.signal.addEventListener('abort', stop))
  expect(run.stopped).toBe('cancel')
})

test('L3 R3: a new connection is told what is held, and gets the unanswered batches with the same numbers', async () => {
  await using server = await ScriptedServer.start()
  const gate = Promise.withResolvers<void>()
  let aborted = false
  const { clock, again } = setup(server, async (run) => {
    run.signal.addEventListener('abort', () => (aborted = true))
    await run.text('one ')
    await gate.promise
    await run.text('two ')
  })
  const peer = await server.welcomed()
  const offer = await peer.next('work')
  assign(peer)
  const first = await nextWrite(peer)
  peer.break()
  const second = await again()
  expect(await second.next('work')).toEqual({ ...offer, held: [{ session: 's', run: 'r2', attempt: 1 }] })
  expect(await nextWrite(second)).toEqual(first)
  gate.resolve()
  await settle()
  clock.advance(20)
  const next = await nextWrite(second)
  expect(next.body).toMatchObject({ n: 2 })
  second.break()
  const third = await again()
  expect(await third.next('work')).toMatchObject({ held: [{ run: 'r2' }] })
  const resent = [await nextWrite(third), await nextWrite(third)]
  expect(resent).toEqual([first, next])
  for (const batch of resent) third.send({ type: 'reply', id: batch.id, session: 's', outcome: 'noop', seq: 7 })
  expect(aborted).toBe(false)
})

test('R3: a heartbeat goes after a third of the lease without a write', async () => {
  await using server = await ScriptedServer.start()
  const stopping = Promise.withResolvers<unknown>()
  const { clock } = setup(server, async (run) => {
    run.signal.addEventListener('abort', stopping.resolve)
    await run.text('begun')
    await new Promise(() => undefined)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  peer.accept(await nextWrite(peer), 5)
  clock.advance(2_000)
  const beat = await peer.next('command')
  expect(beat.body).toEqual({ type: 'heartbeat', run: 'r2', attempt: 1 })
  peer.accept(beat, 5)
  peer.send({ type: 'signal', session: 's', run: 'r2', attempt: 1, signal: 'cancel' })
  await stopping.promise // and so the answer has come
  await settle()
  clock.advance(1_999)
  clock.advance(1)
  const second = await peer.next('command')
  expect(second.body.type).toBe('heartbeat')
  peer.refuse(second, new HeadraceError('fenced', 'no'))
})

test('R3: a heartbeat that is refused loses the run', async () => {
  await using server = await ScriptedServer.start()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const started = Promise.withResolvers<void>()
  const { clock } = setup(server, async (run) => {
    started.resolve()
    await new Promise((stop) => run.signal.addEventListener('abort', stop))
    resolve(run.stopped)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  await started.promise
  clock.advance(2_000)
  peer.refuse(await peer.next('command'), new HeadraceError('fenced', 'no'))
  expect(await promise).toBe('lost')
})

test('L3 R3: a heartbeat that comes too late for the end of its run loses nothing', async () => {
  await using server = await ScriptedServer.start()
  const [started, ending] = [Promise.withResolvers<AgentRun>(), Promise.withResolvers<void>()]
  const { clock } = setup(server, async (run) => {
    started.resolve(run)
    await ending.promise
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  const run = await started.promise
  clock.advance(2_000)
  const beat = await peer.next('command')
  ending.resolve()
  const end = await nextWrite(peer)
  expect(end.body.ops).toMatchObject([{ op: 'end', reason: 'complete' }])
  peer.refuse(beat, new HeadraceError('run_ended', 'Run r2 is over.'))
  peer.accept(end, 5)
  // Answers come in their order, so both have been heard when this run begins.
  assign(peer, 'r3')
  await nextWrite(peer)
  expect([run.stopped, run.signal.aborted]).toEqual([undefined, false])
})

test('the same assignment twice is one run; a later attempt takes the place of an earlier one', async () => {
  await using server = await ScriptedServer.start()
  const runs: AgentRun[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  setup(server, async (run) => {
    runs.push(run)
    if (run.attempt === 2) resolve()
    await new Promise(() => undefined)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  assign(peer)
  assign(peer, 'r2', 2)
  await promise
  expect(runs.map(({ attempt, stopped }) => [attempt, stopped])).toEqual([
    [1, 'lost'],
    [2, undefined],
  ])
})

test('pipe reads no further than there is room for', async () => {
  await using server = await ScriptedServer.start()
  let read = 0
  async function* fast(): AsyncGenerator<string> {
    for (; read < 100; read += 1) yield '0123456789'
  }
  setup(server, (run) => run.pipe(fast()), { maxUnansweredChars: 50 })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  const first = await nextWrite(peer)
  await settle()
  expect(read).toBeLessThan(10)
  const had = read
  peer.accept(first, 5)
  let text = ''
  const take = (write: { readonly body: Write }): void => {
    for (const op of write.body.ops) if (op.op === 'delta') text += op.text
  }
  take(first)
  for (let write = await nextWrite(peer); ; write = await nextWrite(peer)) {
    take(write)
    peer.accept(write, 6)
    if (write.body.ops.at(-1)?.op === 'end') break
  }
  expect(read).toBeGreaterThan(had)
  expect(text).toBe('0123456789'.repeat(100))
})

test('output that is refused for good rejects the pipe, and the run fails', async () => {
  await using server = await ScriptedServer.start()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  setup(
    server,
    async (run) => {
      await run.text('first')
      // Something that waits for the answer.
      await run.pipe(stream('x'.repeat(400))).then(undefined, resolve)
      await run.text('later').catch(resolve)
      throw new Error('stopped')
    },
    { maxUnansweredChars: 100 },
  )
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  const error = new HeadraceError('limit_exceeded', 'eventChars is limited to 3.')
  peer.refuse(await nextWrite(peer), error)
  for (;;) {
    const write = await nextWrite(peer)
    if (write.body.n > 1) {
      peer.refuse(write, new HeadraceError('out_of_order', 'n', { detail: { expected: 1 } }))
      continue
    }
    expect(write.body.ops).toEqual([
      { op: 'end', reason: 'failed', detail: 'The output was refused: eventChars is limited to 3.' },
    ])
    break
  }
  expect(await promise).toMatchObject({ code: 'limit_exceeded' })
})

test('L6: a handler that never waits is stopped by the name of the limit, and its run fails', async () => {
  await using server = await ScriptedServer.start()
  setup(
    server,
    async (run) => {
      for (let index = 0; index < 100; index += 1) void run.text('0123456789')
    },
    { maxUnansweredChars: 10 },
  )
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  for (;;) {
    const write = await nextWrite(peer)
    peer.accept(write, 5)
    const end = write.body.ops.at(-1)
    if (end?.op !== 'end') continue
    expect(end).toMatchObject({
      reason: 'failed',
      detail: expect.stringContaining('maxUnansweredChars is limited to 10'),
    })
    break
  }
})

test('what a handler writes after it has returned is reported', async () => {
  await using server = await ScriptedServer.start()
  const gate = Promise.withResolvers<void>()
  const late = Promise.withResolvers<unknown>()
  const { errors } = setup(server, (run) => {
    void gate.promise.then(() => run.text('too late')).catch(late.resolve)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  await nextWrite(peer)
  gate.resolve()
  expect(await late.promise).toMatchObject({ code: 'run_ended' })
  expect(errors).toMatchObject([{ code: 'run_ended' }])
})

test('close: takes no more, waits for what runs, then leaves', async () => {
  await using server = await ScriptedServer.start()
  const gate = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const { worker, clock } = setup(server, async () => {
    started.resolve()
    await gate.promise
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  await started.promise
  const closed = worker.close({ graceMs: 60_000 })
  expect(worker.close()).toBe(closed)
  expect(await peer.next('work')).toMatchObject({ capacity: 0, held: [{ run: 'r2' }] })
  gate.resolve()
  peer.accept(await nextWrite(peer), 9)
  await closed
  expect(worker.status).toEqual({ state: 'closed' })
  expect(clock.waiting).toBe(0)
})

test('close: aborts what runs too long, and leaves it to another worker', async () => {
  await using server = await ScriptedServer.start()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const started = Promise.withResolvers<void>()
  const { worker, clock } = setup(server, async (run) => {
    started.resolve()
    await new Promise((stop) => run.signal.addEventListener('abort', stop))
    resolve(run.stopped)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  await started.promise
  const closed = worker.close({ graceMs: 1_000 })
  await peer.next('work')
  clock.advance(1_000)
  await closed
  expect(await promise).toBe('closed')
  await peer.closed
  expect(peer.frames.size).toBe(0)
  expect(clock.waiting).toBe(0)
})

test('a token that the server does not know: ready rejects', async () => {
  await using server = await ScriptedServer.start()
  const { worker, errors } = setup(server, async () => undefined)
  const peer = await server.connection()
  await peer.next('hello')
  peer.end('unauthenticated')
  await expect(worker.ready).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(worker.status).toMatchObject({ state: 'closed' })
  expect(errors).toHaveLength(1)
})

test('a token that loses the right to work: what runs is stopped', async () => {
  await using server = await ScriptedServer.start()
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const { worker } = setup(server, async (run) => {
    run.signal.addEventListener('abort', () => resolve(run.stopped))
    await run.pipe(endless('iterator').source)
  })
  const peer = await server.welcomed()
  await peer.next('work')
  assign(peer)
  await nextWrite(peer)
  peer.end('forbidden', 'The token does not allow working as the agent writer.')
  expect(await promise).toBe('closed')
  expect(worker.status).toMatchObject({ state: 'closed', error: { code: 'forbidden' } })
})

test('an address that was never reached is told once; a server that is gone for a while is not', async () => {
  const lost = setup({ url: 'http://127.0.0.1:1' } as ScriptedServer, () => undefined)
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await until(
      () => lost.worker.status.state === 'offline',
      (listener) => lost.worker.onStatus(listener),
    )
    expect(lost.errors).toHaveLength(attempt < 5 ? 0 : 1)
    lost.clock.runNext()
  }
  expect(lost.errors[0]).toMatchObject({ code: 'connection_lost' })
  expect(lost.errors[0]?.message).toMatch(/^The worker of writer has not reached http:\/\/127\.0\.0\.1:1 yet/)
})

test('a process whose worker is refused for good does not end as if all was well', async () => {
  const program = `import { createWorker } from '@headrace/client/agent'
    createWorker({ url: 'http://127.0.0.1:1', token: '', agent: 'a', handler() {} })`
  const args = ['--conditions=@headrace/source', '--input-type=module', '-e', program]
  const ended = await new Promise<{ readonly code: unknown; readonly stderr: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: import.meta.dirname }, (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    )
  })
  expect(ended).toEqual({ code: 1, stderr: expect.stringContaining('The token is empty') })
})
