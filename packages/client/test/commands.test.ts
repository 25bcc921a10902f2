import { afterEach, expect, test } from 'vitest'
import { HeadraceError, textOf } from '@headrace/core'
import { connect, type Client, type ConnectOptions, type Session } from '@headrace/client'
import { post, posts, viewOf } from './support/events.ts'
import { FakeClock } from './support/fake-clock.ts'
import { ScriptedServer, type ScriptedPeer } from './support/scripted-server.ts'
import { quiet, sync } from './support/sync.ts'
import { settle, until } from './support/until.ts'

const clients: Client[] = []
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())))

interface Setup {
  readonly clock: FakeClock
  readonly client: Client
  readonly session: Session
}

function setup(server: ScriptedServer, options: Partial<ConnectOptions> = {}): Setup {
  const clock = new FakeClock()
  const client = connect({
    url: server.url,
    token: 'secret',
    clock,
    onError: () => undefined,
    online: true,
    ...options,
  })
  clients.push(client)
  return { clock, client, session: client.session('s') }
}

/** A new connection after the last one was lost. */
async function again(server: ScriptedServer, { client, clock }: Setup): Promise<ScriptedPeer> {
  await until(() => client.status.state === 'offline', client.onStatus)
  clock.runNext()
  const peer = await server.welcomed()
  await until(() => client.status.state === 'online', client.onStatus)
  return peer
}

