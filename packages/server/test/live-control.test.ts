import { describe, expect, test } from 'vitest'
import type { CommandBody, Down, WriteOp } from '@headrace/core'
import { FakeClock, settled } from './support/fake-clock.ts'
import { ada, grantOf, key, openHub, text } from './support/hub.ts'
import { serve, type Served, type TestSocket } from './support/serve.ts'

const session = 'demo/1'
const send: CommandBody = { type: 'send', parts: text('work') }

/** A worker that holds one run of a new session. */
async function withRun(server: Served): Promise<{ person: TestSocket; worker: TestSocket; run: string }> {
  const person = await server.join()
  const worker = await server.join()
  await person.ask(session, { type: 'create' })
  worker.send({ type: 'work', agent: 'assistant', worker: 'w1', capacity: 4 })
  await person.ask(session, send)
  const { run } = await worker.next('assign')
  return { person, worker, run }
}

const write = (run: string, n: number, ...ops: readonly WriteOp[]): CommandBody => ({
  type: 'write',
  run,
  attempt: 1,
  n,
  ops,
})

describe('the holder of a run is told', () => {
  test('C6 C8: that it is paused, and when it goes on, by whatever it was held', async () => {
    await using server = await serve()
    const { person, worker, run } = await withRun(server)
    const told = async (): Promise<string> => (await worker.next('signal')).signal
    await person.ask(session, { type: 'pause', run })
    expect(await told()).toBe('paused')
    await person.ask(session, { type: 'take-floor' })
    expect(await told()).toBe('paused')
    await person.ask(session, { type: 'hand-back' })
    await person.ask(session, { type: 'resume', run })
    expect(await told(), 'handing back leaves the pause in place').toBe('resumed')
    await person.ask(session, { type: 'pause', run })
    await person.ask(session, { type: 'take-floor' })
    await person.ask(session, { type: 'resume', run })
    expect([await told(), await told()]).toEqual(['paused', 'paused'])
    await person.ask(session, { type: 'hand-back' })
    expect(await told(), 'resuming leaves the floor where it is').toBe('resumed')
    expect(worker.frames.filter((frame) => frame.type === 'signal')).toEqual([])
  })

  test('C5: of a steer with its words, and its answers say how many wait', async () => {
    await using server = await serve()
    const { person, worker, run } = await withRun(server)
    await person.ask(session, { type: 'steer', run, parts: text('shorter, please') })
    const signal = await worker.next('signal')
    expect(signal).toMatchObject({
      run,
      attempt: 1,
      signal: 'steered',
      message: { parts: [{ text: 'shorter, please' }] },
    })
    const message = signal.signal === 'steered' ? signal.message.id : ''
    expect(await worker.ask(session, { type: 'heartbeat', run, attempt: 1 })).toMatchObject({ steers: 1 })
    const consumed = await worker.ask(session, write(run, 1, { op: 'consume', message }))
    expect(consumed).toMatchObject({ outcome: 'accepted' })
    expect(consumed).not.toHaveProperty('steers')
  })

  test('C7: of the answer to what it asked', async () => {
    await using server = await serve()
    const { person, worker, run } = await withRun(server)
    await worker.ask(session, write(run, 1, { op: 'request', key: 'q', spec: { kind: 'question', title: 'Which?' } }))
    await person.ask(session, { type: 'answer', request: `${run}.q`, answer: { value: 'this' } })
    expect(await worker.next('signal')).toMatchObject({
      signal: 'answered',
      request: { id: `${run}.q`, status: 'answered', answer: { value: 'this' } },
    })
  })

  test('R5 R7: that a run which it started is over, and that a budget runs low', async () => {
    await using server = await serve()
    const { person, worker, run } = await withRun(server)
    worker.send({ type: 'work', agent: 'helper', worker: 'w1', capacity: 1 })
    const spawn = write(run, 1, { op: 'spawn', key: 'c', agent: 'helper', parts: text('part') })
    worker.send({ type: 'command', id: 'spawn', session, body: spawn })
    const child = (await worker.next('assign')).run
    const end = write(child, 1, { op: 'end', reason: 'complete', usage: { outputTokens: 5 } })
    worker.send({ type: 'command', id: 'end', session, body: end })
    expect(await worker.next('signal')).toMatchObject({
      run,
      signal: 'child',
      child: { id: child, reason: 'complete' },
    })
    await person.ask(session, { type: 'update', budget: { tokens: 100 } })
    const used = write(run, 2, { op: 'usage', usage: { outputTokens: 50 } })
    worker.send({ type: 'command', id: 'used', session, body: used })
    expect(await worker.next('signal')).toMatchObject({ run, signal: 'budget', warning: { percent: 50, used: 55 } })
  })

  test('C5 C6 C7: after a reconnect, all that it may have missed', async () => {
    await using server = await serve()
    const { person, worker, run } = await withRun(server)
    await worker.ask(session, write(run, 1, { op: 'request', key: 'q', spec: { kind: 'question', title: 'Which?' } }))
    worker.ws.terminate()
    await worker.closed
    await person.ask(session, { type: 'answer', request: `${run}.q`, answer: { value: 'this' } })
    await person.ask(session, { type: 'steer', run, parts: text('shorter') })
    await person.ask(session, { type: 'pause', run })
    const back = await server.join()
    back.send({ type: 'work', agent: 'assistant', worker: 'w1', capacity: 4, held: [{ session, run, attempt: 1 }] })
    const signals: Extract<Down, { type: 'signal' }>[] = []
    while (signals.length < 3) signals.push(await back.next('signal'))
    expect(signals.map(({ signal }) => signal).sort()).toEqual(['answered', 'paused', 'steered'])
  })

  test('R1 C7: a suspended run is given to the next worker when it has its answer, and only then', async () => {
    await using server = await serve()
    const { person, worker, run } = await withRun(server)
    const ask: WriteOp = { op: 'request', key: 'q', spec: { kind: 'question', title: 'Which?' } }
    await worker.ask(session, write(run, 1, ask, { op: 'suspend', waitsFor: ['q'] }))
    worker.ws.terminate()
    await worker.closed
    const next = await server.join()
    next.send({ type: 'work', agent: 'assistant', worker: 'w2', capacity: 1 })
    await person.ask(session, { type: 'answer', request: `${run}.q`, answer: { value: 'this' } })
    expect(await next.next('assign')).toMatchObject({
      run,
      attempt: 2,
      view: { requests: [{ answer: { value: 'this' } }] },
    })
  })
})

