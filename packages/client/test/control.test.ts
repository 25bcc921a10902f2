import { expect, test } from 'vitest'
import { textOf, type Message } from '@headrace/core'
import type { AgentRun } from '@headrace/client/agent'
import { Peers, answers, ended, reaches, run } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { settle } from './support/until.ts'

/** A server that was just started waits a little for workers to come back, too. */
const longerThanALease = 10_000

test('C3: a stop while the agent’s process is dead holds: when it comes back nothing more is written', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const dead = await peers.worker(async (agent) => {
    await agent.text('half an ans')
    await new Promise((stop) => agent.signal.addEventListener('abort', stop))
    await agent.text('too late')
  })
  await session.send('go')
  await reaches(session, () => answers(session)[0] === 'half an ans')
  dead.setOnline(false)
  expect(await session.cancel()).toMatchObject({ outcome: 'accepted' })
  server.skip(longerThanALease)
  await ended(session)
  const taken: string[] = []
  await peers.worker((agent) => void taken.push(agent.id))
  dead.setOnline(true)
  await session.send('next')
  await ended(session, 2)
  expect(taken.length).toBeLessThanOrEqual(1)
  expect(session.getSnapshot().view.runs[0]).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:ada' })
  expect(answers(session)[0]).toBe('half an ans')
})

test('C5: a steer is taken into account at a step, and everybody sees that it was', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  await peers.worker(async (agent) => {
    await agent.text('Working. ')
    for await (const steer of agent.steers) {
      await agent.step('shorter', (out) => out.text(`Understood: ${textOf(steer)}`))
      agent.consume(steer, 'shorter')
      expect(agent.pendingSteers).toEqual([])
      return
    }
  })
  await session.send('go')
  const { id } = await run(session, ({ status }) => status === 'active')
  await session.steer(id, 'shorter, please')
  await ended(session)
  expect(answers(session)).toEqual(['Working. Understood: shorter, please'])
  expect(session.getSnapshot().view.runs).toMatchObject([{ steers: [{ status: 'consumed', step: 'shorter' }] }])
})

test('C5: steers that nobody took: the last one is carried over, one that must not be is missed', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const gate = Promise.withResolvers<void>()
  const inputs: string[] = []
  const heard: string[] = []
  await peers.worker(async (agent) => {
    inputs.push(textOf(agent.input))
    agent.onSteer((steer) => heard.push(textOf(steer)))
    if (inputs.length === 1) await gate.promise
  })
  await session.send('go')
  const { id } = await run(session, ({ status }) => status === 'active')
  await session.steer(id, 'only now', { carry: false })
  await session.send({ text: 'also this', policy: 'steer' })
  gate.resolve()
  await ended(session, 2)
  expect(inputs).toEqual(['go', 'also this'])
  expect(heard).toEqual(['only now', 'also this'])
  const [first, second] = session.getSnapshot().view.runs
  expect(first?.steers).toMatchObject([
    { status: 'missed', carry: false },
    { status: 'missed', next: second?.id },
  ])
  await expect(session.steer(id, 'too late')).rejects.toMatchObject({ code: 'run_ended' })
})

test('C6: a paused run writes nothing, its stream is not read on, and it goes on where it was', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const source = new TransformStream<string, string>(undefined, undefined, { highWaterMark: 0 })
  const tokens = source.writable.getWriter()
  const working = Promise.withResolvers<AgentRun>()
  await peers.worker(async (agent) => {
    working.resolve(agent)
    await agent.pipe(source.readable)
  })
  await session.send('go')
  await tokens.write('one ')
  await reaches(session, () => answers(session)[0] === 'one ')
  const { id } = await run(session, ({ status }) => status === 'active')
  const agent = await working.promise
  const changes: boolean[] = []
  agent.onPaused((on) => changes.push(on))
  await session.pause(id)
  while (!agent.paused) await settle()
  await tokens.write('two ')
  let isRead = false
  const third = tokens.write('three').then(() => (isRead = true))
  for (let turn = 0; turn < 20; turn += 1) await settle()
  expect([answers(session), isRead]).toEqual([['one '], false])
  await session.resume(id)
  await third
  await tokens.close()
  await ended(session)
  expect(answers(session)).toEqual(['one two three'])
  expect([agent.paused, changes]).toEqual([false, [true, false]])
  expect(peers.errors).toEqual([])
})