test('every call is one command', async () => {
  await using server = await ScriptedServer.start()
  const { session } = setup(server, { device: 'phone' })
  const peer = await server.welcomed()
  const text = [{ kind: 'text', text: 'hi' }]
  const calls: readonly (readonly [() => Promise<unknown>, unknown])[] = [
    [() => session.create(), { type: 'create' }],
    [
      () => session.create({ agent: 'writer', policy: 'parallel' }),
      { type: 'create', agent: 'writer', policy: 'parallel' },
    ],
    [() => session.send('hi'), { type: 'send', parts: text }],
    [
      () => session.send({ text: 'hi', agent: 'critic', policy: 'interrupt', parent: 'm1' }),
      { type: 'send', parts: text, agent: 'critic', policy: 'interrupt', parent: 'm1' },
    ],
    [
      () => session.send({ parts: [{ kind: 'file', url: 'https://x/y', mediaType: 'image/png' }], edits: 'm1' }),
      { type: 'send', parts: [{ kind: 'file', url: 'https://x/y', mediaType: 'image/png' }], edits: 'm1' },
    ],
    [() => session.post('hi'), { type: 'post', parts: text }],
    [() => session.post({ text: 'hi', parent: 'm2' }), { type: 'post', parts: text, parent: 'm2' }],
    [() => session.cancel(), { type: 'cancel', target: { all: true } }],
    [() => session.cancel({ run: 'r1' }), { type: 'cancel', target: { run: 'r1' } }],
    [() => session.regenerate('m1'), { type: 'regenerate', input: 'm1' }],
    [() => session.regenerate('m1', { agent: 'critic' }), { type: 'regenerate', input: 'm1', agent: 'critic' }],
    [() => session.update({ metadata: { title: null } }), { type: 'update', metadata: { title: null } }],
    [
      () => session.update({ archived: true, budget: null, policy: 'steer' }),
      { type: 'update', archived: true, budget: null, policy: 'steer' },
    ],
    [
      () =>
        session.send({
          text: 'hi',
          agents: ['a', 'b'],
          to: 'operators',
          mentions: ['user:bob'],
          budget: { tokens: 5 },
          policy: 'steer',
        }),
      {
        type: 'send',
        parts: text,
        agents: ['a', 'b'],
        to: 'operators',
        mentions: ['user:bob'],
        budget: { tokens: 5 },
        policy: 'steer',
      },
    ],
    [() => session.steer('r1', 'hi'), { type: 'steer', run: 'r1', parts: text }],
    [
      () => session.steer('r1', { parts: [{ kind: 'text', text: 'hi' }] }, { carry: false, to: ['user:bob'] }),
      { type: 'steer', run: 'r1', parts: text, carry: false, to: ['user:bob'] },
    ],
    [() => session.pause('r1'), { type: 'pause', run: 'r1' }],
    [() => session.resume('r1'), { type: 'resume', run: 'r1' }],
    [() => session.reorder('r1'), { type: 'reorder', run: 'r1', before: null }],
    [() => session.reorder('r1', 'r2'), { type: 'reorder', run: 'r1', before: 'r2' }],
    [() => session.retry('r1'), { type: 'retry', run: 'r1' }],
    [() => session.answer('q', { value: 1 }), { type: 'answer', request: 'q', answer: { value: 1 } }],
    [
      () => session.answer('q', { output: 1 }),
      { type: 'answer', request: 'q', answer: { output: 1 }, device: 'phone' },
    ],
    [
      () => session.answer('q', { error: 'no' }),
      { type: 'answer', request: 'q', answer: { error: 'no' }, device: 'phone' },
    ],
    [
      () => session.approve({ id: 'q', digest: 'a'.repeat(64) }, 'fine'),
      { type: 'answer', request: 'q', answer: { decision: 'approve', reason: 'fine' }, digest: 'a'.repeat(64) },
    ],
    [() => session.deny('q'), { type: 'answer', request: 'q', answer: { decision: 'deny' } }],
    [
      () => session.deny('q', 'too dear'),
      { type: 'answer', request: 'q', answer: { decision: 'deny', reason: 'too dear' } },
    ],
    [() => session.claimRequest('q'), { type: 'claim-request', request: 'q', device: 'phone' }],
    [() => session.requestFloor('me too'), { type: 'request-floor', note: 'me too' }],
    [() => session.takeFloor(), { type: 'take-floor' }],
    [() => session.takeFloor({ note: 'mine', force: true }), { type: 'take-floor', note: 'mine', force: true }],
    [() => session.handBack(), { type: 'hand-back' }],
    [
      () => session.patch([{ op: 'remove', path: '/a' }], { version: 3 }),
      { type: 'patch', patch: [{ op: 'remove', path: '/a' }], version: 3 },
    ],
    [() => session.select('m1'), { type: 'select', leaf: 'm1' }],
    [
      () => session.redact('m1', { part: '0', reason: 'a secret' }),
      { type: 'redact', message: 'm1', part: '0', reason: 'a secret' },
    ],
  ]
  const ids = new Set<string>()
  for (const [call, body] of calls) {
    const answer = call()
    const command = await peer.next('command')
    expect({ session: command.session, body: command.body }).toEqual({ session: 's', body })
    ids.add(command.id)
    peer.send({ type: 'reply', id: command.id, session: 's', outcome: 'noop', seq: 3 })
    expect(await answer).toMatchObject({ outcome: 'noop', seq: 3 })
  }
  expect(ids.size).toBe(calls.length)
})

test('rejects with the error of the server when it is refused', async () => {
  await using server = await ScriptedServer.start()
  const { session } = setup(server)
  const peer = await server.welcomed()
  const answer = session.send('hi').catch((thrown: unknown) => thrown)
  peer.refuse(
    await peer.next('command'),
    new HeadraceError('agent_busy', 'writer is busy.', { detail: { agent: 'writer' } }),
  )
  const error = await answer
  expect(error).toBeInstanceOf(HeadraceError)
  expect(error).toMatchObject({
    code: 'agent_busy',
    message: 'writer is busy.',
    detail: { agent: 'writer' },
    retry: 'later',
  })
})

test('a command of the wrong shape is refused before it is sent', async () => {
  await using server = await ScriptedServer.start()
  const { client, session } = setup(server)
  await expect(session.send({ parts: [] })).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringContaining('command.parts'),
  })
  await expect(session.create({ agent: 'two words' })).rejects.toMatchObject({ code: 'bad_request' })
  const peer = await server.welcomed()
  await quiet(client, peer)
})

