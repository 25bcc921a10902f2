import { expect, test } from 'vitest'
import { HeadraceError, textOf } from '@headrace/core'
import {
  connect,
  createLocalOutbox,
  type ConnectOptions,
  type OutboxStorage,
  type StoredCommand,
} from '@headrace/client'
import { FakeClock } from './support/fake-clock.ts'
import { Shelf } from './support/shelf.ts'
import { Peers, reaches } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { settle, until } from './support/until.ts'

function page(server: ScriptedServer, storage: OutboxStorage, more: Partial<ConnectOptions> = {}) {
  const errors: HeadraceError[] = []
  const client = connect({
    url: server.url,
    token: 't',
    clock: new FakeClock(),
    onError: (error) => errors.push(error),
    outbox: { storage },
    online: true,
    ...more,
  })
  return { client, session: client.session('s'), errors }
}

test('L3: what was written offline survives a reload, is sent once and in order, and shows as on its way', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const watcher = await peers.session('bob')
  const shelf = new Shelf()
  const outbox = () => ({ storage: createLocalOutbox({ user: 'ada', storage: shelf }) })
  const first = (await peers.client('ada', { online: false, outbox: outbox() })).session('s')
  for (const text of ['one', 'two', 'three']) void first.post(text).catch(() => undefined)
  first.markRead(1)
  expect(shelf.length).toBe(3)
  // The page is gone; another one opens, and one more, as two tabs do.
  const tabs = [
    await peers.client('ada', { online: false, outbox: outbox() }),
    await peers.client('ada', { outbox: outbox() }),
  ]
  await settle()
  const session = tabs[0]?.session('s')
  expect(session?.getSnapshot().pending.map(({ body }) => body.type)).toEqual(['post', 'post', 'post'])
  tabs[0]?.setOnline(true)
  await reaches(watcher, ({ messages }) => messages.length === 3)
  await session?.post('four')
  await reaches(watcher, ({ messages }) => messages.length === 4)
  expect(watcher.getSnapshot().messages.map(textOf)).toEqual(['one', 'two', 'three', 'four'])
  expect(session?.getSnapshot().pending).toEqual([])
  expect(shelf.length).toBe(0)
  expect(peers.errors).toEqual([])
})

test('L3: nothing is sent before what an earlier page left is there, and that goes first', async () => {
  await using server = await ScriptedServer.start()
  const loaded = Promise.withResolvers<readonly StoredCommand[]>()
  const removed: string[] = []
  const storage = { load: () => loaded.promise, save: () => undefined, remove: (id: string) => void removed.push(id) }
  const { client, session } = page(server, storage)
  void session.post('new').catch(() => undefined)
  const peer = await server.welcomed()
  await until(() => client.status.state === 'online', client.onStatus)
  const parts = [{ kind: 'text' as const, text: 'old' }]
  loaded.resolve([
    { id: 'old-1', session: 's', body: { type: 'post', parts }, at: 1 },
    { id: 'two words', session: 's', body: { type: 'post', parts }, at: 2 },
  ])
  const commands = [await peer.next('command'), await peer.next('command')]
  expect(commands[0]).toMatchObject({ id: 'old-1', body: { parts } })
  expect(commands[1]?.body).toMatchObject({ parts: [{ text: 'new' }] })
  for (const command of commands) peer.accept(command, 3)
  while (session.getSnapshot().pending.length > 0) await settle()
  expect(removed.sort()).toEqual([...commands.map(({ id }) => id), 'two words'].sort())
  await client.close()
})

test('a refusal of what an earlier page left is reported, for nobody else hears of it', async () => {
  await using server = await ScriptedServer.start()
  const body = { type: 'cancel', target: { all: true } } as const
  const storage = {
    load: () => [{ id: 'old-1', session: 's', body, at: 1 }],
    save: () => undefined,
    remove: () => undefined,
  }
  const { client, session, errors } = page(server, storage)
  const peer = await server.welcomed()
  peer.refuse(await peer.next('command'), new HeadraceError('forbidden', 'No.'))
  await until(() => session.getSnapshot().pending.length === 0, session.subscribe)
  expect(errors).toMatchObject([{ code: 'forbidden' }])
  await client.close()
})

test('a storage that fails is reported, and the commands go out all the same', async () => {
  await using server = await ScriptedServer.start()
  const shelf = new Shelf()
  shelf.full = true
  const local = createLocalOutbox({ user: 'ada', storage: shelf })
  const failing = { ...local, load: () => Promise.reject(new Error('Not readable.')) }
  const { client, session, errors } = page(server, failing)
  const answer = session.post('hi')
  const peer = await server.welcomed()
  peer.accept(await peer.next('command'), 1)
  await answer
  expect(errors.map(({ message }) => message).sort()).toEqual(['Not readable.', 'The quota has been exceeded.'])
  await client.close()
})

test('a shelf keeps people apart, keeps the order, and leaves out what is not its own', () => {
  const shelf = new Shelf()
  const ada = createLocalOutbox({ user: 'ada', storage: shelf })
  const bob = createLocalOutbox({ user: 'ada/b', storage: shelf })
  const command = (id: string, at: number): StoredCommand => ({ id, session: 's', body: { type: 'create' }, at })
  for (const [id, at] of [
    ['x-10', 5],
    ['x-9', 5],
    ['w-1', 7],
    ['z-1', 1],
  ] as const)
    void ada.save(command(id, at))
  void bob.save(command('b-1', 1))
  shelf.items.set('headrace.outbox/ada/junk', 'no JSON')
  shelf.items.set('headrace.outbox/ada/older', '{"a":1}')
  shelf.items.set('something else', '1')
  const ids = (storage: OutboxStorage): readonly string[] =>
    (storage.load() as readonly StoredCommand[]).map(({ id }) => id)
  expect(ids(ada)).toEqual(['z-1', 'x-9', 'x-10', 'w-1'])
  expect(ids(bob)).toEqual(['b-1'])
  void ada.remove('x-9')
  expect(ids(ada)).toEqual(['z-1', 'x-10', 'w-1'])
})