test('C3 C6: a paused run that is stopped ends, without what was held back', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const waits = Promise.withResolvers<void>()
  await peers.worker(async (agent) => {
    await agent.text('one ')
    await waits.promise
    await agent.text('two ')
    await agent.text('three')
  })
  await session.send('go')
  await reaches(session, () => answers(session)[0] === 'one ')
  const { id } = await run(session, ({ status }) => status === 'active')
  await session.pause(id)
  waits.resolve()
  await session.cancel()
  await ended(session)
  expect(session.getSnapshot().view.runs).toMatchObject([{ reason: 'cancelled' }])
  expect(session.getSnapshot().view.runs[0]).not.toHaveProperty('detail') // the agent ended it, not the grace time
  expect(answers(session)).toEqual(['one '])
})

test('C8: while a person holds the floor agents hold still, and go on when it is handed back', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [ada, bob] = [await peers.session('ada'), await peers.session('bob')]
  const gate = Promise.withResolvers<void>()
  await peers.worker(async (agent) => {
    await agent.text('one ')
    await gate.promise
    await agent.text('two')
  })
  await ada.send('go')
  await reaches(ada, () => answers(ada)[0] === 'one ')
  await bob.requestFloor('I know this one.')
  await reaches(ada, ({ floor }) => floor.asked.some(({ actor }) => actor === 'user:bob'))
  await bob.takeFloor({ note: 'Let me.' })
  await reaches(ada, ({ floor }) => floor.holder?.actor === 'user:bob')
  await expect(ada.takeFloor()).rejects.toMatchObject({ code: 'floor_taken', detail: { holder: 'user:bob' } })
  gate.resolve()
  await bob.post('The answer is 4.')
  await ada.send('later') // is not taken while somebody holds the floor
  await bob.handBack('Yours again.')
  await ended(ada, 2)
  const { messages } = ada.getSnapshot().view
  expect(messages.map((message: Message) => textOf(message))).toEqual([
    'go',
    'one two',
    'The answer is 4.',
    'later',
    'one two',
  ])
})

test('C2: queued runs are put in another order', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  for (const text of ['a', 'b', 'c']) await session.send(text)
  await reaches(session, ({ runs }) => runs.length === 3)
  const [first, , third] = session.getSnapshot().view.runs
  if (!first || !third) throw new Error('three are queued')
  await session.reorder(third.id, first.id)
  await session.reorder(first.id)
  const order: string[] = []
  await peers.worker((agent) => void order.push(textOf(agent.input)))
  await ended(session, 3)
  expect(order).toEqual(['c', 'b', 'a'])
})

test('R5: a run starts others, hears how they ended, and what they used counts', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  await peers.worker(
    async (agent) => {
      await agent.text(`fact ${textOf(agent.input)}`)
      agent.usage({ outputTokens: 5 })
    },
    { agent: 'researcher' },
  )
  await peers.worker(async (agent) => {
    const children = ['a', 'b'].map((key) => agent.spawn(key, { agent: 'researcher', text: key }))
    for (const child of children) {
      const { reason } = await child.ended
      await agent.text(`${reason}: ${(await child.messages()).map(textOf).join()}. `)
    }
    expect(await agent.spawn('a', { agent: 'researcher', text: 'a' }).ended).toMatchObject({ key: 'a' })
  })
  await session.send('go')
  await ended(session, 3)
  expect(answers(session)).toContain('complete: fact a. complete: fact b. ')
  const [parent] = session.getSnapshot().view.runs
  expect(parent).toMatchObject({ reason: 'complete', childUsage: { outputTokens: 10 } })
  expect(peers.errors).toEqual([])
})