test('L3: what is asked offline is sent later, in order', async () => {
  await using server = await ScriptedServer.start()
  const { session } = setup(server)
  const answers = Promise.all(['a', 'b', 'c'].map((text) => session.post(text)))
  const peer = await server.welcomed()
  const said: string[] = []
  for (let seq = 1; seq <= 3; seq += 1) {
    const command = await peer.next('command')
    said.push(JSON.stringify(command.body))
    peer.accept(command, seq)
  }
  expect(said.map((body) => /"text":"(.)"/.exec(body)?.[1])).toEqual(['a', 'b', 'c'])
  expect((await answers).map(({ seq }) => seq)).toEqual([1, 2, 3])
})

test('L3: an unanswered command is sent again with the same id, until it is answered', async () => {
  await using server = await ScriptedServer.start()
  const all = setup(server)
  const answer = all.session.send('once')
  const peer = await server.welcomed()
  const first = await peer.next('command')
  peer.break()
  const second = await again(server, all)
  expect(await second.next('command')).toEqual(first)
  second.break()
  const third = await again(server, all)
  expect(await third.next('command')).toEqual(first)
  third.accept(first, 2)
  expect(await answer).toMatchObject({ outcome: 'accepted', seq: 2 })
  third.accept(first, 2) // a second answer is none
  third.break()
  const fourth = await again(server, all)
  await quiet(all.client, fourth)
})

test('L3: a command that a server refused because it was going away is sent to the next one', async () => {
  await using server = await ScriptedServer.start()
  const all = setup(server)
  const answer = all.session.send('once')
  const peer = await server.welcomed()
  const first = await peer.next('command')
  peer.refuse(first, new HeadraceError('draining', 'The server is shutting down.'))
  peer.send({ type: 'bye', retryAfterMs: 0 })
  peer.socket.close(1012)
  const second = await again(server, all)
  expect(await second.next('command')).toEqual(first)
  second.accept(first, 2)
  expect(await answer).toMatchObject({ seq: 2 })
})

test('L3: a command whose outcome is unknown is asked again with the same id', async () => {
  await using server = await ScriptedServer.start()
  const { session, client, clock } = setup(server)
  const answer = session.send('once')
  const peer = await server.welcomed()
  const first = await peer.next('command')
  peer.refuse(first, new HeadraceError('unknown_outcome', 'It may have happened.'))
  await sync(client, peer)
  clock.advance(1_000)
  expect(await peer.next('command')).toEqual(first)
  peer.accept(first, 2)
  expect(await answer).toMatchObject({ seq: 2 })
})

test('L3: while one is asked for again, what is on its way is not sent twice: refused to the caller, it could be accepted after that', async () => {
  await using server = await ScriptedServer.start()
  const { session, client, clock } = setup(server)
  const unknown = session.send('unknown')
  const onItsWay = session.send('on its way')
  const peer = await server.welcomed()
  const [first, second] = [await peer.next('command'), await peer.next('command')]
  peer.refuse(first, new HeadraceError('unknown_outcome', 'It may have happened.'))
  await sync(client, peer)
  clock.advance(1_000)
  expect(await peer.next('command')).toEqual(first)
  const third = session.send('third')
  expect(await peer.next('command')).not.toEqual(second)
  peer.refuse(second, new HeadraceError('store_unavailable', 'The store does not answer now.'))
  await expect(onItsWay).rejects.toMatchObject({ code: 'store_unavailable' })
  peer.accept(first, 2)
  expect(await unknown).toMatchObject({ seq: 2 })
  await client.close()
  await expect(third).rejects.toMatchObject({ code: 'closed' })
})

test('L3: what was sent on a lost connection may be applied, whatever keeps the server from looking', async () => {
  await using server = await ScriptedServer.start()
  const made = setup(server)
  const { session, client, clock } = made
  const answer = session.send('once')
  const peer = await server.welcomed()
  const first = await peer.next('command')
  peer.break()
  const second = await again(server, made)
  expect(await second.next('command')).toEqual(first)
  second.refuse(first, new HeadraceError('store_unavailable', 'The store does not answer now.'))
  await sync(client, second)
  clock.advance(1_000)
  expect(await second.next('command')).toEqual(first)
  second.accept(first, 2)
  expect(await answer).toMatchObject({ seq: 2 })
})

