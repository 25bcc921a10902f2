// @vitest-environment happy-dom
import { StrictMode, act, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { textOf, type CommandBody, type PartStart, type WriteOp } from '@headrace/core'
import type { Client } from '@headrace/client'
import { Composer, Conversation, HeadraceProvider, Requests, StopButton, useRuns } from '@headrace/client/react'
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
const render = (node: ReactNode): Promise<void> => stage.render(node)

const text = (words: string): readonly PartStart[] => [{ kind: 'text', text: words }]
const ada = (body: CommandBody): void => server.act('user:ada', body)

/** An agent takes a run and writes. */
function work(run: string, ops: readonly WriteOp[]): void {
  const n = (server.state.guard.holds[run]?.n ?? 0) + 1
  if (n === 1) server.act('agent:assistant', { type: 'claim', run, worker: 'w' })
  server.act('agent:assistant', { type: 'write', run, attempt: 1, n, ops })
}

function answer(run: string, words: string): void {
  const part = { message: 'm', part: 'p' }
  work(run, [
    { op: 'open', ...part, start: { kind: 'text', text: words } },
    { op: 'end', reason: 'complete' },
  ])
}

const articles = (): readonly string[] => [...place.querySelectorAll('article')].map((found) => found.textContent)

function button(name: string): HTMLButtonElement {
  const all = [...place.querySelectorAll('button')]
  const found = all.find((one) => one.textContent === name || one.getAttribute('aria-label') === name)
  if (!found) throw new Error(`no button ${name} among ${all.map((one) => one.textContent).join(', ')}`)
  return found
}

async function click(name: string): Promise<void> {
  await act(async () => button(name).click())
  await deliver()
}

async function write(words: string): Promise<HTMLTextAreaElement> {
  const area = place.querySelector('textarea')
  if (!area) throw new Error('nowhere to write')
  await act(async () => {
    // React looks for changes at the property of the element's class.
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(area, words)
    area.dispatchEvent(new Event('input', { bubbles: true }))
  })
  return area
}

test('S6d: a conversation shows one line, and every version of a message can be looked at', async () => {
  await render(<Conversation session="s" empty="Nothing yet" />)
  await deliver()
  expect(place.querySelector('[role=log]')?.getAttribute('aria-label')).toBe('Conversation')
  expect(place.textContent).toBe('Nothing yet')
  ada({ type: 'send', parts: text('first') })
  answer('r3', 'to the first')
  ada({ type: 'send', parts: text('edited'), edits: 'm2' })
  const second = server.state.view.runs.at(-1)?.id ?? ''
  answer(second, 'to the edited')
  await deliver()
  expect(articles()).toEqual(['12edited', 'to the edited'])
  expect(button('Version 2 of 2').getAttribute('aria-pressed')).toBe('true')
  await click('Version 1 of 2')
  expect(articles()).toEqual(['12first', 'to the first'])
  await click('Version 2 of 2')
  ada({ type: 'send', parts: text('more') })
  await deliver()
  expect(articles()).toEqual(['12edited', 'to the edited', 'more'])
})

test('C1 L2: the composer sends on Enter, keeps what was refused, and says why', async () => {
  await render(<Composer session="s" label="Your question" />)
  await deliver()
  const area = await write('Hello there ')
  expect(area.getAttribute('aria-label')).toBe('Your question')
  const enter = (init: KeyboardEventInit): Event =>
    new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init })
  await act(async () => void area.dispatchEvent(enter({ shiftKey: true })))
  expect(area.value).toBe('Hello there ')
  await act(async () => void area.dispatchEvent(enter({})))
  expect([area.value, button('Send').disabled]).toEqual(['', true])
  await deliver()
  expect(server.state.view.messages.map((message) => textOf(message))).toEqual(['Hello there'])

  await render(<Composer session="s" options={{ parent: 'm99' }} />)
  await write('Where to?')
  await click('Send')
  expect(area.value).toBe('Where to?')
  expect(place.querySelector('[role=alert]')?.textContent).toContain('m99')
})

