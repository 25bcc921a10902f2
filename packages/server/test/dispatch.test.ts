import { HeadraceError, type CommandBody, type Grant, type HeldRun, type RunSignal, type WriteOp } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../src/store/memory.ts'
import { openDoor } from './support/http.ts'
import { ada, grantOf, key, openHub, text, type TestHub } from './support/hub.ts'
import { settled } from './support/fake-clock.ts'
import type { Assignment } from '../src/hub-types.ts'
import type { WorkerSlot } from '../src/dispatch/worker-slot.ts'

interface TestWorker {
  readonly slot: WorkerSlot
  readonly assigned: Assignment[]
  readonly signals: (readonly [string, HeldRun])[]
}

const agentGrant: Grant = grantOf('agent:host')

function work(
  server: TestHub,
  worker: string,
  options: { capacity?: number; agent?: string; held?: readonly HeldRun[]; grant?: Grant } = {},
): TestWorker {
  const assigned: Assignment[] = []
  const signals: (readonly [string, HeldRun])[] = []
  const { capacity = 4, agent = 'assistant', held, grant = agentGrant } = options
  const slot = server.hub.dispatcher.register({
    agent,
    worker,
    grant,
    capacity,
    ...(held && { held }),
    assign: (assignment) => assigned.push(assignment),
    signal: (run, { signal }) => signals.push([signal, run]),
  })
  return { slot, assigned, signals }
}

function send(server: TestHub, fields: Partial<Extract<CommandBody, { type: 'send' }>> = {}): Promise<unknown> {
  return server.ask({ type: 'send', parts: text('work'), ...fields })
}

/** Asks for work in another session. */
async function elsewhere(server: TestHub): Promise<void> {
  await server.hub.submit('default!other', { grant: ada, body: { type: 'create' } })
  await server.hub.submit('default!other', { grant: ada, body: { type: 'send', parts: text('work') } })
}

function write(server: TestHub, run: HeldRun, n: number, ...ops: WriteOp[]): ReturnType<TestHub['ask']> {
  return server.ask({ type: 'write', run: run.run, attempt: run.attempt, n, ops }, undefined, agentGrant)
}