test('a command that was never sent before is refused with what keeps the server from looking', async () => {
  await using server = await ScriptedServer.start()
  const { session } = setup(server)
  const answer = session.send('once')
  const peer = await server.welcomed()
  peer.refuse(await peer.next('command'), new HeadraceError('store_full', 'The disk is full.'))
  await expect(answer).rejects.toMatchObject({ code: 'store_full' })
})

test('L6: the outbox is bounded and names its limit', async () => {
  await using server = await ScriptedServer.start()
  const { session, client } = setup(server, { outbox: { maxCommands: 2 }, online: false })
  const waiting = [session.post('1'), session.post('2')]
  await expect(session.post('3')).rejects.toMatchObject({
    code: 'limit_exceeded',
    message: expect.stringContaining('outbox.maxCommands is limited to 2'),
    detail: { limit: 'outbox.maxCommands', allowed: 2, actual: 3 },
  })
  client.setOnline(true)
  const peer = await server.welcomed()
  peer.accept(await peer.next('command'), 1)
  await waiting[0]
  const third = session.post('3')
  peer.accept(await peer.next('command'), 2)
  peer.accept(await peer.next('command'), 3)
  await Promise.all([...waiting, third])
})

test('L3: an id that the caller gives is one command while it waits, and none of another session', async () => {
  await using server = await ScriptedServer.start()
  const { session, client } = setup(server, { online: false })
  const both = [session.post('once', { id: 'mine' }), session.post('once', { id: 'mine' })]
  await expect(client.session('other').post('once', { id: 'mine' })).rejects.toMatchObject({
    code: 'bad_request',
    detail: { path: 'id' },
  })
  client.setOnline(true)
  const peer = await server.welcomed()
  const command = await peer.next('command')
  expect(command).toMatchObject({ id: 'mine', session: 's' })
  peer.accept(command, 7)
  expect(await Promise.all(both)).toMatchObject([{ seq: 7 }, { seq: 7 }])
  await quiet(client, peer)
})

test('a command that ends connections is answered with that error, and no other is', async () => {
  await using server = await ScriptedServer.start()
  const all = setup(server)
  const small = all.session.post('small')
  const large = all.session.post('x'.repeat(10_000)).catch((thrown: unknown) => thrown)
  const peer = await server.welcomed()
  await peer.next('command')
  await peer.next('command')
  peer.socket.close(1009)
  expect(await large).toMatchObject({ code: 'frame_too_large' })
  const second = await again(server, all)
  const command = await second.next('command')
  expect(command.body).toMatchObject({ parts: [{ text: 'small' }] })
  second.accept(command, 1)
  await small
})

test('close rejects what is unanswered', async () => {
  await using server = await ScriptedServer.start()
  const { session, client } = setup(server)
  const sent = expect(session.post('x')).rejects.toMatchObject({ code: 'closed' })
  await (await server.welcomed()).next('command')
  await client.close()
  await sent
  await expect(session.post('y')).rejects.toMatchObject({ code: 'closed' })
  expect(session.getSnapshot().pending).toEqual([])
})

const log = posts(3)

/** A session that is followed and stands at seq 3. */
async function following(server: ScriptedServer): Promise<Setup & { readonly peer: ScriptedPeer }> {
  const all = setup(server)
  const peer = await server.welcomed()
  all.session.subscribe(() => undefined)
  await peer.next('subscribe')
  peer.snapshot(viewOf('s', log))
  await until(() => all.session.getSnapshot().status === 'live', all.session.subscribe)
  return { ...all, peer }
}

/** The texts that a page would show, those on their way in brackets. */
function shown({ session }: Setup): readonly string[] {
  const { messages, pending } = session.getSnapshot()
  const waiting = pending.map(({ body }) =>
    body.type === 'post' && body.parts[0]?.kind === 'text' ? `[${body.parts[0].text}]` : `[${body.type}]`,
  )
  return [...messages.map(textOf), ...waiting]
}

