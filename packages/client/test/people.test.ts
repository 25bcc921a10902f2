import { expect, test } from 'vitest'
import { textOf, type ResetReason } from '@headrace/core'
import { connect } from '@headrace/client'
import { post, posts, viewOf } from './support/events.ts'
import { FakeClock } from './support/fake-clock.ts'
import { Peers, ended, reaches } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { sync } from './support/sync.ts'
import { settle, until } from './support/until.ts'

test('P2: how far somebody has read goes out once a second at most, only forward, and comes to an end', async () => {
  await using server = await ScriptedServer.start()
  const clock = new FakeClock()
  const client = connect({ url: server.url, token: 't', clock, online: true })
  const session = client.session('s')
  session.subscribe(() => undefined)
  const peer = await server.welcomed()
  await peer.next('subscribe')
  session.markRead() // nothing is known yet
  peer.snapshot(viewOf('s', posts(5)))
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
  session.markRead(2)
  const first = await peer.next('command')
  expect(first.body).toEqual({ type: 'read', seq: 2 })
  for (const seq of [3, 5, 4]) session.markRead(seq)
  peer.accept(first, 6)
  await sync(client, peer)
  clock.advance(999)
  expect(peer.frames.size).toBe(0)
  clock.advance(1)
  const second = await peer.next('command')
  expect(second.body).toEqual({ type: 'read', seq: 5 })
  expect(session.getSnapshot().pending).toEqual([])
  session.markRead(1)
  peer.accept(second, 7)
  await sync(client, peer)
  clock.advance(5_000)
  await sync(client, peer)
  expect(peer.frames.size).toBe(0)
  await client.close()
  expect(clock.waiting).toBe(0)
})

test('P2: marking all as read on one device shows on the other, and marks nothing again', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [desk, phone, bob] = [await peers.session('ada'), await peers.session('ada'), await peers.session('bob')]
  await bob.post('Hello Ada')
  await reaches(desk, ({ messages }) => messages.length === 1)
  desk.markRead()
  await reaches(phone, ({ cursors }) => cursors.some(({ actor }) => actor === 'user:ada'))
  const { seq } = phone.getSnapshot().view
  phone.markRead()
  desk.markRead()
  await bob.post('And again')
  await reaches(phone, (view) => view.messages.length === 2)
  const log = await server.log('s')
  expect(log.filter(({ type }) => type === 'cursor.moved')).toHaveLength(1)
  expect(log.at(-1)?.seq).toBe(seq + 1)
})

test('P3: what somebody shows for a moment reaches the others and is in no log', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [ada, bob] = [await peers.session('ada', { device: 'desk' }), await peers.session('bob')]
  const shown = Promise.withResolvers<unknown>()
  bob.onEphemeral(shown.resolve)
  ada.ephemeral('typing', { at: 3 })
  expect(await shown.promise).toEqual({ actor: 'user:ada', device: 'desk', name: 'typing', value: { at: 3 } })
  expect((await server.log('s')).map(({ type }) => type)).toEqual(['session.created'])
})

test('S7: two people change the shared document, and the one who was late is told', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [ada, bob] = [await peers.session('ada'), await peers.session('bob')]
  await ada.patch([{ op: 'add', path: '/todo', value: ['a'] }], { version: 0 })
  await expect(bob.patch([{ op: 'add', path: '/todo', value: [] }], { version: 0 })).rejects.toMatchObject({
    code: 'version_conflict',
    detail: { version: 1 },
  })
  await bob.patch([{ op: 'add', path: '/todo/-', value: 'b' }])
  await reaches(ada, ({ document }) => document.version === 2)
  expect(ada.getSnapshot().view.document.value).toEqual({ todo: ['a', 'b'] })
})

test('S5: what is redacted is gone from what a reader has paged in, too', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const ada = await peers.session('ada')
  for (let index = 0; index < 60; index += 1) await ada.post(index === 0 ? 'my secret' : `post ${index}`)
  const bob = await peers.session('bob')
  await bob.loadOlder()
  const [first] = bob.getSnapshot().messages
  expect(textOf(first!)).toBe('my secret')
  await ada.redact(first!.id, { reason: 'Asked to.' })
  await until(() => bob.getSnapshot().messages[0]?.redacted === true, bob.subscribe)
  expect(textOf(bob.getSnapshot().messages[0]!)).not.toContain('secret')
  expect(bob.getSnapshot().messages).toHaveLength(60)
})

test('S3: a snapshot that comes in place of events says why', async () => {
  await using server = await ScriptedServer.start()
  const client = connect({ url: server.url, token: 't', clock: new FakeClock(), online: true })
  const session = client.session('s')
  const told: (readonly [number, ResetReason | undefined])[] = []
  session.onSnapshot((view, reset) => told.push([view.seq, reset]))
  const peer = await server.welcomed()
  await peer.next('subscribe')
  const log = posts(9)
  peer.snapshot(viewOf('s', log.slice(0, 3)))
  const view = viewOf('s', log)
  peer.send({ type: 'snapshot', session: 's', seq: view.seq, view, reset: 'compacted' })
  await sync(client, peer)
  expect(told).toEqual([
    [3, undefined],
    [9, 'compacted'],
  ])
  await client.close()
})