test('C3: the stop button is there while there is work, and stops it', async () => {
  let seen: readonly string[] = []
  function Open(): ReactNode {
    const { open, isBusy } = useRuns('s')
    seen = open.map(({ id, status }) => `${id} ${status}`)
    return <output>{isBusy ? 'busy' : 'idle'}</output>
  }
  await render(
    <>
      <Open />
      <StopButton session="s" className="stop">
        Stop it
      </StopButton>
    </>,
  )
  await deliver()
  expect([place.querySelector('button'), place.textContent]).toEqual([null, 'idle'])
  ada({ type: 'send', parts: text('go') })
  await deliver()
  expect([seen, button('Stop it').className]).toEqual([['r3 queued'], 'stop'])
  await click('Stop it')
  expect(server.state.view.runs).toMatchObject([{ status: 'ended', reason: 'cancelled', cancelledBy: 'user:ada' }])
  expect([place.querySelector('button'), place.textContent]).toEqual([null, 'idle'])
})

test('C7: a card approves the action that it shows, offers choices, and takes words', async () => {
  await render(<Requests session="s" />)
  await deliver()
  expect(place.textContent).toBe('')
  ada({ type: 'send', parts: text('go') })
  const ask = (key: string, spec: Extract<WriteOp, { op: 'request' }>['spec']): void =>
    work('r3', [{ op: 'request', key, spec }])
  ask('a', { kind: 'approval', title: 'Delete it?', action: { z: 1, a: 2 } })
  await deliver()
  const card = place.querySelector('article')
  const title = card?.getAttribute('aria-labelledby') ?? ''
  expect(place.querySelector(`[id="${title}"]`)?.textContent).toBe('Delete it?')
  expect(place.querySelector('pre')?.textContent).toBe('{\n  "a": 2,\n  "z": 1\n}')
  await click('Approve')
  expect(server.state.view.requests[0]).toMatchObject({ status: 'answered', answer: { decision: 'approve' } })

  ask('b', { kind: 'question', title: 'Which?', schema: { enum: ['red', 'blue'] } })
  await deliver()
  await click('blue')
  ask('c', { kind: 'question', title: 'Why?' })
  await deliver()
  await write('Because')
  await click('Answer')
  ask('d', { kind: 'question', title: 'Sure?' })
  await deliver()
  await click('Decline')
  expect(server.state.view.requests.map((request) => request.answer)).toEqual([
    { decision: 'approve' },
    { value: 'blue' },
    { value: 'Because' },
    { decision: 'deny' },
  ])
  expect(place.textContent).toBe('')
})

test('S2: a page begins with the view that it came with, hydrates to it, and goes on live', async () => {
  ada({ type: 'post', parts: text('from the server') })
  const views = { s: structuredClone(server.state.view) }
  const tree = (
    <StrictMode>
      <HeadraceProvider client={client} views={views}>
        <Conversation session="s">{({ message }) => textOf(message)}</Conversation>
        <Composer session="s" />
        <StopButton session="s" />
        <Requests session="s" />
      </HeadraceProvider>
    </StrictMode>
  )
  const html = renderToString(tree)
  expect(renderToString(tree)).toBe(html)
  expect(html).toContain('>from the server</article>')
  expect([await stage.hydrate(html, tree), articles()]).toEqual([[], ['from the server']])
  await deliver()
  expect(articles()).toEqual(['from the server'])
  ada({ type: 'post', parts: text('and live') })
  await deliver()
  expect(articles()).toEqual(['from the server', 'and live'])
})

test('S3: StrictMode mounts all of them twice, and what is gone follows nothing', async () => {
  await render(
    <>
      <Conversation session="s" />
      <Composer session="s" />
      <StopButton session="s" />
      <Requests session="s" />
    </>,
  )
  await deliver()
  expect(server.frames.filter(({ type }) => type === 'subscribe')).toHaveLength(1)
  await render(null)
  clock.advance(11_000)
  expect(server.frames.map(({ type }) => type)).toEqual(['hello', 'subscribe', 'unsubscribe'])
})
