import { describe, expect, test } from 'vitest'
import {
  emptyView,
  foldView,
  type Audience,
  type CommandBody,
  type Down,
  type SessionView,
  type WriteOp,
} from '@headrace/core'
import type { TokenClaims } from '../src/auth/auth.ts'
import { serve, type Served, type TestSocket } from './support/serve.ts'

/** Stands in everything that is not for everybody. */
const canary = 'CANARY-7f3a'
const session = 'demo/1'
const people = {
  ada: { sub: 'ada' },
  bob: { sub: 'bob' },
  sue: { sub: 'sue', kind: 'operator' },
  agent: { sub: 'assistant', kind: 'agent', agents: ['*'] },
} as const satisfies Record<string, Partial<TokenClaims>>
type Person = keyof typeof people

async function tokenOf(server: Served, who: Person): Promise<string> {
  const op = ['read', 'post', 'send', 'control', 'answer', 'write-as-agent'] as const
  return server.auth.mint({ cap: [{ s: '**', op }], ...people[who] }, 600)
}

const say = (words: string, to?: Audience): CommandBody => ({
  type: 'post',
  parts: [{ kind: 'text', text: words }],
  ...(to !== undefined && { to }),
})

/** A session with something for everybody, for Ada and Bob, for operators and for agents, also parts of one answer. */
async function fill(server: Served): Promise<number> {
  const ada = await server.join(await tokenOf(server, 'ada'))
  const sue = await server.join(await tokenOf(server, 'sue'))
  const agent = await server.join(await tokenOf(server, 'agent'))
  await ada.ask(session, { type: 'create' })
  await ada.ask(session, say('for all'))
  await ada.ask(session, say(`${canary} for bob`, ['user:bob']))
  await sue.ask(session, say(`${canary} for operators`, 'operators'))
  const sent = await ada.ask(session, { type: 'send', parts: [{ kind: 'text', text: 'work' }] })
  const run = `r${'seq' in sent ? sent.seq : 0}`
  await agent.ask(session, { type: 'claim', run, worker: 'w1' })
  const ops: readonly WriteOp[] = [
    { op: 'open', message: 'a', part: 'think', start: { kind: 'reasoning', text: canary }, to: 'operators' },
    { op: 'delta', message: 'a', part: 'think', text: `${canary} more` },
    { op: 'close', message: 'a', part: 'think' },
    { op: 'open', message: 'a', part: 'say', start: { kind: 'text', text: 'seen' } },
    { op: 'open', message: 'a', part: 'note', start: { kind: 'data', name: 'n', value: canary }, to: 'agents' },
    {
      op: 'request',
      key: 'ok',
      spec: { kind: 'approval', title: canary, action: { do: canary }, to: 'operators', answerers: 'operators' },
    },
  ]
  const last = await agent.ask(session, { type: 'write', run, attempt: 1, n: 1, ops })
  return 'seq' in last ? last.seq : 0
}

/** What each of them may see of the texts above. */
const seen: Readonly<Record<Person, number>> = { ada: 1, bob: 1, sue: 7, agent: 1 }

function count(value: unknown): number {
  return JSON.stringify(value).split(canary).length - 1
}

async function eventsTo(socket: TestSocket, seq: number): Promise<Extract<Down, { type: 'events' }>['events']> {
  const events = []
  while ((events.at(-1)?.seq ?? 0) < seq) events.push(...(await socket.next('events')).events)
  return events
}

describe('L7: what is not for a reader is absent', () => {
  test.each(Object.keys(people) as Person[])('from events, views and pages on every door, for %s', async (who) => {
    await using server = await serve()
    const head = await fill(server)
    const token = await tokenOf(server, who)
    const get = async (path: string): Promise<unknown> => {
      const answer = await fetch(`${server.url}/v1/sessions/demo%2F1${path}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      return answer.json()
    }
    const view = (await get('')) as SessionView
    const page = (await get('/events?after=0')) as { events: Extract<Down, { type: 'events' }>['events'] }

    const socket = await server.join(token)
    socket.send({ type: 'subscribe', session, after: 0 })
    const streamed = await eventsTo(socket, head)
    socket.send({ type: 'unsubscribe', session })
    socket.send({ type: 'subscribe', session })
    const snapshot = await socket.next('snapshot')

    const sse = await readSse(`${server.url}/v1/sessions/demo%2F1/events?after=0&live=sse`, token, head)

    expect(page.events).toEqual(streamed)
    expect(sse).toEqual(streamed)
    expect(snapshot.view).toEqual(view)
    expect(
      streamed.map((event) => event.seq),
      'every seq is accounted for',
    ).toEqual(streamed.map((_, index) => index + 1))
    expect(streamed.reduce(foldView, emptyView(session)), 'the fold of what one sees is what one sees').toEqual(view)
    if (who === 'ada' || who === 'bob' || who === 'agent') {
      expect(view.requests).toEqual([])
      expect(view.messages.flatMap((message) => message.parts).some((part) => part.kind === 'reasoning')).toBe(false)
    } else {
      expect(view.requests).toHaveLength(1)
    }
    expect(count(view) > 0).toBe(seen[who] > 0)
    const hidden = streamed.filter((event) => event.type === 'hidden')
    expect(hidden.length > 0).toBe(true)
    for (const event of hidden) expect(Object.keys(event)).toEqual(['seq', 'at', 'type'])
    if (who === 'bob') expect(count(view)).toBe(1)
  })

  test('a live reader gets what is for them and nothing else, in order', async () => {
    await using server = await serve()
    const head = await fill(server)
    const bob = await server.join(await tokenOf(server, 'bob'))
    const sue = await server.join(await tokenOf(server, 'sue'))
    for (const socket of [bob, sue]) socket.send({ type: 'subscribe', session, after: head })
    const ada = await server.join(await tokenOf(server, 'ada'))
    const writer = await server.join(await tokenOf(server, 'sue'))
    await ada.ask(session, say(`${canary} for bob`, ['user:bob']))
    await writer.ask(session, say(`${canary} for operators`, 'operators'))
    await ada.ask(session, say('for all'))
    const types = async (socket: TestSocket): Promise<readonly string[]> =>
      (await eventsTo(socket, head + 3)).map((event) => event.type)
    expect(await types(bob)).toEqual(['message.added', 'hidden', 'message.added'])
    expect(await types(sue)).toEqual(['hidden', 'message.added', 'message.added'])
  })

  test('it is not in metrics, and what a command may not see it can’t name', async () => {
    await using server = await serve()
    await fill(server)
    const ada = await server.join(await tokenOf(server, 'ada'))
    const whole = (await ada.ask(session, { type: 'answer', request: 'r6.ok', answer: { decision: 'approve' } })) as {
      error?: { code: string }
    }
    expect(whole.error?.code).toBe('request_not_found')
    const bob = await server.join(await tokenOf(server, 'bob'))
    const reply = await bob.ask(session, { type: 'post', parts: [{ kind: 'text', text: 'x' }], parent: 'm4' })
    expect(reply).toMatchObject({ outcome: 'refused', error: { code: 'message_not_found' } })
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).not.toContain(canary)
  })
})

async function readSse(url: string, token: string, head: number): Promise<readonly unknown[]> {
  const abort = new AbortController()
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal })
  const events: { seq: number }[] = []
  let text = ''
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const messages = text.split('\n\n')
    text = messages.pop() ?? ''
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1]
      if (data !== undefined) events.push(JSON.parse(data) as { seq: number })
    }
    if ((events.at(-1)?.seq ?? 0) >= head) break
  }
  abort.abort()
  return events
}