test.each(['answer first', 'event first'])('a message on its way is shown once at any moment: %s', async (order) => {
  await using server = await ScriptedServer.start()
  const all = await following(server)
  const { session, peer } = all
  const moments: string[] = []
  session.subscribe(() => moments.push(shown(all).join()))
  const answer = session.post('new')
  expect(shown(all)).toEqual(['post 2', 'post 3', '[new]'])
  const command = await peer.next('command')
  const event = post(4, 'new', { cmd: command.id })
  if (order === 'answer first') {
    peer.accept(command, 4)
    await answer
    await settle()
    expect(shown(all)).toEqual(['post 2', 'post 3', '[new]'])
    peer.events('s', event)
  } else {
    peer.events('s', event)
    peer.accept(command, 4)
  }
  await answer
  await until(() => shown(all).at(-1) === 'new', session.subscribe)
  expect(shown(all)).toEqual(['post 2', 'post 3', 'new'])
  expect([...new Set(moments)]).toEqual(['post 2,post 3,[new]', 'post 2,post 3,new'])
  expect(session.getSnapshot().pending).toEqual([])
})

test("somebody else's command of the same id is not ours", async () => {
  await using server = await ScriptedServer.start()
  const all = await following(server)
  const answer = all.session.post('new')
  const command = await all.peer.next('command')
  all.peer.events('s', post(4, 'theirs', { cmd: command.id, actor: 'user:eve' }))
  await until(() => all.session.getSnapshot().view.seq === 4, all.session.subscribe)
  expect(shown(all)).toEqual(['post 2', 'post 3', 'theirs', '[new]'])
  all.peer.accept(command, 5)
  await answer
  all.peer.events('s', post(5, 'new', { cmd: command.id }))
  await until(() => all.session.getSnapshot().view.seq === 5, all.session.subscribe)
  expect(shown(all)).toEqual(['post 2', 'post 3', 'theirs', 'new'])
})

test('a message that was applied while the connection was lost is shown once', async () => {
  await using server = await ScriptedServer.start()
  const all = await following(server)
  const answer = all.session.post('new')
  const command = await all.peer.next('command')
  all.peer.break()
  const second = await again(server, all)
  await second.next('subscribe')
  expect(await second.next('command')).toEqual(command)
  second.snapshot(viewOf('s', [...log, post(4, 'new', { cmd: command.id }), post(5, 'more')]))
  second.accept(command, 4)
  await answer
  await until(() => all.session.getSnapshot().pending.length === 0, all.session.subscribe)
  expect(shown(all)).toEqual(['post 2', 'post 3', 'new', 'more'])
})

test('S3: a message that was accepted is shown once, also when a snapshot comes in place of its event', async () => {
  await using server = await ScriptedServer.start()
  const all = await following(server)
  const answer = all.session.post('new')
  all.peer.accept(await all.peer.next('command'), 4)
  await answer
  expect(shown(all)).toEqual(['post 2', 'post 3', '[new]'])
  all.peer.break()
  const second = await again(server, all)
  await second.next('subscribe')
  second.snapshot(viewOf('s', [...log, post(4, 'new')]))
  await until(() => all.session.getSnapshot().view.seq === 4, all.session.subscribe)
  expect(shown(all)).toEqual(['post 2', 'post 3', 'new'])
})

test('a refused message leaves', async () => {
  await using server = await ScriptedServer.start()
  const all = await following(server)
  const answer = expect(all.session.post('new')).rejects.toMatchObject({ code: 'forbidden' })
  all.peer.refuse(await all.peer.next('command'), new HeadraceError('forbidden', 'no'))
  await answer
  expect(shown(all)).toEqual(['post 2', 'post 3'])
})

test('a command on a session that nobody follows leaves when it is answered', async () => {
  await using server = await ScriptedServer.start()
  const { session } = setup(server)
  const answer = session.post('new')
  expect(session.getSnapshot().pending).toHaveLength(1)
  const peer = await server.welcomed()
  peer.accept(await peer.next('command'), 9)
  await answer
  expect(session.getSnapshot().pending).toEqual([])
})