describe('dispatch', () => {
  test('R2: a run waits until a worker comes, then goes to exactly one', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    await settled()
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'queued' }])
    const one = work(server, 'w1')
    const two = work(server, 'w2')
    await settled()
    expect(one.assigned.length + two.assigned.length).toBe(1)
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'active', attempt: 1 }])
  })

  test('R2: what a worker held in a session that is removed leaves room for what waits elsewhere', async () => {
    await using server = openHub()
    const { assigned } = work(server, 'w1', { capacity: 1 })
    await server.ask({ type: 'create' })
    await send(server)
    await settled()
    await elsewhere(server)
    await settled()
    expect(assigned.map(({ session }) => session)).toEqual(['demo/1'])
    await server.hub.purge(key)
    await settled()
    expect(assigned.map(({ session }) => session)).toEqual(['demo/1', 'other'])
  })

  test('R2: a server that starts finds the runs that wait from before', async () => {
    const store = createMemoryStore()
    const before = openHub(store)
    await before.ask({ type: 'create' })
    await send(before)
    await before.hub.close()
    await using server = openHub(store, 'node-2')
    const worker = work(server, 'w1')
    await settled()
    expect(worker.assigned).toMatchObject([{ session: 'demo/1', agent: 'assistant', attempt: 1 }])
  })

  test('R2: capacity bounds what a worker is given, and an ended run makes room', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    for (let index = 0; index < 5; index += 1) await send(server, { policy: 'parallel' })
    const worker = work(server, 'w1', { capacity: 2 })
    await settled()
    expect(worker.assigned).toHaveLength(2)
    const [first] = worker.assigned
    await write(server, first!, 1, { op: 'end', reason: 'complete' })
    await settled()
    expect(worker.assigned).toHaveLength(3)
    worker.slot.capacity = 3
    server.hub.dispatcher.pump('default', 'assistant')
    await settled()
    expect(worker.assigned).toHaveLength(4)
    expect(worker.signals).toEqual([])
  })

  test.each<[string, WriteOp]>([
    ['ends', { op: 'end', reason: 'complete' }],
    ['waits', { op: 'suspend' }],
  ])('R2: a run that %s makes room for what waits in another session', async (_, op) => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    const { assigned } = work(server, 'w1', { capacity: 1 })
    await settled()
    await elsewhere(server)
    await settled()
    expect(assigned.map(({ session }) => session)).toEqual(['demo/1'])
    await write(server, assigned[0]!, 1, op)
    await settled()
    expect(assigned.map(({ session }) => session)).toEqual(['demo/1', 'other'])
  })

  test('R2: workers of one agent work beside each other, the one with the most room first', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const [small, large] = [work(server, 'w1', { capacity: 1 }), work(server, 'w2', { capacity: 2 })]
    await settled()
    for (const many of [
      [0, 1],
      [1, 1],
      [1, 2],
      [1, 2],
    ]) {
      await send(server, { policy: 'parallel' })
      await settled()
      expect([small, large].map(({ assigned }) => assigned.length).join()).toBe(many.join())
    }
    expect([...small.signals, ...large.signals]).toEqual([])
  })

  test('R2: what waits is found by a worker that came while the store did not answer', async () => {
    const store = createMemoryStore()
    const flaky = { ...store }
    await using server = openHub(flaky)
    await server.ask({ type: 'create' })
    await send(server)
    flaky.work = () => Promise.reject(new HeadraceError('store_unavailable', 'The store does not answer now.'))
    const { assigned } = work(server, 'w1')
    await settled()
    expect(assigned).toEqual([])
    flaky.work = (...args) => store.work(...args)
    await server.clock.advance(1_000)
    expect(assigned).toHaveLength(1)
    expect(server.errors).toEqual([])
  })

  test('R2: what a worker still holds counts before it is given more, also on a server that has just started', async () => {
    const store = createMemoryStore()
    const before = openHub(store)
    await before.ask({ type: 'create' })
    for (let index = 0; index < 2; index += 1) await send(before, { policy: 'parallel' })
    const { assigned } = work(before, 'w1', { capacity: 1 })
    await settled()
    await before.hub.close()
    const held = assigned.map(({ session, run, attempt }) => ({ session, run, attempt }))
    await using after = openHub(store, 'node-2', before.clock)
    const back = work(after, 'w1', { capacity: 1, held })
    await settled()
    expect(back.assigned).toEqual([])
    await write(after, held[0]!, 1, { op: 'end', reason: 'complete' })
    await settled()
    expect(back.assigned).toHaveLength(1)
  })

  test('C2: queued runs of one agent come one after another, in order', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    for (let index = 0; index < 3; index += 1) await send(server)
    const worker = work(server, 'w1')
    for (let done = 1; done <= 3; done += 1) {
      await settled()
      expect(worker.assigned).toHaveLength(done)
      await write(server, worker.assigned[done - 1]!, 1, { op: 'end', reason: 'complete' })
    }
    const ids = worker.assigned.map(({ run }) => run)
    expect(ids).toEqual([...ids].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))))
  })

  test('C3: a cancel reaches the worker that holds the run, and the run ends even if the agent never stops', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    const [worker, other] = [work(server, 'w1'), work(server, 'w2', { capacity: 1 })]
    await settled()
    const [run] = worker.assigned
    await server.ask({ type: 'cancel', target: { all: true } })
    expect(other.signals).toEqual([])
    expect(worker.signals).toEqual([['cancel', { session: 'demo/1', run: run!.run, attempt: 1 }]])
    await write(server, run!, 1, { op: 'open', message: 'm', part: 'p', start: { kind: 'text', text: 'partial' } })
    await server.clock.advance(9_000)
    const view = await server.hub.view(key, ada)
    expect(view.runs).toMatchObject([{ status: 'ended', reason: 'cancelled', cancelledBy: 'user:ada' }])
    expect(view.messages.at(-1)).toMatchObject({
      status: 'interrupted',
      parts: [{ text: 'partial', status: 'interrupted' }],
    })
    expect(worker.signals.at(-1)?.[0]).toBe('lost')
  })

  test('C3c: also 3 seconds after the stop in a session that was just opened, where something is due much later', async () => {
    const before = openHub()
    await before.ask({ type: 'create' })
    await send(before)
    const { assigned } = work(before, 'w1')
    await settled()
    const spec = { kind: 'question' as const, title: 'Which?', expiresMs: 3_600_000 }
    await write(before, assigned[0]!, 1, { op: 'request', key: 'q', spec }, { op: 'suspend', waitsFor: ['q'] })
    await before.hub.close()
    await using server = openHub(before.store, 'node-2', before.clock)
    await send(server, { policy: 'parallel' })
    const worker = work(server, 'w2')
    await settled()
    const stopped = worker.assigned[0]!.run
    await server.ask({ type: 'cancel', target: { run: stopped } })
    const status = async (): Promise<string | undefined> =>
      (await server.hub.view(key, ada)).runs.find(({ id }) => id === stopped)?.status
    await server.clock.advance(2_999)
    expect(await status()).toBe('active')
    await server.clock.advance(1)
    expect(await status()).toBe('ended')
  })

  test('R3: a silent worker loses its run within seconds, the next worker gets attempt 2, late writes are fenced', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.clock.advance(60_000)
    await send(server)
    const dead = work(server, 'w1')
    await settled()
    dead.slot.close()
    const [first] = dead.assigned
    await write(server, first!, 1, {
      op: 'open',
      message: 'm',
      part: 'p',
      step: 's',
      start: { kind: 'text', text: 'one' },
    })
    await server.clock.advance(6_000)
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'queued', attempt: 1 }])
    const alive = work(server, 'w2')
    await settled()
    expect(alive.assigned).toMatchObject([{ attempt: 2 }])
    expect(await write(server, first!, 2, { op: 'delta', message: 'm', part: 'p', text: 'zombie' })).toMatchObject({
      error: { code: 'fenced' },
    })
    await write(server, alive.assigned[0]!, 1, {
      op: 'open',
      message: 'm',
      part: 'p',
      step: 's',
      start: { kind: 'text', text: 'two' },
    })
    expect((await server.hub.view(key, ada)).messages.at(-1)?.parts).toMatchObject([{ text: 'two', attempt: 2 }])
  })

  test('R3: a run whose agent is lost too often ends as lost', async () => {
    await using server = openHub()
    await server.ask({ type: 'create', maxAttempts: 2 })
    await server.clock.advance(60_000)
    await send(server)
    for (const name of ['w1', 'w2']) {
      const worker = work(server, name)
      await settled()
      expect(worker.assigned).toHaveLength(1)
      worker.slot.close()
      await server.clock.advance(6_001)
    }
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'ended', reason: 'lost', attempt: 2 }])
  })

  test('R3: a worker that froze with its socket open is given nothing more until it is heard again', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.clock.advance(60_000)
    await send(server)
    const frozen = work(server, 'w1')
    await settled()
    await server.clock.advance(6_001)
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'queued', attempt: 1 }])
    expect(frozen.signals.map(([signal]) => signal)).toEqual(['lost'])
    frozen.slot.heard()
    await settled()
    expect(frozen.assigned.map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  test('R3: heartbeats keep a quiet run, and after a restart agents have time to come back', async () => {
    const store = createMemoryStore()
    const before = openHub(store)
    await before.ask({ type: 'create' })
    await send(before)
    const worker = work(before, 'w1')
    await settled()
    const [run] = worker.assigned
    for (let index = 0; index < 10; index += 1) {
      await before.clock.advance(3_000)
      await before.ask({ type: 'heartbeat', run: run!.run, attempt: 1 }, undefined, agentGrant)
    }
    expect((await before.hub.view(key, ada)).runs).toMatchObject([{ status: 'active', attempt: 1 }])
    await before.hub.close()
    await before.clock.advance(60_000)
    await using after = openHub(store, 'node-2', before.clock)
    await after.clock.advance(3_000)
    const back = work(after, 'w1', { held: [{ session: 'demo/1', run: run!.run, attempt: 1 }] })
    await settled()
    expect(back.signals.map(([signal]) => signal)).toEqual(['resumed'])
    expect(await write(after, run!, 1, { op: 'end', reason: 'complete' })).toMatchObject({ outcome: 'accepted' })
  })

  test('R3: a restarted server looks after sessions that nobody opens', async () => {
    const store = createMemoryStore()
    const before = openHub(store)
    await before.ask({ type: 'create', maxAttempts: 1 })
    await send(before)
    work(before, 'w1')
    await settled()
    await before.hub.close()
    await using after = openHub(store, 'node-2', before.clock)
    await after.clock.advance(30_000)
    const row = await store.row(key)
    expect(row).toMatchObject({ status: 'idle', openRuns: 0 })
  })

  test.each(['default!before', 'default!later'] as const)(
    'R3: also where one that can not be opened is due as well (%s)',
    async (damaged) => {
      const store = createMemoryStore()
      const before = openHub(store)
      for (const each of damaged === 'default!before' ? [damaged, key] : [key, damaged]) {
        const submit = (body: CommandBody, grant = ada): Promise<unknown> => before.hub.submit(each, { grant, body })
        await submit({ type: 'create', maxAttempts: 1 })
        await submit({ type: 'send', parts: text('work') })
        await submit({ type: 'claim', run: 'r3', worker: 'w1' }, agentGrant)
        await before.clock.advance(10)
      }
      await before.hub.close()
      const damage = new HeadraceError('store_corrupt', 'Its snapshot is not readable.')
      const getSnapshot: typeof store.getSnapshot = (of) =>
        of === damaged ? Promise.reject(damage) : store.getSnapshot(of)
      await using after = openHub({ ...store, getSnapshot }, 'node-2', before.clock)
      await after.clock.advance(60_000)
      expect(await store.row(key)).toMatchObject({ status: 'idle', openRuns: 0 })
      expect(after.errors).toEqual([damage])
    },
  )

  test('R3: a lease that lapses while nothing can be written is looked at once a second until something can', async () => {
    const store = createMemoryStore()
    const flaky = { ...store }
    await using server = openHub(flaky)
    await server.ask({ type: 'create' })
    await send(server)
    work(server, 'w1')
    await settled()
    let tries = 0
    flaky.append = () => {
      tries += 1
      return Promise.reject(new HeadraceError('store_full', 'The disk is full.'))
    }
    await server.clock.advance(26_000)
    expect(tries).toBeGreaterThan(10)
    expect(tries).toBeLessThan(25)
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'active' }])
    flaky.append = (...args) => store.append(...args)
    await server.clock.advance(1_000)
    expect((await server.log()).map(({ type }) => type)).toContain('run.lapsed')
  })

  test('R3 C3: a worker that comes back is told which of its runs were lost or cancelled meanwhile', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server, { policy: 'parallel' })
    await send(server, { policy: 'parallel' })
    const worker = work(server, 'w1')
    await settled()
    worker.slot.close()
    const held = worker.assigned.map(({ session, run, attempt }) => ({ session, run, attempt }))
    await server.ask({ type: 'cancel', target: { run: held[0]!.run } })
    const back = work(server, 'w1', { held: [...held, { session: 'demo/1', run: 'r999', attempt: 1 }] })
    await settled()
    expect(back.signals).toEqual([
      ['cancel', held[0]],
      ['resumed', held[0]],
      ['resumed', held[1]],
      ['lost', { session: 'demo/1', run: 'r999', attempt: 1 }],
    ])
    expect(back.assigned).toEqual([])
  })

  test('C5 C7 R5: a worker that comes back is told of answers, and not of what is open, or taken already', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    const { assigned, slot } = work(server, 'w1')
    await settled()
    const [run] = assigned
    const ask = (key: string): WriteOp => ({ op: 'request', key, spec: { kind: 'question', title: 'Which?' } })
    const spawn: WriteOp = { op: 'spawn', key: 'c', agent: 'helper', parts: text('part') }
    expect(await write(server, run!, 1, ask('one'), ask('two'), spawn)).toMatchObject({ outcome: 'accepted' })
    await server.ask({ type: 'answer', request: `${run!.run}.one`, answer: { value: 1 } })
    for (const words of ['taken', 'not taken']) await server.ask({ type: 'steer', run: run!.run, parts: text(words) })
    const [taken, left] = (await server.hub.view(key, ada)).messages.slice(-2)
    expect(await write(server, run!, 2, { op: 'consume', message: taken!.id })).toMatchObject({ outcome: 'accepted' })
    slot.close()
    const told: RunSignal[] = []
    server.hub.dispatcher.register({
      agent: 'assistant',
      worker: 'w1',
      grant: agentGrant,
      capacity: 1,
      held: [{ session: 'demo/1', run: run!.run, attempt: 1 }],
      assign: () => expect.fail('It has that run.'),
      signal: (_held, signal) => told.push(signal),
    })
    await settled()
    expect(told).toMatchObject([
      { signal: 'resumed' },
      { signal: 'steered', message: { id: left!.id } },
      { signal: 'answered', request: { id: `${run!.run}.one`, answer: { value: 1 } } },
    ])
  })

  test('R3: a worker that names what another one holds is told that it is not its own', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    const { assigned } = work(server, 'w1')
    await settled()
    const held = assigned.map(({ session, run, attempt }) => ({ session, run, attempt }))
    const other = work(server, 'w2', { held })
    await settled()
    expect(other.signals).toEqual([['lost', held[0]]])
    await server.ask({ type: 'cancel', target: { all: true } })
    expect(other.signals).toHaveLength(1)
  })

  test('R3 L3: a worker that ended a run and missed the answer is not told that it lost it', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    for (let index = 0; index < 3; index += 1) await send(server, { policy: 'parallel' })
    const worker = work(server, 'w1')
    await settled()
    const [ended, suspended, cancelled] = worker.assigned
    await write(server, ended!, 1, { op: 'end', reason: 'complete' })
    await write(server, suspended!, 1, { op: 'suspend' })
    expect(worker.assigned).toHaveLength(3)
    worker.slot.close()
    await server.ask({ type: 'cancel', target: { run: cancelled!.run } })
    await server.clock.advance(3_000)
    const held = worker.assigned.map(({ session, run, attempt }) => ({ session, run, attempt }))
    const back = work(server, 'w1', { held })
    await settled()
    expect(back.signals).toEqual([['lost', held[2]]])
    expect(await write(server, ended!, 1, { op: 'end', reason: 'complete' })).toMatchObject({ outcome: 'noop' })
    expect(await write(server, suspended!, 1, { op: 'suspend' })).toMatchObject({ outcome: 'noop' })
  })

  test('R4 L7: a worker is given what its agent sees, and what an earlier attempt asked, whoever that was for', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.ask({ type: 'post', parts: text('for one agent'), to: ['agent:assistant'] })
    await server.ask({ type: 'post', parts: text('for another one'), to: ['agent:helper'] })
    for (const agent of ['helper', 'assistant']) await send(server, { agents: [agent] })
    const helper = work(server, 'w1', { agent: 'helper' })
    const first = work(server, 'w1')
    await settled()
    for (const { assigned } of [helper, first]) {
      const spec = { kind: 'question', title: 'Which?', to: 'operators', answerers: 'operators' } as const
      await write(server, assigned[0]!, 1, { op: 'request', key: 'q', spec })
    }
    first.slot.close()
    await server.clock.advance(20_000)
    const next = work(server, 'w2')
    await settled()
    const { view, attempt, run } = next.assigned[0]!
    expect(attempt).toBe(2)
    expect(JSON.stringify(view.messages)).toContain('for one agent')
    expect(JSON.stringify(view.messages)).not.toContain('for another one')
    expect(view.requests.map(({ id }) => id)).toEqual([`${run}.q`])
  })

  test('A1: a worker gets only runs of sessions that its token lets it write', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    const stranger = work(server, 'w1', {
      grant: grantOf('agent:x', { capabilities: [{ sessions: 'other/**', verbs: ['write-as-agent'] }] }),
    })
    const foreign = work(server, 'w2', { grant: { ...agentGrant, tenant: 'acme' } })
    await settled()
    expect([...stranger.assigned, ...foreign.assigned]).toEqual([])
    const allowed = work(server, 'w3')
    await settled()
    expect(allowed.assigned).toHaveLength(1)
  })

  test('R2: what waits is found again by the first worker after there was none', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const first = work(server, 'w1')
    await settled()
    first.slot.close()
    await send(server)
    await settled()
    expect(first.assigned).toEqual([])
    const second = work(server, 'w2')
    await settled()
    expect(second.assigned).toHaveLength(1)
  })

  test('R2: a connection that dies unnoticed and is let go of late takes no work from its worker', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const first = work(server, 'w1')
    await settled()
    const second = work(server, 'w1')
    second.slot.close()
    const third = work(server, 'w1')
    await settled()
    first.slot.close()
    await send(server)
    await settled()
    expect(third.assigned).toHaveLength(1)
  })

  test('C3: a worker that came back while the store did not answer hears of a stop all the same', async () => {
    const store = createMemoryStore()
    const before = openHub(store)
    await before.ask({ type: 'create' })
    const first = work(before, 'w1')
    await send(before)
    await settled()
    await before.hub.close()
    const flaky = { ...store }
    await using server = openHub(flaky, 'node-2')
    flaky.getSnapshot = () => Promise.reject(new HeadraceError('store_unavailable', 'The store does not answer now.'))
    const [run] = first.assigned
    const back = work(server, 'w1', { held: [{ session: 'demo/1', run: run!.run, attempt: 1 }] })
    await settled()
    flaky.getSnapshot = (...args) => store.getSnapshot(...args)
    await server.ask({ type: 'cancel', target: { all: true } })
    await settled()
    expect(back.signals.map(([signal]) => signal)).toContain('cancel')
    await server.clock.advance(1_000)
    expect(back.signals.map(([signal]) => signal)).not.toContain('lost')
  })

  test('R2: a worker that was believed and turns out to have lost its run is given what waits elsewhere', async () => {
    const store = createMemoryStore()
    const flaky = { ...store }
    await using server = openHub(flaky)
    await elsewhere(server)
    flaky.getSnapshot = () => Promise.reject(new HeadraceError('store_unavailable', 'The store does not answer now.'))
    const back = work(server, 'w1', { capacity: 1, held: [{ session: 'demo/1', run: 'r3', attempt: 1 }] })
    await settled()
    expect(back.assigned).toEqual([])
    flaky.getSnapshot = (...args) => store.getSnapshot(...args)
    await server.clock.advance(1_000)
    expect(back.signals.map(([signal]) => signal)).toEqual(['lost'])
    expect(back.assigned.map(({ session }) => session)).toEqual(['other'])
  })

  test('R2: so is one that may no longer have the run that never reached it', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    work(server, 'w1', { capacity: 1, held: [] })
    await settled()
    await elsewhere(server)
    const capabilities = [{ sessions: 'other', verbs: ['write-as-agent'] }] as const
    const back = work(server, 'w1', { capacity: 1, held: [], grant: { ...agentGrant, capabilities } })
    await settled()
    expect(back.assigned.map(({ session }) => session)).toEqual(['other'])
  })

  test('R2b: a run that never reached its worker is given to it again, with a new lease, for the same attempt', async () => {
    await using server = openHub()
    await server.ask({ type: 'create', maxAttempts: 1 })
    await send(server)
    // All that these were told was lost with their connections.
    for (let connection = 0; connection < 5; connection += 1) {
      const { slot } = work(server, 'w1', { held: [] })
      await settled()
      slot.close()
      await server.clock.advance(4_000)
    }
    await server.ask({ type: 'cancel', target: { all: true } })
    const back = work(server, 'w1', { held: [] })
    await settled()
    expect(back.assigned).toMatchObject([{ run: 'r3', attempt: 1 }])
    expect(back.signals.map(([signal]) => signal)).toEqual(['cancel'])
    const ended = await write(server, back.assigned[0]!, 1, { op: 'end', reason: 'cancelled' })
    expect(ended).toMatchObject({ outcome: 'accepted' })
  })

  test('R2b: so is one whose server broke between the claim and the worker, whoever comes first', async () => {
    const store = createMemoryStore()
    const before = openHub(store)
    await before.ask({ type: 'create', maxAttempts: 1 })
    await send(before)
    work(before, 'w1', { held: [] })
    await settled()
    await before.hub.close()
    for (const isOpenFirst of [true, false]) {
      await using after = openHub(store, `node-${isOpenFirst}`, before.clock)
      if (isOpenFirst) await after.hub.view(key, ada)
      const back = work(after, 'w1', { held: [] })
      await settled()
      // Nobody looks at the session: it is opened because its lease is over.
      if (!isOpenFirst) await after.clock.advance(20_000)
      expect(back.assigned).toMatchObject([{ run: 'r3', attempt: 1 }])
    }
  })

  test('R2 R2b: it has its place at its worker also while nothing can be written', async () => {
    const store = createMemoryStore()
    const flaky = { ...store }
    await using server = openHub(flaky)
    await server.ask({ type: 'create' })
    await send(server)
    work(server, 'w1', { capacity: 1, held: [] })
    await settled()
    await elsewhere(server)
    // Its lease would be renewed now.
    await server.clock.advance(4_000)
    flaky.append = () => Promise.reject(new HeadraceError('store_full', 'The disk is full.'))
    const back = work(server, 'w1', { capacity: 1, held: [] })
    await settled()
    flaky.append = (...args) => store.append(...args)
    // Anything that happens makes it look for work.
    server.hub.dispatcher.pump('default', 'assistant')
    await server.clock.advance(1_000)
    expect(back.assigned.map(({ session }) => session)).toEqual(['demo/1'])
    await write(server, back.assigned[0]!, 1, { op: 'end', reason: 'complete' })
    await settled()
    expect(back.assigned.map(({ session }) => session)).toEqual(['demo/1', 'other'])
  })

  test('R2b: what was written to, or taken over HTTP, is not given again', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server, { policy: 'parallel' })
    await send(server, { policy: 'parallel' })
    const first = work(server, 'w1', { held: [], capacity: 1 })
    await settled()
    await write(server, first.assigned[0]!, 1, { op: 'usage', usage: { inputTokens: 1 } })
    first.slot.close()
    const { signal } = new AbortController()
    const taken = await server.hub.claim('assistant', 'py-1', agentGrant, { waitMs: 20_000, signal })
    expect(taken).toMatchObject({ attempt: 1 })
    const again = server.hub.claim('assistant', 'py-1', agentGrant, { waitMs: 3_000, signal })
    const back = work(server, 'w1', { held: [] })
    await settled()
    await server.clock.advance(3_000)
    expect(await again).toBeUndefined()
    expect(back.assigned).toEqual([])
  })

  test('R3 C3: a cancel while a worker is coming back reaches it', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await send(server)
    const worker = work(server, 'w1')
    await settled()
    const held = worker.assigned.map(({ session, run, attempt }) => ({ session, run, attempt }))
    const back = work(server, 'w1', { held })
    await server.ask({ type: 'cancel', target: { all: true } })
    await settled()
    expect(back.signals).toEqual([
      ['resumed', held[0]],
      ['cancel', held[0]],
    ])
    expect(worker.signals).toEqual([])
  })

  test('R2: an agent without a socket waits for a run and claims it', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const { signal } = new AbortController()
    const waiting = server.hub.claim('assistant', 'py-1', agentGrant, { leaseMs: 7_000, waitMs: 20_000, signal })
    await send(server)
    const run = await waiting
    expect(run).toMatchObject({ agent: 'assistant', attempt: 1, leaseMs: 7_000 })
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'active', worker: 'py-1' }])
    await write(server, run!, 1, { op: 'end', reason: 'complete' })
    const nothing = server.hub.claim('assistant', 'py-1', agentGrant, { waitMs: 20_000, signal })
    await server.clock.advance(20_000)
    expect(await nothing).toBeUndefined()
    expect(server.hub.stats().workers).toBe(0)
  })
})

