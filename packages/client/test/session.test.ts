import { afterEach, expect, test } from 'vitest'
import { HeadraceError, textOf, type SessionEvent } from '@headrace/core'
import { connect, type Client, type ConnectOptions, type Session } from '@headrace/client'
import { event, post, posts, viewOf } from './support/events.ts'
import { FakeClock } from './support/fake-clock.ts'
import { ScriptedServer, type ScriptedPeer } from './support/scripted-server.ts'
import { quiet, sync } from './support/sync.ts'
import { until } from './support/until.ts'

const clients: Client[] = []
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())))

interface Setup {
  readonly clock: FakeClock
  readonly errors: HeadraceError[]
  readonly client: Client
  readonly session: Session
  readonly peer: ScriptedPeer
  /** A new connection after the last one was lost. */
  readonly again: () => Promise<ScriptedPeer>
}

async function setup(server: ScriptedServer, options: Partial<ConnectOptions> = {}): Promise<Setup> {
  const clock = new FakeClock()
  const errors: HeadraceError[] = []
  const client = connect({
    url: server.url,
    token: 'secret',
    clock,
    onError: (error) => errors.push(error),
    device: 'd1',
    online: true,
    ...options,
  })
  clients.push(client)
  const peer = await server.welcomed()
  await until(() => client.status.state === 'online', client.onStatus)
  const again = async (): Promise<ScriptedPeer> => {
    await until(() => client.status.state === 'offline', client.onStatus)
    clock.runNext()
    const next = await server.welcomed()
    await until(() => client.status.state === 'online', client.onStatus)
    return next
  }
  return { clock, errors, client, session: client.session('s'), peer, again }
}

const log = posts(20)
const seqs = (events: readonly SessionEvent[]): readonly number[] => events.map(({ seq }) => seq)

test('S2: begins with a snapshot and goes on with every event after it', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer } = await setup(server)
  const journal: SessionEvent[] = []
  const first = session.getSnapshot()
  expect(first).toMatchObject({ status: 'loading', messages: [], pending: [], hasOlder: false, view: { seq: 0 } })
  session.onEvent((next) => journal.push(next))
  session.subscribe(() => undefined)
  expect(await peer.next('subscribe')).toEqual({ type: 'subscribe', session: 's' })
  peer.snapshot(viewOf('s', log.slice(0, 10)))
  peer.events('s', ...log.slice(10, 15))
  peer.events('s', ...log.slice(15))
  await until(() => session.getSnapshot().view.seq === 20, session.subscribe)
  expect(session.getSnapshot()).toMatchObject({ status: 'live', view: viewOf('s', log) })
  expect(session.getSnapshot().messages.map(textOf).at(-1)).toBe('post 20')
  expect(journal).toEqual(log.slice(10))
})

test('S3: resumes after the last event it has', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, again } = await setup(server)
  const journal: SessionEvent[] = []
  session.onEvent((next) => journal.push(next))
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 3)))
  peer.events('s', ...log.slice(3, 7))
  await until(() => session.getSnapshot().view.seq === 7, session.subscribe)
  peer.break()
  const second = await again()
  expect(await second.next('subscribe')).toEqual({ type: 'subscribe', session: 's', after: 7 })
  second.events('s', ...log.slice(7))
  await until(() => session.getSnapshot().view.seq === 20, session.subscribe)
  expect(seqs(journal)).toEqual(seqs(log.slice(3)))
})

test('S3: what was applied is not applied again, what is missing is asked for again', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, errors, client } = await setup(server)
  const journal: SessionEvent[] = []
  session.onEvent((next) => journal.push(next))
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 5)))
  peer.events('s', ...log.slice(2, 8)) // overlaps
  peer.events('s', ...log.slice(5, 8)) // again
  peer.events('s', ...log.slice(9, 11)) // 9 is missing
  expect(await peer.next('subscribe')).toEqual({ type: 'subscribe', session: 's', after: 8 })
  peer.events('s', ...log.slice(12, 14)) // still of the old subscription
  peer.events('s', ...log.slice(8))
  await until(() => session.getSnapshot().view.seq === 20, session.subscribe)
  expect(seqs(journal)).toEqual(seqs(log.slice(5)))
  expect(errors).toMatchObject([{ code: 'internal', message: expect.stringContaining('event 10 came after 8') }])
  await quiet(client, peer)
})

