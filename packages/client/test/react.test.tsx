// @vitest-environment happy-dom
import { act, useEffect, useRef, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { textOf } from '@headrace/core'
import type { Client } from '@headrace/client'
import { HeadraceProvider, useConnection, useHeadrace, useSession, type UseSession } from '@headrace/client/react'
import type { FakeClock } from './support/fake-clock.ts'
import type { ModelServer } from './support/model-server.ts'
import { ReactStage } from './support/react-stage.tsx'

let stage: ReactStage
let server: ModelServer
let clock: FakeClock
let client: Client
let place: HTMLElement

beforeEach(() => {
  stage = new ReactStage()
  ;({ server, clock, client, place } = stage)
})

afterEach(() => stage.strike())

const deliver = (): Promise<void> => stage.deliver()
const render = (node: ReactNode, strict = false): Promise<void> => stage.render(node, strict)

const renders: UseSession[] = []
beforeEach(() => void renders.splice(0))

function Chat({ id = 's' }: { readonly id?: string }): ReactNode {
  const session = useSession(id)
  const connection = useConnection()
  renders.push(session)
  return (
    <main data-status={session.status} data-connection={connection.state}>
      {session.messages.map((message) => (
        <p key={message.id}>{textOf(message)}</p>
      ))}
      {session.pending.map((command) => (
        <i key={command.id}>{command.body.type}</i>
      ))}
    </main>
  )
}

const shown = (): string => place.textContent
const status = (): string | null | undefined => place.querySelector('main')?.getAttribute('data-status')

test('shows the session as it is and as it grows', async () => {
  server.post('one ')
  await render(<Chat />)
  expect(status()).toBe('loading')
  await deliver()
  expect([status(), shown()]).toEqual(['live', 'one '])
  server.post('two ')
  await deliver()
  expect(shown()).toBe('one two ')
  await act(async () => client.setOnline(false))
  expect([status(), shown()]).toEqual(['stale', 'one two '])
  expect(place.querySelector('main')?.getAttribute('data-connection')).toBe('offline')
})

test('renders once for all events of a frame, and not at all when nothing changed', async () => {
  await render(<Chat />)
  await deliver()
  const before = renders.length
  for (let index = 0; index < 50; index += 1) postQuietly(`${index} `)
  server.pump()
  expect(server.link?.wire).toHaveLength(1)
  await deliver()
  expect(renders.length).toBe(before + 1)
  expect(shown()).toContain('49 ')
  await render(<Chat />)
  expect(renders.at(-1)).toBe(renders.at(-2))
})

/** Adds to the log without sending, so that one frame brings it all. */
function postQuietly(text: string): void {
  const { link } = server
  server.link = undefined
  server.post(text)
  server.link = link
}

test('L3: an id that a component gives what it sends is that of the command', async () => {
  await render(<Chat />)
  await deliver()
  await act(async () => {
    void renders.at(-1)?.send('one', { id: 'first' })
    void renders.at(-1)?.post('two', { id: 'second' })
  })
  expect(renders.at(-1)?.pending.map(({ id }) => id)).toEqual(['first', 'second'])
  await deliver()
  expect(renders.at(-1)?.pending).toEqual([])
})

test('S2: a component can begin with the events after a seq', async () => {
  function Late(): ReactNode {
    return useSession('s', { after: 0 }).messages.map(textOf)
  }
  server.post('one ')
  await render(<Late />)
  await deliver()
  expect(server.frames).toContainEqual({ type: 'subscribe', session: 's', after: 0 })
  expect(shown()).toBe('one ')
})

test('StrictMode: mounting twice subscribes once', async () => {
  await render(<Chat />, true)
  await deliver()
  expect(status()).toBe('live')
  server.post('one ')
  await deliver()
  expect(shown()).toBe('one ')
  expect(server.frames.filter(({ type }) => type === 'subscribe')).toHaveLength(1)
  clock.advance(10_000)
  expect(server.frames.filter(({ type }) => type === 'unsubscribe')).toHaveLength(0)
})

test('unmounting ends following after a moment; mounting again in that moment costs nothing', async () => {
  await render(<Chat />)
  await deliver()
  await render(null)
  await render(<Chat />)
  clock.advance(10_000)
  await render(null)
  expect(server.frames.filter(({ type }) => type === 'unsubscribe')).toHaveLength(0)
  clock.advance(1_000)
  expect(server.frames.map(({ type }) => type)).toEqual(['hello', 'subscribe', 'unsubscribe'])
})

test('several components follow the same session with one subscription', async () => {
  server.post('one ')
  await render(
    <>
      <Chat />
      <Chat />
    </>,
  )
  await deliver()
  expect(shown()).toBe('one one ')
  expect(server.frames.filter(({ type }) => type === 'subscribe')).toHaveLength(1)
})

test('another id shows another session', async () => {
  server.post('one ')
  await render(<Chat />)
  await deliver()
  await render(<Chat id="other" />)
  expect([status(), shown()]).toEqual(['loading', ''])
  await render(<Chat />)
  expect(shown()).toBe('one ')
})

test('actions keep their identity, and what was sent shows at once', async () => {
  await render(<Chat />)
  await deliver()
  const { post, session } = renders.at(-1)!
  let answer: Promise<unknown> | undefined
  await act(async () => {
    answer = post('mine ')
  })
  expect(shown()).toBe('post')
  await deliver()
  await answer
  expect(shown()).toBe('mine ')
  expect(renders.at(-1)).toMatchObject({ post, session })
  for (const name of ['create', 'send', 'post', 'cancel', 'regenerate', 'update', 'loadOlder'] as const) {
    expect(renders.at(-1)?.[name]).toBe(renders[0]?.[name])
  }
})

test('useHeadrace gives the client, and says what is missing without one', async () => {
  const seen: unknown[] = []
  function Who(): ReactNode {
    const found = useHeadrace()
    const first = useRef(found)
    useEffect(() => void seen.push(first.current))
    return null
  }
  await render(<Who />)
  expect(seen).toEqual([client])
  expect(() => renderToString(<Who />)).toThrow('There is no HeadraceProvider above this component.')
})

test('renders on a server, and hydrates to what is live', async () => {
  server.post('one ')
  const tree = (
    <HeadraceProvider client={client}>
      <Chat />
    </HeadraceProvider>
  )
  const html = renderToString(tree)
  expect(html).toBe('<main data-status="loading" data-connection="connecting"></main>')
  // Meanwhile the client, as in a page that was open for long, has the session already.
  const stop = client.session('s').subscribe(() => undefined)
  await deliver()
  expect(await stage.hydrate(html, tree)).toEqual([])
  expect([status(), shown()]).toEqual(['live', 'one '])
  stop()
})
