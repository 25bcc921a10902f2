import { expect, test } from 'vitest'
import type { AgentRun } from '@headrace/client/agent'
import { Peers, answers, ended, reaches, request, run } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'

const rounds = 200
const isOpen = ({ status }: { readonly status: string }): boolean => status === 'open'

test('C7: two people answer one approval at the same moment, 200 times: one wins, the other is told who', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [ada, bob] = [await peers.session('ada'), await peers.session('bob')]
  const heard: boolean[] = []
  await peers.worker(async (agent) => {
    for (let round = 0; round < rounds; round += 1) heard.push(await agent.approve({ round }))
  })
  await ada.send('go')
  const wins = { approve: 0, deny: 0 }
  const expected: boolean[] = []
  for (let round = 0; round < rounds; round += 1) {
    const isThis = (each: { readonly spec: object }): boolean =>
      'action' in each.spec && isRound(each.spec.action, round)
    const [shown, same] = await Promise.all([ada, bob].map((session) => request(session, isThis)))
    if (!shown || !same) throw new Error('both see it')
    const results = await Promise.allSettled([ada.approve(shown), bob.deny(same, 'no')])
    const [won, lost] = [results.findIndex(({ status }) => status === 'fulfilled'), results.findIndex(isRejected)]
    expect(won + lost).toBe(1)
    const winner = won === 0 ? 'user:ada' : 'user:bob'
    const decision = won === 0 ? 'approve' : 'deny'
    expect(results[lost]).toMatchObject({
      reason: { code: 'request_closed', detail: { by: winner, decision }, message: expect.stringContaining(winner) },
    })
    wins[decision] += 1
    expected.push(decision === 'approve')
  }
  await ended(ada)
  expect(heard).toEqual(expected)
  expect(wins.approve + wins.deny).toBe(rounds)
  const log = await server.log('s')
  expect(log.filter(({ type }) => type === 'request.answered')).toHaveLength(rounds)
  expect(peers.errors).toEqual([])
})

function isRound(action: unknown, round: number): boolean {
  return typeof action === 'object' && action !== null && 'round' in action && action.round === round
}

function isRejected({ status }: PromiseSettledResult<unknown>): boolean {
  return status === 'rejected'
}

test('C7: a tool that three devices offer runs exactly once, 200 times', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const ran: number[] = []
  const tabs = [await peers.session('ada'), await peers.session('ada'), await peers.session('bob')]
  for (const [tab, session] of tabs.entries()) {
    session.clientTools({
      double: (input) => {
        const value = Number(input)
        ran.push(value)
        return { tab, value: value * 2 }
      },
    })
  }
  const results: unknown[] = []
  await peers.worker(async (agent) => {
    for (let group = 0; group < rounds; group += 50) {
      const calls = Array.from({ length: 50 }, (_, index) => agent.clientTool('double', group + index))
      results.push(...(await Promise.all(calls)))
    }
  })
  const [ada] = tabs
  await ada?.send('go')
  if (ada) await ended(ada)
  expect(ran.sort((a, b) => a - b)).toEqual(Array.from({ length: rounds }, (_, index) => index))
  expect(results).toMatchObject(ran.map((value) => ({ output: { value: value * 2 } })))
  expect(peers.errors).toEqual([])
})

test('C7: a tool that throws answers with its error, and one that nobody wants any more is aborted', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const aborted = Promise.withResolvers<unknown>()
  const stop = session.clientTools({
    broken: () => {
      throw new Error('No camera here.')
    },
    slow: (_input, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason)
          reject(new Error('stopped'))
        })
      }),
  })
  const results: unknown[] = []
  await peers.worker(async (agent) => {
    results.push(await agent.clientTool('broken'))
    await agent.clientTool('slow')
  })
  await session.send('go')
  await request(session, ({ status, spec }) => status === 'claimed' && spec.kind === 'tool' && spec.name === 'slow')
  await session.cancel()
  expect(await aborted.promise).toMatchObject({ name: 'AbortError' })
  await ended(session)
  expect(results).toEqual([{ error: 'No camera here.' }])
  stop()
  expect(peers.errors).toEqual([])
})

test('C7: a result that is too large is reported and answers with that error; the tool runs once', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  let ran = 0
  session.clientTools({ photo: () => ((ran += 1), 'x'.repeat(2_000_000)) })
  const results: unknown[] = []
  await peers.worker(async (agent) => void results.push(await agent.clientTool('photo')))
  await session.send('go')
  await ended(session)
  expect(results).toEqual([{ error: expect.stringContaining('The result was refused: ') }])
  expect(ran).toBe(1)
  expect(peers.errors).toMatchObject([{ code: 'frame_too_large' }])
})

test('C7: an approval is for the action that was shown', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  await peers.worker(async (agent) => {
    await agent.text((await agent.approve({ rm: 'a' }, { title: 'Delete a?' })) ? 'gone' : 'kept')
  })
  await session.send('go')
  const shown = await request(session, isOpen)
  await expect(session.approve({ id: shown.id, digest: 'f'.repeat(64) })).rejects.toMatchObject({
    code: 'action_changed',
  })
  await session.approve(shown.id)
  await ended(session)
  expect(answers(session)).toEqual(['gone'])
})

test('C7: a question gives its answer, nothing when somebody declines, and its schema holds', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const heard: unknown[] = []
  await peers.worker(async (agent) => {
    heard.push(await agent.ask('Which city?', { type: 'string' }), await agent.ask('Why?'))
  })
  await session.send('go')
  const first = await request(session, isOpen)
  await expect(session.answer(first, { value: 7 })).rejects.toMatchObject({ code: 'invalid_answer' })
  await session.answer(first, { value: 'Bern' })
  await session.deny(await request(session, (each) => isOpen(each) && each.id !== first.id))
  await ended(session)
  expect(heard).toEqual(['Bern', undefined])
})