describe('who is there', () => {
  test('R2c: agents that somebody may work as in a session, or holds a run of, or that are registered', async () => {
    await using server = await openDoor()
    const there = async (token?: string): Promise<unknown> =>
      (await server.ask('GET /v1/sessions/team%2Fone/agents', { ...(token !== undefined && { token }) })).body
    expect(await there()).toMatchObject({ error: { code: 'session_not_found' } })
    await server.ask('POST /v1/sessions', { json: { id: 'team/one', agent: 'poller' } })
    expect(await there()).toEqual({ agents: [] })

    const offer = (agent: string, sessions: string, tenant = 'default'): WorkerSlot => {
      const grant: Grant = {
        ...agentGrant,
        tenant,
        agents: [agent],
        capabilities: [{ sessions, verbs: ['write-as-agent'] }],
      }
      const ignore = (): void => undefined
      return server.hub.dispatcher.register({
        agent,
        worker: agent,
        capacity: 1,
        grant,
        assign: ignore,
        signal: ignore,
      })
    }
    const workers = [offer('writer', 'team/*'), offer('elsewhere', 'other/*'), offer('foreign', '**', 'other')]
    await server.ask('PUT /v1/agents/called', { json: { url: 'https://agents.example.com', format: 'sse-text' } })
    expect(await there()).toEqual({ agents: ['called', 'writer'] })
    for (const worker of workers) worker.close()
    expect(await there()).toEqual({ agents: ['called'] })

    await server.ask('POST /v1/sessions/team%2Fone/commands', { json: { body: { type: 'send', parts: text('hi') } } })
    expect(await there()).toEqual({ agents: ['called'] })
    expect(await server.ask('POST /v1/agents/poller/claim', { json: { worker: 'w', waitMs: 0 } })).toMatchObject({
      status: 200,
    })
    expect(await there()).toEqual({ agents: ['called', 'poller'] })
    const reader = await server.mint({ cap: [{ s: '**', op: ['read'] }] })
    expect(await there(reader)).toMatchObject({ error: { code: 'forbidden' } })
  })
})