test('L7: events that are not for a reader move it on, and settle what it waits for', async () => {
  await using server = await ScriptedServer.start()
  const client = connect({ url: server.url, token: 't', clock: new FakeClock(), online: true })
  const session = client.session('s')
  const seen: number[] = []
  session.onEvent(({ seq }) => seen.push(seq))
  const peer = await server.welcomed()
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', posts(3)))
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
  const answer = session.post({ text: 'for others', to: 'operators' })
  peer.accept(await peer.next('command'), 5)
  await answer
  expect(session.getSnapshot().pending).toHaveLength(1)
  const hidden = (seq: number) => ({ type: 'hidden', seq, at: 2_000 }) as const
  peer.send({ type: 'events', session: 's', events: [hidden(4), hidden(5)] })
  await until(() => session.getSnapshot().view.seq === 5, session.subscribe)
  expect(session.getSnapshot().pending).toEqual([])
  peer.send({ type: 'events', session: 's', events: [hidden(6), post(7, 'seven')] })
  await until(() => session.getSnapshot().view.seq === 7, session.subscribe)
  expect(seen).toEqual([7])
  await client.close()
})

test('A1g: a page without a token connects by tickets, a new one for each connection', async () => {
  await using server = await RealServer.start()
  const authorization = `Bearer ${await server.token('ada')}`
  let count = 0
  const ticket = async (): Promise<string> => {
    count += 1
    const response = await fetch(`${server.url}/v1/tickets`, { method: 'POST', headers: { authorization } })
    return ((await response.json()) as { ticket: string }).ticket
  }
  const client = connect({ url: server.url, ticket, backoff: { minMs: 1, maxMs: 20 }, online: true })
  await until(() => client.status.state === 'online', client.onStatus)
  expect(client.actor).toBe('user:ada')
  client.drop()
  await client.session('s').create()
  expect(count).toBe(2)
  await expect(client.me()).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringContaining('ticket'),
  })
  await client.close()
  expect(() => connect({ url: server.url } as never)).toThrow(expect.objectContaining({ code: 'bad_request' }))
})

test('A1d A4 P6: sessions are shared by link, tokens taken back, sessions deleted', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session('ada')
  const client = await peers.client('ada')
  const link = await client.share('s', { ttlSeconds: 60, name: 'Auditor' })
  const reader = await peers.client('guest', { token: link.token })
  await until(() => reader.session('s').getSnapshot().status === 'live', reader.session('s').subscribe)
  await expect(reader.session('s').post('hi')).rejects.toMatchObject({ code: 'forbidden' })
  await client.unshare('s', link.id)
  await until(() => reader.status.state === 'closed', reader.onStatus)
  const bob = await peers.client('bob')
  await until(() => bob.status.state === 'online', bob.onStatus)
  await client.revoke({ actor: 'user:bob', reason: 'lost phone' })
  await until(() => bob.status.state === 'closed', bob.onStatus)
  expect(bob.status).toMatchObject({ error: { code: 'token_revoked' } })
  await session.update({ archived: true, metadata: { title: 'Old' } })
  expect((await client.sessions()).rows).toEqual([])
  expect((await client.sessions({ archived: true, metadata: { title: 'Old' } })).rows).toMatchObject([{ id: 's' }])
  expect((await client.sessions({ archived: 'any', status: 'active' })).rows).toEqual([])
  await client.deleteSession('s')
  expect((await client.sessions({ archived: 'any' })).rows).toEqual([])
})

test('S6: a branch that somebody looks at is shared', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [ada, bob] = [await peers.session('ada'), await peers.session('bob')]
  await peers.worker((agent) => agent.text('An answer.'))
  await ada.send('A question')
  await ended(ada)
  const answer = ada.getSnapshot().view.messages.at(-1)?.id ?? ''
  await ada.select(answer)
  await reaches(bob, ({ selected }) => selected?.leaf === answer)
  expect(bob.getSnapshot().view.selected).toEqual({ leaf: answer, by: 'user:ada' })
  await settle()
})

test('P5a P6c: what waits for somebody is found in all sessions, and messages by their words', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const [ada, bob] = [await peers.session('ada'), await peers.session('bob')]
  await ada.update({ metadata: { title: 'Trains', number: '7' } })
  await bob.post({ text: 'Have you seen the timetable, Ada?', mentions: ['user:ada'] })
  const client = await peers.client('ada')
  expect((await client.inbox({ limit: 5 })).entries).toMatchObject([{ session: 's', kind: 'mention', title: 'Trains' }])
  expect((await client.search('seen timet')).hits).toMatchObject([
    { session: 's', author: 'user:bob', snippet: expect.stringContaining('timetable') },
  ])
  expect((await client.search('airport')).hits).toEqual([])
  expect((await client.sessions({ metadata: { number: '7' } })).rows).toHaveLength(1)
  expect((await client.sessions({ metadata: { number: 7 } })).rows).toEqual([])
})

test('S5: a session is copied and exported', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const session = await peers.session()
  for (const text of ['one', 'two', 'three']) await session.post(text)
  const client = await peers.client('ada')
  const fork = await client.fork('s', { at: 3, id: 'copy' })
  expect(fork).toEqual({ id: 'copy', outcome: 'accepted', from: 's', at: 3, seq: 4 })
  const copy = await client.session('copy').until(({ messages }) => messages.length > 0)
  expect(copy.messages.map(textOf)).toEqual(['one', 'two'])
  const lines: unknown[] = []
  for await (const line of client.export('s')) lines.push(JSON.parse(line))
  expect(lines[0]).toMatchObject({ export: 'headrace', session: 's' })
  expect(JSON.stringify(lines)).toContain('three')
  for await (const line of client.export('s')) {
    expect(line).toContain('headrace')
    break // leaving early ends the request
  }
  await expect(client.fork('s', { at: 99 })).rejects.toMatchObject({ code: 'bad_request' })
})