test('R1 C7: a run that lets go while it waits goes on with another worker, and its tool call gets its result', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const stops: unknown[] = []
  const handler = async (agent: AgentRun): Promise<void> => {
    if (agent.attempt === 1)
      await agent.step('plan', (out) =>
        out.write({ type: 'tool-call', callId: 'c1', name: 'deploy', input: { to: 'prod' } }),
      )
    void agent.request('deploy', { kind: 'approval', title: 'Deploy?', action: { to: 'prod' } })
    agent.signal.addEventListener('abort', () => stops.push(agent.stopped))
    const answer =
      agent.answerTo('deploy') ?? (await agent.suspend({ waitsFor: ['deploy'], detail: 'Waits for a yes.' }))
    await agent.write({ type: 'tool-result', callId: 'c1', output: answer })
    await agent.text('Deployed.')
  }
  const first = await peers.worker(handler)
  await session.send('go')
  expect(await run(session, ({ status }) => status === 'suspended')).toMatchObject({ detail: 'Waits for a yes.' })
  await first.close({ graceMs: 0 })
  expect(stops).toEqual(['suspended'])
  const asked = await request(session, isOpen)
  await session.approve(asked)
  await peers.worker(handler)
  await ended(session)
  expect(session.getSnapshot().view).toMatchObject({
    runs: [{ reason: 'complete', attempt: 2 }],
    requests: [{ status: 'answered', by: 'user:ada' }],
  })
  expect(session.getSnapshot().view.messages.at(-1)?.parts).toMatchObject([
    { kind: 'tool', callId: 'c1', status: 'closed', output: { decision: 'approve' } },
    { kind: 'text', text: 'Deployed.' },
  ])
  expect((await server.log('s')).filter(({ type }) => type === 'request.opened')).toHaveLength(1)
  expect(peers.errors).toEqual([])
})

test('C7: asking the same twice asks twice; another attempt that asks the same finds both answers', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const heard: unknown[] = []
  const handler = async (agent: AgentRun): Promise<void> => {
    for (let time = 0; time < 2; time += 1) heard.push(await agent.approve({ again: true }))
    if (agent.attempt === 1) await new Promise((stop) => agent.signal.addEventListener('abort', stop))
  }
  const first = await peers.worker(handler, { leaseMs: 1_000 })
  await session.send('go')
  const once = await request(session, isOpen)
  await session.approve(once)
  await session.deny(await request(session, (each) => isOpen(each) && each.id !== once.id))
  await first.close({ graceMs: 0 })
  server.skip(10_000)
  await peers.worker(handler)
  await ended(session)
  expect(heard.slice(-2)).toEqual([true, false])
  expect((await server.log('s')).filter(({ type }) => type === 'request.opened')).toHaveLength(2)
})

test('R1 C7: letting go for a request that was never asked fails the run, and says so', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  await peers.worker((agent) => agent.suspend({ waitsFor: ['nothing'] }))
  await session.send('go')
  await ended(session)
  expect(session.getSnapshot().view.runs).toMatchObject([
    { reason: 'failed', detail: expect.stringContaining('has no request nothing to wait for') },
  ])
})

test('C7: an answer that came while the worker was away reaches it when it is back', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const worker = await peers.worker(async (agent) => {
    await agent.text(String(await agent.approve('Go on?')))
  })
  await session.send('go')
  const asked = await request(session, isOpen)
  worker.setOnline(false)
  await session.approve(asked)
  worker.setOnline(true)
  await ended(session)
  expect(answers(session)).toEqual(['true'])
})

test('C3 C7: a stop withdraws what was asked, and whoever answers then is told', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const thrown = Promise.withResolvers<unknown>()
  await peers.worker(async (agent) => {
    await agent.approve('Go on?').catch((error: unknown) => thrown.resolve(error))
  })
  await session.send('go')
  const asked = await request(session, isOpen)
  await session.cancel()
  await expect(session.approve(asked)).rejects.toMatchObject({
    code: 'request_closed',
    detail: { status: 'withdrawn' },
  })
  expect(await thrown.promise).toMatchObject({ name: 'AbortError', reason: 'cancel' })
  await ended(session)
  expect(session.getSnapshot().view.runs).toMatchObject([{ reason: 'cancelled' }])
})

test('C7: an agent takes a request back', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  const thrown = Promise.withResolvers<unknown>()
  await peers.worker(async (agent) => {
    const asked = agent.request('q', { kind: 'question', title: 'Still there?' })
    agent.withdraw('q', 'Found it.')
    await asked.catch((error: unknown) => thrown.resolve(error))
  })
  await session.send('go')
  expect(await thrown.promise).toMatchObject({ code: 'request_closed', message: expect.stringContaining('Found it') })
  await reaches(session, ({ requests }) => requests[0]?.status === 'withdrawn')
})

test('L6 C7: more requests at once than a session takes fail the run, and nobody waits for ever', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  await peers.worker(async (agent) => {
    await Promise.all(Array.from({ length: 101 }, (_, index) => agent.approve(index)))
  })
  await session.send('go')
  await ended(session)
  expect(session.getSnapshot().view.runs).toMatchObject([
    { reason: 'failed', detail: expect.stringContaining('openRequests is limited to 100') },
  ])
})
