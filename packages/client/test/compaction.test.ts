import { expect, test } from 'vitest'
import { connect, type ConnectOptions } from '@headrace/client'
import { createWorker } from '@headrace/client/agent'
import { startFaultProxy } from '@headrace/testing'
import type { SessionEvent, SessionView } from '@headrace/core'
import { Replica } from '../src/session/replica.ts'
import { RealServer } from './support/real-server.ts'
import { until } from './support/until.ts'

const backoff = { minMs: 1, maxMs: 20 }

async function withAnswers(server: RealServer): Promise<void> {
  const token = await server.token('assistant', { kind: 'agent' })
  const worker = createWorker({
    url: server.url,
    token,
    agent: 'assistant',
    backoff,
    handler: async (run) => {
      for (const word of ['one ', 'two ', 'three']) await run.text(word)
    },
  })
  const client = connect({ url: server.url, token: await server.token('ada'), backoff })
  const session = client.session('s')
  await session.create()
  const stop = session.subscribe(() => undefined)
  for (const count of [1, 2, 3]) {
    await session.send(`question ${count}`)
    await until(
      () => session.getSnapshot().view.runs.filter(({ status }) => status === 'ended').length === count,
      session.subscribe,
    )
  }
  stop()
  await client.close()
  await worker.close({ graceMs: 0 })
}

async function ask<T>(server: RealServer, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${server.url}/v1/sessions/s${path}`, {
    method,
    headers: { Authorization: `Bearer ${await server.token('ada')}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return (await response.json()) as T // as PROTOCOL.md says
}

test('S4 S3a: a client that comes back from any old seq shows what one shows that comes now', async () => {
  await using server = await RealServer.start()
  await withAnswers(server)
  const { events } = await ask<{ readonly events: readonly SessionEvent[] }>(server, 'GET', '/events')
  expect(await ask(server, 'POST', '/compact', {})).toMatchObject({ floor: events.length })
  const now = await ask<SessionView>(server, 'GET', '')
  const token = await server.token('ada')
  for (let seq = 0; seq <= events.length; seq += 1) {
    const replica = new Replica('s')
    replica.begin(0)
    expect(replica.apply(events.slice(0, seq)).gap).toBeUndefined()
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/connect`, 'headrace.v1')
    const frames: { readonly type: string; readonly view: SessionView; readonly events: readonly SessionEvent[] }[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'hello', token })))
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data)) as (typeof frames)[number] // as PROTOCOL.md says
      if (frame.type === 'welcome') socket.send(JSON.stringify({ type: 'subscribe', session: 's', after: seq }))
      frames.push(frame)
      if (frame.type === 'snapshot') replica.replace(frame.view)
      if (frame.type === 'events') expect(replica.apply(frame.events).gap).toBeUndefined()
      if (replica.cursor === now.seq) resolve()
    })
    await promise
    socket.close()
    expect(replica.view, `from ${seq}`).toEqual(now)
    expect(
      frames.some(({ type }) => type === 'snapshot'),
      `from ${seq}`,
    ).toBe(seq < events.length)
  }
  expect(server.errors).toEqual([])
})

test('S3a: a client that was away while its session was compacted goes on by itself', async () => {
  await using server = await RealServer.start()
  const proxy = await startFaultProxy({ target: server.port })
  const options: ConnectOptions = { url: `http://127.0.0.1:${proxy.port}`, token: await server.token('bob'), backoff }
  const away = connect(options)
  await withAnswers(server)
  const session = away.session('s')
  const stop = session.subscribe(() => undefined)
  await until(() => session.getSnapshot().view.seq > 0, session.subscribe)
  const before = session.getSnapshot().view.seq
  proxy.refuse(true)
  proxy.reset()
  await until(() => session.getSnapshot().status !== 'live', session.subscribe)
  await withMore(server)
  await ask(server, 'POST', '/compact', {})
  const now = await ask<SessionView>(server, 'GET', '')
  expect(now.compactedTo ?? 0).toBeGreaterThan(before)
  proxy.refuse(false)
  await until(() => session.getSnapshot().view.seq === now.seq, session.subscribe)
  expect(session.getSnapshot().view).toEqual(now)
  stop()
  await away.close()
  await proxy.close()
  expect(server.errors).toEqual([])
})

async function withMore(server: RealServer): Promise<void> {
  for (let index = 0; index < 5; index += 1)
    await ask(server, 'POST', '/commands', { body: { type: 'post', parts: [{ kind: 'text', text: `more ${index}` }] } })
}
