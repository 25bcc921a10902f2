import type { Json } from '@headrace/core'
import type { Client, Session } from '@headrace/client'
import type { AgentRun, RunHandler } from '@headrace/client/agent'
import { expect, test } from 'vitest'
import {
  createDesk,
  createForeman,
  emptyFloor,
  floorOf,
  floorSessions,
  notes,
  orderOf,
  type AttemptResult,
  type ForemanOptions,
  type FloorDocument,
  type FloorRequest,
  type PlanLane,
} from '../src/index.ts'
import { SessionsServer } from './support/sessions-server.ts'

const lanes: readonly PlanLane[] = [
  { name: 'one', kind: 'feature', oversight: 'merge', wip: 1 },
  { name: 'two', kind: 'feature', oversight: 'merge', wip: 1 },
]
const sessions = floorSessions('test')
const { crew } = sessions
const clock = {
  now: () => Date.now(),
  at(time: number, then: () => void) {
    const timer = setTimeout(then, Math.max(0, time - Date.now()))
    return () => clearTimeout(timer)
  },
}

/** Records which attempts a lane was given, and lets each come to what the test says. */
class Lanes {
  readonly begun: string[] = []
  readonly handler: RunHandler
  readonly #outcomes: (title: string, attempt: number) => AttemptResult | Promise<AttemptResult>