test('C3 R5: stopping the subtree stops all of it, and nothing else', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const stops: string[] = []
  await peers.worker(
    async (agent) => {
      await new Promise((stop) => agent.signal.addEventListener('abort', stop))
      stops.push(`researcher ${agent.stopped}`)
    },
    { agent: 'researcher' },
  )
  await peers.worker(async (agent) => {
    const ends = await Promise.allSettled(
      ['a', 'b'].map((key) => agent.spawn(key, { agent: 'researcher', text: key }).ended),
    )
    stops.push(...ends.map(({ status }) => `parent heard ${status}`))
  })
  await session.send('go')
  await session.send({ text: 'apart', agent: 'researcher' })
  await reaches(session, ({ runs }) => runs.filter(({ status }) => status === 'active').length === 4)
  const [parent] = session.getSnapshot().view.runs
  await session.cancel({ subtree: parent?.id ?? '' })
  await ended(session, 3)
  const runs = session.getSnapshot().view.runs
  expect(runs.filter(({ parent: by }) => by !== undefined)).toMatchObject([
    { reason: 'cancelled' },
    { reason: 'cancelled' },
  ])
  expect(runs.find(({ input, agent }) => agent === 'researcher' && input === runs[1]?.input)).toMatchObject({
    status: 'active',
  })
  expect(stops.sort()).toEqual([
    'parent heard rejected',
    'parent heard rejected',
    'researcher cancel',
    'researcher cancel',
  ])
})

test('R7: the agent is warned as its budget goes, and at the limit the run ends', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const warned: number[] = []
  const stopped = Promise.withResolvers<unknown>()
  await peers.worker(async (agent) => {
    agent.onBudget(({ percent }) => warned.push(percent))
    agent.signal.addEventListener('abort', () => stopped.resolve(agent.signal.reason))
    for (let step = 0; step < 20 && !agent.signal.aborted; step += 1) {
      agent.usage({ outputTokens: 10 })
      await agent.text(`${step} `)
      await reaches(session, ({ usage, runs }) => (usage.outputTokens ?? 0) > step * 10 || runs[0]?.status === 'ended')
    }
  })
  await session.send({ text: 'go', budget: { tokens: 100 } })
  await ended(session)
  expect(await stopped.promise).toMatchObject({ name: 'AbortError', reason: 'lost' })
  expect(warned).toEqual([50, 80]) // 75 is passed over between two reports
  expect(session.getSnapshot().view.runs).toMatchObject([{ reason: 'budget', usage: { outputTokens: 100 } }])
  await session.update({ budget: { tokens: 100 } })
  await expect(session.send('more')).rejects.toMatchObject({ code: 'budget_exhausted' })
})

test('R4: steps that run side by side each keep to their own part', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  await peers.worker(async (agent) => {
    await Promise.all(
      ['a', 'b'].map((id) =>
        agent.step(id, async (out) => {
          for (let index = 0; index < 5; index += 1) await out.text(`${id}${index} `)
        }),
      ),
    )
  })
  await session.send('go')
  await ended(session)
  expect(session.getSnapshot().view.messages.at(-1)?.parts).toMatchObject([
    { step: 'a', text: 'a0 a1 a2 a3 a4 ' },
    { step: 'b', text: 'b0 b1 b2 b3 b4 ' },
  ])
})

test('L7: what is for some only is seen by them alone, and nobody’s copy has a gap', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const ada = await peers.session('ada')
  const token = await server.token('sue', { kind: 'operator' })
  const sue = await peers.session('sue', { token })
  const gate = Promise.withResolvers<void>()
  await peers.worker(async (agent) => {
    await agent.only('operators').text('A difficult one. ')
    await gate.promise
    await agent.text('Hello.')
  })
  await ada.send('go')
  await reaches(sue, () => answers(sue)[0] === 'A difficult one. ')
  const { seq } = sue.getSnapshot().view
  await reaches(ada, (view) => view.seq >= seq) // events that are not for her move her on all the same
  gate.resolve()
  await ended(ada)
  await ended(sue)
  expect(answers(ada)).toEqual(['Hello.'])
  expect(answers(sue)).toEqual(['A difficult one. Hello.'])
  expect(peers.errors).toEqual([])
})

test('S8: the prompt of a run names who speaks and ends with its input', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [ada, bob] = [await peers.session('ada'), await peers.session('bob')]
  const prompts: unknown[] = []
  await peers.worker(async (agent) => {
    prompts.push(agent.prompt().map(({ role, name, parts }) => [role, name, parts.length]))
    await agent.text('Yes.')
  })
  await ada.send('One')
  await ended(ada)
  await bob.send('Two')
  await ended(ada, 2)
  expect(prompts).toEqual([
    [['user', 'ada', 1]],
    [
      ['user', 'ada', 1],
      ['assistant', 'assistant', 1],
      ['user', 'bob', 1],
    ],
  ])
})
