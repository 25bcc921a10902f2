// @vitest-environment happy-dom
import { act, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InboxPage, RequestSpec } from '@headrace/core'
import type { Client } from '@headrace/client'
import {
  HeadraceProvider,
  useClientTools,
  useCursor,
  useEphemeral,
  useFloor,
  useInbox,
  usePresence,
  useRequests,
  useSession,
  useSharedState,
  type UseCursor,
  type UseEphemeral,
  type UseFloor,
  type UseInbox,
  type UseRequests,
  type UseSharedState,
} from '@headrace/client/react'
import type { FakeClock } from './support/fake-clock.ts'
import type { ModelServer } from './support/model-server.ts'
import { ReactStage } from './support/react-stage.tsx'
import { settle } from './support/until.ts'

let stage: ReactStage
let server: ModelServer
let clock: FakeClock
let client: Client
let pages: (() => Promise<InboxPage>)[]

beforeEach(() => {
  pages = []
  const fetch = async (): Promise<Response> => Response.json(await (pages.shift()?.() ?? { entries: [] }))
  stage = new ReactStage({ device: 'desk', fetch })
  ;({ server, clock, client } = stage)
})

afterEach(() => stage.strike())

const deliver = (): Promise<void> => stage.deliver()
const render = (node: ReactNode): Promise<void> => stage.render(node)

/** A component that does nothing but show what a hook gives, and what it gave at each commit. */
function probe<T>(use: () => T): { readonly node: ReactNode; readonly seen: T[]; readonly last: () => T } {
  const seen: T[] = []
  const Probe = (): ReactNode => {
    const value = use()
    if (seen.at(-1) !== value) seen.push(value)
    return null
  }
  const last = (): T => {
    const value = seen.at(-1)
    if (value === undefined) throw new Error('it was not rendered')
    return value
  }
  return { node: <Probe />, seen, last }
}

/** An agent takes a run and asks. */
function ask(key: string, spec: RequestSpec): void {
  const run = server.state.view.runs[0]
  if (!run) {
    server.act('user:ada', { type: 'send', parts: [{ kind: 'text', text: 'go' }] })
    server.act('agent:assistant', { type: 'claim', run: 'r3', worker: 'w' })
  }
  const n = (server.state.guard.holds['r3']?.n ?? 0) + 1
  server.act('agent:assistant', { type: 'write', run: 'r3', attempt: 1, n, ops: [{ op: 'request', key, spec }] })
}

const approval = (action: string): RequestSpec => ({ kind: 'approval', title: action, action })

test('useRequests: what waits for this participant, an answer that wins, and one that loses', async () => {
  const { node, last, seen } = probe<UseRequests>(() => useRequests('s'))
  await render(node)
  await deliver()
  ask('a', approval('Delete a?'))
  ask('b', { ...approval('Delete b?'), answerers: ['user:bob'] })
  ask('c', { kind: 'tool', title: 'c', name: 'c' })
  ask('d', { kind: 'question', title: 'Which?' })
  await deliver()
  expect(last().requests.map(({ id }) => id)).toEqual(['r3.a', 'r3.d'])
  const [first, second] = last().requests
  if (!first || !second) throw new Error('two wait')
  let won: Promise<boolean> | undefined
  await act(async () => void (won = last().approve(first, 'fine')))
  await deliver()
  expect(await won).toBe(true)
  expect(last().requests.map(({ id }) => id)).toEqual(['r3.d'])
  const { link } = server
  server.link = undefined // bob is first, and this page has not heard of it
  server.act('user:bob', { type: 'answer', request: 'r3.d', answer: { value: 1 } })
  server.link = link
  let lost: Promise<boolean> | undefined
  await act(async () => void (lost = last().answer(second, { value: 2 })))
  await deliver()
  expect(await lost).toBe(false)
  expect(last()).toMatchObject({ requests: [], lost: [{ by: 'user:bob', request: { id: 'r3.d' } }] })
  expect(last().lost[0]?.message).toContain('user:bob has answered it')
  const before = seen.length
  server.post('something else')
  await deliver()
  expect(seen.length).toBe(before)
  await act(async () => last().dismiss('r3.d'))
  expect(last().lost).toEqual([])
})