  constructor(outcomes: (title: string, attempt: number) => AttemptResult | Promise<AttemptResult>) {
    this.#outcomes = outcomes
    this.handler = async (run) => {
      const order = orderOf(run.input, run.session)
      if (!order) throw new Error('no order')
      this.begun.push(`${order.task}.${order.attempt}`)
      const result = await Promise.race([this.#outcomes(order.title, order.attempt), stopped(run)])
      await run.write({ type: 'data', name: notes.result, value: result as unknown as Json })
    }
  }
}

function stopped(run: AgentRun): Promise<never> {
  return new Promise((_, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)))
}

async function foreman(
  server: SessionsServer,
  more: Partial<ForemanOptions> = {},
): ReturnType<SessionsServer['worker']> {
  const client = await server.client(crew.foreman, 'agent')
  const handler = createForeman({ client, sessions, lanes: () => lanes, clock, ...more })
  return server.worker(crew.foreman, handler, { leaseMs: 1_000 })
}

async function floor(server: SessionsServer): Promise<Session> {
  const client = await server.client('ada')
  const session = client.session(sessions.floor)
  await session.create({ agent: crew.foreman, policy: 'queue', maxAttempts: 100 })
  const desk = createDesk({
    client: await server.client(crew.desk, 'agent'),
    lanes: () => lanes.map(({ name }) => name),
    now: () => Date.now(),
  })
  await server.worker(crew.desk, desk)
  return session
}

async function ask(session: Session, request: FloorRequest): Promise<void> {
  const value = request as unknown as Json
  await session.send({ agent: crew.desk, parts: [{ kind: 'data', name: notes.request, value }] })
}

const begin = (session: Session): Promise<unknown> => session.send({ agent: crew.foreman, text: 'Run the floor.' })

async function reaches(session: Session, holds: (floor: FloorDocument) => boolean): Promise<FloorDocument> {
  const { view } = await session.until(({ view: { document } }) => holds(floorOf(document.value)))
  return floorOf(view.document.value)
}

const statuses = (document: FloorDocument): string =>
  Object.values(document.tasks)
    .map(({ id, state }) => `${id} ${state.status}`)
    .join(', ')

test('F1 tasks go through lanes to their end, and what the gate refused is tried again with the lesson', async () => {
  await using server = new SessionsServer()
  const session = await floor(server)
  const given = new Lanes((title, attempt) =>
    title === 'hard' && attempt === 1
      ? { outcome: 'rejected', why: 'one test is red', failure: 'product' }
      : { outcome: 'merged', why: 'green', commit: 'abc' },
  )
  await server.worker(crew.runner, given.handler)
  await foreman(server)
  await begin(session)
  await ask(session, { ask: 'add-task', title: 'easy' })
  await ask(session, { ask: 'add-task', title: 'hard' })
  await ask(session, { ask: 'add-task', title: 'later', dependsOn: ['T2'] })
  const done = await reaches(session, (document) => statuses(document) === 'T1 done, T2 done, T3 done')
  expect(done.tasks['T2']?.attempts).toMatchObject([
    { outcome: 'rejected', why: 'one test is red', failure: 'product' },
    { outcome: 'merged' },
  ])
  expect(given.begun.toSorted()).toEqual(['T1.1', 'T2.1', 'T2.2', 'T3.1'])
})

test('F7b of two foremen one works; when it is gone the other one goes on, and nothing is begun twice', async () => {
  await using server = new SessionsServer()
  const session = await floor(server)
  const hold = Promise.withResolvers<AttemptResult>()
  const given = new Lanes((title) => (title === 'long' ? hold.promise : { outcome: 'merged', why: 'green' }))
  await server.worker(crew.runner, given.handler)
  const [first] = await Promise.all([foreman(server), foreman(server)])
  await begin(session)
  await ask(session, { ask: 'add-task', title: 'long' })
  await reaches(session, (document) => document.tasks['T1']?.state.status === 'working')
  const holders = (): readonly string[] =>
    session
      .getSnapshot()
      .view.runs.flatMap((run) => (run.status === 'active' && run.agent === crew.foreman ? [run.worker] : []))
  expect(holders()).toHaveLength(1)
  await first.close({ graceMs: 0 })
  await ask(session, { ask: 'add-task', title: 'short' })
  await reaches(session, (document) => document.tasks['T2']?.state.status === 'done')
  hold.resolve({ outcome: 'merged', why: 'green' })
  await reaches(session, (document) => statuses(document) === 'T1 done, T2 done')
  expect(given.begun.toSorted()).toEqual(['T1.1', 'T2.1'])
})

test('F5d the files say how many lanes may need a person, and another number counts at once', async () => {
  await using server = new SessionsServer()
  const session = await floor(server)
  const given = new Lanes(() => new Promise(() => undefined))
  await server.worker(crew.runner, given.handler)
  let attention = 1
  let look: () => void = () => undefined
  await foreman(server, {
    lanes: () => lanes.map((lane) => ({ ...lane, oversight: 'branch' })),
    attention: () => attention,
    onChange(again) {
      look = again
      return () => undefined
    },
  })
  await begin(session)
  for (const lane of ['one', 'two']) await ask(session, { ask: 'add-task', title: lane, lane })
  const first = await reaches(
    session,
    ({ tasks }) => tasks['T2'] !== undefined && statuses({ ...emptyFloor, tasks }).startsWith('T1 working'),
  )
  expect(statuses(first)).toBe('T1 working, T2 ready')
  expect(first.attention).toBe(1)
  attention = 2
  look()
  await reaches(session, (document) => statuses(document) === 'T1 working, T2 working')
})

test('F1c a request whose answer was cut off is answered again, and adds no second task', async () => {
  await using server = new SessionsServer()
  const client = await server.client('ada')
  const session = client.session(sessions.floor)
  await session.create({ agent: crew.foreman, policy: 'queue', maxAttempts: 100 })
  const desk = createDesk({ client: await server.client(crew.desk, 'agent'), lanes: () => [], now: () => Date.now() })
  const died = Promise.withResolvers<void>()
  // The first try does what was asked and is gone before it can say so.
  await server.worker(crew.desk, async (run) => {
    if (run.attempt > 1) return desk(run)
    const mute = new Proxy(run, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target)
        if (key === 'write') return () => new Promise<void>(() => undefined)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    void desk(mute)
    await session.until(({ view: { document } }) => floorOf(document.value).tasks['T1'] !== undefined)
    died.resolve()
    return run.suspend()
  })
  await ask(session, { ask: 'add-task', title: 'once' })
  await died.promise
  const { view } = await session.until(({ view: { runs } }) => runs.some(({ status }) => status === 'suspended'))
  await session.resume(view.runs[0]?.id ?? '')
  const end = await session.until(({ view: { runs } }) => runs.every(({ status }) => status === 'ended'))
  expect(Object.keys(floorOf(end.view.document.value).tasks)).toEqual(['T1'])
})

test('F6c F8b stopping the floor ends what is under way, and what is nuked begins anew with its lesson', async () => {
  await using server = new SessionsServer()
  const session = await floor(server)
  const lessons: (readonly string[])[] = []
  const handler: RunHandler = async (run) => {
    lessons.push(orderOf(run.input, run.session)?.lessons ?? [])
    await stopped(run)
  }
  await server.worker(crew.runner, handler)
  await foreman(server)
  await begin(session)
  await ask(session, { ask: 'add-task', title: 'round', lane: 'one' })
  await reaches(session, ({ tasks }) => tasks['T1']?.state.status === 'working')
  await laneRuns(await server.client('bob'), 'one', (runs) => runs.includes('active'))
  await ask(session, { ask: 'nuke', lane: 'one', reason: 'It goes in circles.' })
  await reaches(session, ({ tasks }) => tasks['T1']?.attempts[0]?.outcome === 'nuked')
  await reaches(session, ({ tasks }) => tasks['T1']?.state.status === 'working')
  await laneRuns(await server.client('cem'), 'one', (runs) => runs.includes('active'))
  expect(lessons).toEqual([[], ['nuked: It goes in circles.']])
  await ask(session, { ask: 'set-mode', mode: 'stopped' })
  const stoppedFloor = await reaches(session, ({ tasks }) => tasks['T1']?.state.status !== 'working')
  expect(stoppedFloor.tasks['T1']?.attempts.at(-1)).toMatchObject({
    outcome: 'cancelled',
    why: 'stopped by agent:foreman.test',
  })
  await laneRuns(await server.client('dan'), 'one', (runs) => !runs.includes('active'))
})

test('F6d what can’t be done is refused with the reason', async () => {
  await using server = new SessionsServer()
  const session = await floor(server)
  await ask(session, { ask: 'accept-task', task: 'T9' })
  const { view } = await session.until(({ view: { runs } }) => runs.some(({ status }) => status === 'ended'))
  const [answer] = view.messages.filter(({ role }) => role === 'assistant')
  expect(answer?.parts).toMatchObject([
    { name: notes.answer, value: { outcome: 'refused' } },
    { text: expect.stringContaining('no task T9 on this floor') as string },
  ])
})

async function laneRuns(client: Client, lane: string, holds: (runs: readonly string[]) => boolean): Promise<void> {
  await client.session(sessions.lane(lane)).until(({ view: { runs } }) => holds(runs.map(({ status }) => status)))
}