test('S2: what was sent to an earlier subscription is no gap in the next one', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, clock, errors, client } = await setup(server)
  const stop = session.subscribe(() => undefined)
  await peer.next('subscribe')
  stop()
  clock.advance(1_000)
  await peer.next('unsubscribe')
  session.subscribe(() => undefined)
  expect(await peer.next('subscribe')).toEqual({ type: 'subscribe', session: 's' })
  peer.events('s', ...log.slice(4, 6))
  peer.snapshot(viewOf('s', log.slice(0, 10)))
  peer.events('s', ...log.slice(10))
  await until(() => session.getSnapshot().view.seq === 20, session.subscribe)
  expect(errors).toEqual([])
  await quiet(client, peer)
})

test('S3: a gap that the server does not close drops the connection', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, again, clock } = await setup(server)
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 5)))
  peer.events('s', ...log.slice(7, 9))
  await peer.next('subscribe')
  clock.advance(10_000)
  await peer.closed
  expect(await (await again()).next('subscribe')).toEqual({ type: 'subscribe', session: 's', after: 5 })
})

test('S3: a snapshot in place of events replaces the view, and says so', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, again } = await setup(server)
  const journal: SessionEvent[] = []
  const jumps: number[] = []
  session.onEvent((next) => journal.push(next))
  session.onSnapshot((view) => jumps.push(view.seq))
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 5)))
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
  peer.break()
  const second = await again()
  await second.next('subscribe')
  second.snapshot(viewOf('s', log.slice(0, 15)))
  second.events('s', ...log.slice(15, 16))
  await until(() => session.getSnapshot().view.seq === 16, session.subscribe)
  expect(session.getSnapshot().view).toEqual(viewOf('s', log.slice(0, 16)))
  expect(jumps).toEqual([5, 15])
  expect(seqs(journal)).toEqual([16])
})

test('S3: a server whose log is shorter than what was seen is believed', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, again } = await setup(server)
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log))
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
  peer.break()
  const second = await again()
  await second.next('subscribe')
  second.snapshot(viewOf('s', log.slice(0, 4)))
  await until(() => session.getSnapshot().view.seq === 4, session.subscribe)
  // Late and said twice, it is not.
  second.events('s', ...log.slice(4, 9))
  second.snapshot(viewOf('s', log.slice(0, 4)))
  second.events('s', ...log.slice(9, 10))
  await until(() => session.getSnapshot().view.seq === 10, session.subscribe)
})

test('C4 S3c: without a connection the view stays, and is called stale until what was missed has come', async () => {
  await using server = await ScriptedServer.start()
  const { client, session, peer, clock } = await setup(server)
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log))
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
  client.setOnline(false)
  expect(session.getSnapshot()).toMatchObject({ status: 'stale', view: { seq: 20 } })
  client.setOnline(true)
  const second = await server.welcomed()
  await until(() => client.status.state === 'online', client.onStatus)
  expect(await second.next('subscribe')).toMatchObject({ after: 20 })
  second.subscribed('s', 22)
  second.events('s', post(21, 'missed'))
  await until(() => session.getSnapshot().view.seq === 21, session.subscribe)
  expect(session.getSnapshot().status).toBe('stale')
  second.events('s', post(22, 'missed too'))
  await until(() => session.getSnapshot().view.seq === 22, session.subscribe)
  expect(session.getSnapshot().status).toBe('live')
  await client.close()
  expect(session.getSnapshot()).toMatchObject({ status: 'stale', view: { seq: 22 } })
  expect(clock.waiting).toBe(0)
})

test('after: begins with events, exact from the beginning', async () => {
  await using server = await ScriptedServer.start()
  const { client, peer } = await setup(server)
  const session = client.session('t', { after: 0 })
  const journal: SessionEvent[] = []
  session.onEvent((next) => journal.push(next))
  expect(await peer.next('subscribe')).toEqual({ type: 'subscribe', session: 't', after: 0 })
  expect(session.getSnapshot().status).toBe('stale')
  peer.subscribed('t', 20)
  peer.events('t', ...log)
  await until(() => session.getSnapshot().view.seq === 20, session.subscribe)
  expect(session.getSnapshot()).toMatchObject({ view: viewOf('t', log), status: 'live' })
  expect(journal).toEqual(log)
})

test('one notification for all events of a frame, and one object until something changes', async () => {
  await using server = await ScriptedServer.start()
  const { client, session, peer } = await setup(server)
  let calls = 0
  session.subscribe(() => (calls += 1))
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 1)))
  await sync(client, peer)
  expect(calls).toBe(1)
  peer.events('s', ...log.slice(1))
  await sync(client, peer)
  expect(calls).toBe(2)
  const now = session.getSnapshot()
  expect(session.getSnapshot()).toBe(now)
  peer.events('s', ...log.slice(5)) // nothing new
  await sync(client, peer)
  expect(calls).toBe(2)
  expect(session.getSnapshot()).toBe(now)
})