test('useRequests: every other refusal rejects', async () => {
  const { node, last } = probe<UseRequests>(() => useRequests('s'))
  await render(node)
  await deliver()
  ask('a', approval('Delete a?'))
  await deliver()
  const [request] = last().requests
  if (!request) throw new Error('one waits')
  let refused: Promise<unknown> | undefined
  await act(async () => {
    refused = last()
      .approve({ ...request, digest: '0'.repeat(64) })
      .catch((thrown: unknown) => thrown)
  })
  await deliver()
  expect(await refused).toMatchObject({ code: 'action_changed' })
})

test('useClientTools: offers once although effects run twice, and calls the newest function', async () => {
  const ran: string[] = []
  function Tools({ version }: { readonly version: number }): ReactNode {
    useClientTools('s', { where: () => void ran.push(`version ${version}`) })
    return null
  }
  await render(<Tools version={1} />)
  await deliver()
  await render(<Tools version={2} />)
  ask('a', { kind: 'tool', title: 'where', name: 'where' })
  await deliver()
  expect(ran).toEqual(['version 2'])
  expect(server.state.view.requests).toMatchObject([{ status: 'answered', answer: { output: null } }])
})

test('useFloor: who drives, taking over and handing back', async () => {
  const { node, last } = probe<UseFloor>(() => useFloor('s'))
  await render(node)
  await deliver()
  expect(last()).toMatchObject({ isMine: false, asked: [] })
  await act(async () => void last().take({ note: 'Mine.' }))
  await deliver()
  expect(last()).toMatchObject({ isMine: true, holder: { actor: 'user:ada', note: 'Mine.' } })
  await act(async () => void last().handBack())
  server.act('user:bob', { type: 'take-floor' })
  await deliver()
  expect(last().isMine).toBe(false)
  await act(async () => void last().request('Please?'))
  await deliver()
  expect(last().asked).toMatchObject([{ actor: 'user:ada', note: 'Please?' }])
})

test('usePresence: everybody once, with all their devices', async () => {
  const { node, last, seen } = probe(() => usePresence('s'))
  await render(node)
  await deliver()
  for (const [actor, device] of [
    ['user:ada', 'desk'],
    ['user:bob', 'phone'],
    ['user:ada', 'phone'],
  ] as const)
    server.act(actor, { type: 'join', device, node: 'n' })
  await deliver()
  expect(last().map(({ actor, devices }) => [actor, devices.length])).toEqual([
    ['user:ada', 2],
    ['user:bob', 1],
  ])
  const before = seen.length
  server.post('x')
  await deliver()
  expect(seen.length).toBe(before)
})

test('useCursor: marks what is here as read while the page is visible, and comes to rest', async () => {
  let state: DocumentVisibilityState = 'hidden'
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
  const { node, last } = probe<UseCursor>(() => useCursor('s'))
  await render(node)
  await deliver()
  server.act('user:bob', { type: 'post', parts: [{ kind: 'text', text: 'Hello' }] })
  await deliver()
  expect(last().unread).toHaveLength(1)
  expect(server.frames.filter(({ type }) => type === 'command')).toHaveLength(0)
  state = 'visible'
  await act(async () => void document.dispatchEvent(new Event('visibilitychange')))
  await deliver()
  expect(last()).toMatchObject({ readTo: 2, unread: [] })
  for (let turn = 0; turn < 5; turn += 1) {
    await act(async () => clock.advance(1_000))
    await deliver()
  }
  expect(server.log.filter(({ type }) => type === 'cursor.moved')).toHaveLength(1)
  server.act('user:bob', { type: 'read', seq: 2 })
  server.act('user:bob', { type: 'post', parts: [{ kind: 'text', text: 'Again' }] })
  await deliver()
  await act(async () => clock.advance(1_000))
  await deliver()
  expect(last()).toMatchObject({ unread: [], others: [{ actor: 'user:bob', seq: 2 }] })
  Reflect.deleteProperty(document, 'visibilityState')
})

