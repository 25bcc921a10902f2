import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { expect, test } from 'vitest'
import { connect, type Client, type Session } from '@headrace/client'
import type { EventType, SessionEvent } from '@headrace/core'
import { ServerProcess, lines, script } from './support/server.ts'

function nextEvent(
  session: Session,
  type: EventType,
  fits: (event: SessionEvent) => boolean = () => true,
): Promise<SessionEvent> {
  return new Promise((resolve) => {
    const stop = session.onEvent((event) => {
      if (event.type !== type || !fits(event)) return
      stop()
      resolve(event)
    })
  })
}

interface Agent {
  readonly child: ChildProcess
  says(line: string): Promise<void>
}

function agent(server: ServerProcess): Agent {
  const child = script('agent.ts', [server.url, server.token])
  const printed = lines(child)
  return {
    child,
    async says(line) {
      for (let next = await printed.next(); !next.done; next = await printed.next()) if (next.value === line) return
      throw new Error(`the agent never said: ${line}`)
    },
  }
}

interface AtWork {
  readonly client: Client
  readonly session: Session
  readonly working: Agent
}

/** A session whose agent is in the middle of its answer. */
async function atWork(server: ServerProcess, id: string): Promise<AtWork> {
  const client = connect({ url: server.url, token: server.token })
  const session = client.session(id, { after: 0 })
  session.subscribe(() => undefined)
  await session.create()
  const working = agent(server)
  await working.says('ready')
  const streaming = nextEvent(session, 'part.delta')
  await session.send('go')
  await working.says('attempt 1')
  await streaming
  return { client, session, working }
}

async function killed(child: ChildProcess): Promise<void> {
  const dead = once(child, 'exit')
  child.kill('SIGKILL')
  await dead
}

test('R3 R4: a killed agent is seen as lost within 10 s, another adopts its run and replaces its output', async () => {
  await using server = await ServerProcess.start()
  const { client, session, working } = await atWork(server, 'agents/1')
  const lapsed = nextEvent(session, 'run.lapsed')
  await killed(working.child)
  const at = performance.now()
  await lapsed
  expect(performance.now() - at).toBeLessThan(10_000)
  expect(session.getSnapshot().view.runs).toMatchObject([{ status: 'queued', attempt: 1 }])
  const replaced = nextEvent(
    session,
    'part.delta',
    (event) => event.type === 'part.delta' && event.data.text.includes('2:0'),
  )
  const second = agent(server)
  await second.says('attempt 2')
  await replaced
  const parts = session.getSnapshot().view.messages.at(-1)?.parts ?? []
  expect(parts.filter((part) => part.kind === 'text').map((part) => part.attempt)).toEqual([2])
  await killed(second.child)
  await client.close()
})

test('R3: an agent that was frozen past its lease is refused when it wakes, and stops', async () => {
  await using server = await ServerProcess.start()
  const { client, session, working: frozen } = await atWork(server, 'agents/2')
  const lapsed = nextEvent(session, 'run.lapsed')
  frozen.child.kill('SIGSTOP')
  await lapsed
  const rescuer = agent(server)
  await rescuer.says('attempt 2')
  frozen.child.kill('SIGCONT')
  await frozen.says('aborted lost')
  await session.cancel()
  await rescuer.says('aborted cancel')
  const log = await server.log('agents/2')
  const takeover = log.find((event) => event.type === 'run.claimed' && event.data['attempt'] === 2)?.seq ?? 0
  const late = log.filter(
    (event) => event.seq > takeover && event.type === 'part.delta' && String(event.data['text']).startsWith('1:'),
  )
  expect(takeover).toBeGreaterThan(0)
  expect(late).toEqual([])
  await Promise.all([killed(frozen.child), killed(rescuer.child)])
  await client.close()
})

test('C3: a stop while the agent’s process is dead: when it comes back the run is over and nothing more is written', async () => {
  await using server = await ServerProcess.start()
  const { client, session, working } = await atWork(server, 'agents/3')
  await killed(working.child)
  const over = nextEvent(session, 'run.ended')
  expect(await session.cancel()).toMatchObject({ outcome: 'accepted' })
  const second = agent(server)
  await second.says('ready')
  await over
  await session.send('again')
  await second.says('attempt 1') // of the next run: the stopped one was not given to anybody
  const log = await server.log('agents/3')
  const ended = log.find(({ type }) => type === 'run.ended')
  expect(ended).toMatchObject({ data: { reason: 'cancelled', attempt: 1 } })
  const asked = log.find(({ type }) => type === 'run.cancel-requested')?.seq ?? 0
  const late = log.filter(({ seq, type, run }) => seq > asked && run === ended?.run && type.startsWith('part.'))
  expect(late).toEqual([])
  await killed(second.child)
  await client.close()
})