test('S2a: what comes shows below the older messages that were loaded', async () => {
  await using server = await ScriptedServer.start()
  const { messages, ...view } = viewOf('s', log.slice(0, 5))
  const fetch = async (): Promise<Response> => Response.json({ messages: messages.slice(0, 1), more: false })
  const { session, peer } = await setup(server, { fetch })
  const shown = (): readonly string[] => session.getSnapshot().messages.map(textOf)
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot({ ...view, messages: messages.slice(1), older: 1 })
  await session.until(({ hasOlder }) => hasOlder)
  await session.loadOlder()
  expect(shown()).toEqual(['post 2', 'post 3', 'post 4', 'post 5'])
  peer.events('s', post(6, 'post 6'))
  await session.until(({ view: { seq } }) => seq === 6)
  expect(shown()).toEqual(['post 2', 'post 3', 'post 4', 'post 5', 'post 6'])
})

test('is followed while there is a listener, and a moment longer', async () => {
  await using server = await ScriptedServer.start()
  const { client, session, peer, clock } = await setup(server)
  const stopFirst = session.subscribe(() => undefined)
  const stopSecond = session.onEvent(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log))
  await sync(client, peer)
  stopFirst()
  stopFirst()
  clock.advance(5_000)
  stopSecond()
  const stopThird = session.subscribe(() => undefined) // React in StrictMode
  clock.advance(5_000)
  stopThird()
  clock.advance(999)
  await quiet(client, peer)
  clock.advance(1)
  expect(await peer.next('unsubscribe')).toEqual({ type: 'unsubscribe', session: 's' })
  expect(session.getSnapshot()).toMatchObject({ status: 'stale', view: { seq: 20 } })
  peer.events('s', post(21, 'nobody listens'))
  await sync(client, peer)
  session.subscribe(() => undefined)
  // What still came is known, so that what follows it is no gap.
  expect(await peer.next('subscribe')).toEqual({ type: 'subscribe', session: 's', after: 21 })
})

test('sessions that are no longer followed are forgotten, the oldest first', async () => {
  await using server = await ScriptedServer.start()
  const { client, peer, clock } = await setup(server)
  const sessions = Array.from({ length: 20 }, (_, index) => client.session(`s${index}`))
  for (const session of sessions) {
    const stop = session.subscribe(() => undefined)
    await peer.next('subscribe')
    peer.snapshot(viewOf(session.id, log))
    await sync(client, peer)
    stop()
    clock.advance(1_000)
    await peer.next('unsubscribe')
  }
  expect(sessions.map((session) => session.getSnapshot().status)).toEqual([
    ...Array.from({ length: 4 }, () => 'loading'),
    ...Array.from({ length: 16 }, () => 'stale'),
  ])
  sessions[0]?.subscribe(() => undefined)
  expect(await peer.next('subscribe')).toEqual({ type: 'subscribe', session: 's0' })
})

test('the same object for the same id; a wrong id is refused', async () => {
  await using server = await ScriptedServer.start()
  const { client, session } = await setup(server)
  expect(client.session('s')).toBe(session)
  expect(() => client.session('not a session id!')).toThrow(HeadraceError)
})

test('present: the device shows while the session is followed', async () => {
  await using server = await ScriptedServer.start()
  const { client, session, peer } = await setup(server, { label: 'Test on Linux' })
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log))
  await sync(client, peer)
  client.session('s', { present: true })
  expect(await peer.next('subscribe')).toEqual({
    type: 'subscribe',
    session: 's',
    after: 20,
    device: 'd1',
    label: 'Test on Linux',
  })
  client.session('s', { present: true })
  client.session('s', { present: false })
  await quiet(client, peer)
})

test('a session that the server refuses is failed, and creating it begins it', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer } = await setup(server)
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  const error = new HeadraceError('session_not_found', 'There is no session s. Create it first.')
  peer.send({ type: 'unsubscribed', session: 's', error: error.toWire() })
  await until(() => session.getSnapshot().status === 'failed', session.subscribe)
  expect(session.getSnapshot().error).toMatchObject({ code: 'session_not_found', message: error.message })
  const created = session.create({ metadata: { title: 'T' } })
  const command = await peer.next('command')
  expect(command.body).toEqual({ type: 'create', metadata: { title: 'T' } })
  peer.accept(command, 1)
  expect(await created).toMatchObject({ outcome: 'accepted', seq: 1 })
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 1)))
  await until(() => session.getSnapshot().status === 'live', session.subscribe)
  expect(session.getSnapshot()).not.toHaveProperty('error')
})