test('useSharedState: the document and its version', async () => {
  const { node, last } = probe<UseSharedState>(() => useSharedState('s'))
  await render(node)
  await deliver()
  expect(last()).toMatchObject({ version: 0, value: {} })
  await act(async () => void last().patch([{ op: 'add', path: '/a', value: 1 }], { version: 0 }))
  await deliver()
  expect(last()).toMatchObject({ version: 1, value: { a: 1 } })
})

test('useEphemeral: the last of each device, for a moment, and what this page shows goes out', async () => {
  const { node, last } = probe<UseEphemeral>(() => useEphemeral('s', 'typing', { ttlMs: 1_000, clock }))
  await render(node)
  await deliver()
  server.show('user:bob', { name: 'typing', value: 1, device: 'phone' })
  server.show('user:bob', { name: 'typing', value: 2, device: 'phone' })
  server.show('user:eve', { name: 'typing', value: 3 })
  server.show('user:eve', { name: 'pointer', value: 4 })
  await deliver()
  expect(last().values.map(({ actor, value }) => [actor, value])).toEqual([
    ['user:bob', 2],
    ['user:eve', 3],
  ])
  server.show('user:eve', { name: 'typing', value: null })
  await deliver()
  expect(last().values).toHaveLength(1)
  await act(async () => clock.advance(1_000))
  expect(last().values).toEqual([])
  await act(async () => last().show(true))
  expect(server.frames.at(-1)).toEqual({ type: 'ephemeral', session: 's', name: 'typing', value: true, device: 'desk' })
})

test('useInbox: looks at the start, when it is asked, when a connection comes back, and every so often', async () => {
  const page = (session: string) => async (): Promise<InboxPage> => ({
    entries: [{ session, kind: 'failed', ref: 'r1', at: 1 }],
  })
  pages = [page('strict'), page('a')]
  const { node, last } = probe<UseInbox>(() => useInbox({ clock, everyMs: 60_000 }))
  await render(node)
  await act(settle)
  await act(settle)
  expect(last()).toMatchObject({ status: 'ready', entries: [{ session: 'a' }] })
  pages = [page('b')]
  await act(async () => last().refresh())
  await act(settle)
  expect(last().entries).toMatchObject([{ session: 'b' }])
  pages = [page('online')]
  await deliver()
  expect(last().entries).toMatchObject([{ session: 'online' }])
  // Nothing new is there while there is no connection.
  pages = [page('offline')]
  await act(async () => client.drop())
  await act(settle)
  expect(last().entries).toMatchObject([{ session: 'online' }])
  pages = [() => Promise.reject(new Error('down'))]
  await act(async () => clock.advance(60_000))
  await act(settle)
  expect(last()).toMatchObject({ entries: [{ session: 'online' }], error: { code: 'connection_lost' } })
  pages = [page('c')]
  await act(async () => last().refresh())
  await act(settle)
  expect(last().error).toBeUndefined()
})

test('everything renders on a server, where nothing is known', () => {
  function All(): ReactNode {
    useClientTools('s', { a: () => 1 })
    const known = [
      useRequests('s').requests.length,
      useFloor('s').isMine,
      usePresence('s').length,
      useCursor('s').unread.length,
      useSharedState('s').version,
      useEphemeral('s', 'typing').values.length,
      useInbox().status,
      useSession('s').status,
    ]
    return known.join()
  }
  const html = renderToString(
    <HeadraceProvider client={client}>
      <All />
    </HeadraceProvider>,
  )
  expect(html).toBe('0,false,0,0,0,0,loading,loading')
})