describe('P3: signals for the moment', () => {
  test('reach whoever follows the session, not the one who shows them, and are in no log', async () => {
    await using server = await serve()
    const [first, second] = [await server.join(), await server.join()]
    await first.ask(session, { type: 'create' })
    for (const socket of [first, second]) {
      socket.send({ type: 'subscribe', session })
      await socket.next('snapshot')
    }
    first.send({ type: 'ephemeral', session, name: 'typing', value: { on: true }, device: 'tab-1' })
    expect(await second.next('ephemeral')).toEqual({
      type: 'ephemeral',
      session,
      actor: 'operator:ada',
      name: 'typing',
      value: { on: true },
      device: 'tab-1',
    })
    await first.ask(session, { type: 'post', parts: text('after') })
    expect(first.frames.some((frame) => frame.type === 'ephemeral')).toBe(false)
    const late = await server.join()
    late.send({ type: 'subscribe', session, after: 0 })
    const { events } = await late.next('events')
    expect(events.map((event) => event.type)).toEqual(['session.created', 'message.added'])
  })

  test('need the verb post, and are bounded in size and number', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const op = ['read'] as const
    const reader = await server.join(await server.auth.mint({ sub: 'r', cap: [{ s: '**', op }] }, 60))
    reader.send({ type: 'ephemeral', session, name: 'typing' })
    expect((await reader.next('error')).error).toMatchObject({ code: 'forbidden', detail: { verb: 'post' } })
    const writer = await server.join()
    writer.send({ type: 'ephemeral', session, name: 'typing', value: 'x'.repeat(5_000) })
    expect((await writer.next('error')).error).toMatchObject({ code: 'limit_exceeded' })
    for (let count = 0; count < 61; count += 1) writer.send({ type: 'ephemeral', session, name: 'typing' })
    expect((await writer.next('error')).error).toMatchObject({ code: 'too_many_requests' })
  })
})

describe('time', () => {
  test('L4 R3: a clock that is set back an hour does not keep a dead agent alive', async () => {
    const clock = new FakeClock()
    await using server = openHub(undefined, 'node-1', clock)
    await server.ask({ type: 'create' })
    await server.ask(send)
    await server.ask({ type: 'claim', run: 'r3', worker: 'w1' }, undefined, grantOf('agent:assistant'))
    clock.shift(-3_600_000)
    await clock.advance(15_000)
    await settled()
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'queued', lapses: 1 }])
    const log = await server.log()
    expect(log.map((event) => event.at)).toEqual(log.map((event) => event.at).toSorted((a, b) => a - b))
  })

  test('L4 R3: nor does a server that starts with its clock an hour behind, in any session', async () => {
    const before = openHub()
    for (const each of ['default!one', 'default!two', 'default!three'] as const) {
      const submit = (body: CommandBody, grant = ada): Promise<unknown> => before.hub.submit(each, { grant, body })
      await submit({ type: 'create', maxAttempts: 1 })
      await submit(send)
      await submit({ type: 'claim', run: 'r3', worker: 'w1' }, grantOf('agent:assistant'))
    }
    await before.hub.close()
    before.clock.shift(-3_600_000)
    await using after = openHub(before.store, 'node-2', before.clock)
    await after.clock.advance(30_000)
    const { rows } = await after.hub.list({ tenant: 'default', limit: 10 })
    expect(rows.map(({ id, openRuns }) => `${id} ${openRuns}`).sort()).toEqual(['one 0', 'three 0', 'two 0'])
  })
})