test('a session that the server refuses for now is asked for again', async () => {
  await using server = await ScriptedServer.start()
  const { client, session, peer, clock } = await setup(server, { random: () => 0.5, backoff: { minMs: 100 } })
  session.subscribe(() => undefined)
  for (const wait of [50, 100]) {
    await peer.next('subscribe')
    peer.send({ type: 'unsubscribed', session: 's', error: new HeadraceError('store_unavailable', 'later').toWire() })
    await sync(client, peer)
    expect(session.getSnapshot().status).toBe('loading')
    clock.advance(wait - 1)
    await quiet(client, peer)
    clock.advance(1)
  }
  await peer.next('subscribe')
})

test('a refused session is asked for again on the next connection', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, again } = await setup(server)
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.send({ type: 'unsubscribed', session: 's', error: new HeadraceError('forbidden', 'no').toWire() })
  await until(() => session.getSnapshot().status === 'failed', session.subscribe)
  peer.break()
  await (await again()).next('subscribe')
  expect(session.getSnapshot().status).toBe('loading')
})

test('an event listener that throws is reported and costs nobody an event', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, errors } = await setup(server)
  const journal: SessionEvent[] = []
  session.onEvent(() => {
    throw new Error('oops')
  })
  session.onEvent((next) => journal.push(next))
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 18)))
  peer.events('s', ...log.slice(18))
  await until(() => session.getSnapshot().view.seq === 20, session.subscribe)
  expect(seqs(journal)).toEqual([19, 20])
  expect(errors.map(({ message }) => message)).toEqual(['oops', 'oops'])
})

test('what an event listener sees includes the event', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer } = await setup(server)
  const seen: boolean[] = []
  session.onEvent(({ seq }) => seen.push(session.getSnapshot().view.seq >= seq))
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 18)))
  peer.events('s', ...log.slice(18))
  await until(() => seen.length === 2, session.subscribe)
  expect(seen).toEqual([true, true])
})

test('deltas are applied in order', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer } = await setup(server)
  const at = { message: 'r2.answer', part: '1.1' }
  const more = { actor: 'agent:writer', run: 'r2' } as const
  const stream = [
    event(1, 'session.created', {}),
    event(2, 'run.queued', { id: 'r2', agent: 'writer', input: 'm1', policy: 'queue', maxAttempts: 3 }, { run: 'r2' }),
    event(3, 'message.opened', { id: at.message, parent: null, role: 'assistant' }, more),
    event(4, 'part.opened', { ...at, attempt: 1, start: { kind: 'text' } }, more),
    ...Array.from({ length: 100 }, (_, index) => event(5 + index, 'part.delta', { ...at, text: `${index} ` }, more)),
  ]
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', stream.slice(0, 30)))
  for (let from = 30; from < stream.length; from += 7) peer.events('s', ...stream.slice(from, from + 7))
  await until(() => session.getSnapshot().view.seq === 104, session.subscribe)
  expect(session.getSnapshot().messages.map(textOf)).toEqual([
    Array.from({ length: 100 }, (_, index) => `${index} `).join(''),
  ])
})

test('a client that can never connect fails its sessions, also those that are followed later', async () => {
  await using server = await ScriptedServer.start()
  const { client, session, peer } = await setup(server)
  session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log))
  peer.end('unauthenticated')
  await until(() => client.status.state === 'closed', client.onStatus)
  expect(session.getSnapshot()).toMatchObject({
    status: 'failed',
    error: { code: 'unauthenticated' },
    view: { seq: 20 },
  })
  const later = client.session('later')
  later.subscribe(() => undefined)
  expect(later.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'unauthenticated' } })
})

test('until waits for what is to be so, now or later, and not for ever', async () => {
  await using server = await ScriptedServer.start()
  const { session, peer, client, clock } = await setup(server)
  expect((await session.until(({ status }) => status === 'loading')).view.seq).toBe(0)
  const third = session.until(({ view }) => view.seq === 3)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log.slice(0, 2)))
  peer.events('s', ...log.slice(2, 3))
  expect((await third).messages.map(textOf)).toEqual(['post 2', 'post 3'])
  const abort = new AbortController()
  const given = session.until(() => false, { signal: abort.signal })
  abort.abort(new Error('enough'))
  await expect(given).rejects.toThrow('enough')
  const wrong = session.until(() => {
    throw new Error('a mistake of the caller')
  })
  await expect(wrong).rejects.toThrow('a mistake of the caller')
  const never = session.until(() => false)
  await client.close()
  await expect(never).rejects.toMatchObject({ code: 'closed' })
  expect(clock.waiting).toBe(0)
})
