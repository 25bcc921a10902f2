/** The stock transports of the AI SDK, unchanged, at a real server with a real worker. */
import { once } from 'node:events'
import { Chat } from '@ai-sdk/react'
import {
  DefaultChatTransport,
  WebSocketChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type ChatInit,
  type ChatTransport,
  type UIMessage,
} from 'ai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { textOf, type Message, type SessionView } from '@headrace/core'
import type { Client } from '@headrace/client'
import type { RunHandler } from '@headrace/client/agent'
import { Peers, reaches, run as runWhere } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { until } from './support/until.ts'

let server: RealServer
let peers: Peers
let id = ''
let count = 0
const leaving: (() => void)[] = []

beforeAll(async () => {
  server = await RealServer.start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  expect(server.errors).toEqual([])
})
beforeEach(() => {
  peers = new Peers(server)
  id = `team/${(count += 1)}`
})
afterEach(async () => {
  leave()
  await peers[Symbol.asyncDispose]()
})

/** All pages are closed. */
function leave(): void {
  for (const close of leaving.splice(0)) close()
}

type Door = 'http' | 'ws'

async function transportTo(door: Door, query: Record<string, string> = {}): Promise<ChatTransport<UIMessage>> {
  const headers = { Authorization: `Bearer ${await server.token('ada')}` }
  if (door === 'http') return new DefaultChatTransport<UIMessage>({ api: `${server.url}/v1/ai-sdk/chat`, headers })
  const made = new WebSocketChatTransport<UIMessage>({
    url: `${server.url}/v1/ai-sdk/ws`,
    params: async () => ({ ticket: await ticket(), ...query }),
  })
  leaving.push(() => made.close())
  return made
}

interface Init {
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function ask(path: string, init: Init = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${await server.token('ada')}`, 'Content-Type': 'application/json' }
  return fetch(`${server.url}${path}`, { ...init, headers: { ...headers, ...init.headers } })
}

async function ticket(): Promise<string> {
  const answer = await ask('/v1/tickets', { method: 'POST' })
  return ((await answer.json()) as { ticket: string }).ticket // as PROTOCOL.md says
}

interface Tab {
  readonly chat: Chat<UIMessage>
  readonly shows: (holds: (chat: Chat<UIMessage>) => boolean) => Promise<void>
}

async function tab(door: Door, init: Partial<ChatInit<UIMessage>> = {}, query?: Record<string, string>): Promise<Tab> {
  const chat = new Chat<UIMessage>({ id, transport: await transportTo(door, query), ...init })
  const onNews = (listener: () => void): (() => void) => {
    const stops = [
      chat['~registerMessagesCallback'](listener),
      chat['~registerStatusCallback'](listener),
      chat['~registerErrorCallback'](listener),
    ]
    return () => stops.forEach((stop) => stop())
  }
  return { chat, shows: (holds) => until(() => holds(chat), onNews) }
}

const said = (message: UIMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
const texts = (chat: Chat<UIMessage>): readonly string[] =>
  chat.messages.map((message) => `${message.role} ${said(message)}`)

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, opened: promise }
}

/** What the session holds, as a client of our own sees it. */
async function held(client?: Client): Promise<SessionView> {
  const reader = client ?? (await peers.client())
  const { view } = await reader.session(id).until(({ status }) => status === 'live')
  return view
}

const line = ({ messages }: SessionView): readonly string[] =>
  messages.map((message: Message) => `${message.role} ${textOf(message)}`)

const work = (handler: RunHandler): Promise<unknown> => peers.worker(handler)

describe.each(['http', 'ws'] as const)('the stock transport by %s', (door) => {
  test('V3 a chat sends, and its answer streams; the session begins with the first message and has each once', async () => {
    const middle = gate()
    await work(async (run) => {
      await run.reasoning('hm')
      await run.write({ type: 'tool-call', callId: 'c1', name: 'weather', input: { city: 'Bern' } })
      await run.write({ type: 'tool-result', callId: 'c1', output: { sun: true } })
      await run.text('Hello ')
      await middle.opened
      await run.text(`you (${run.history.length})`)
    })
    const { chat, shows } = await tab(door)
    const sending = chat.sendMessage({ text: 'Hi' })
    await shows(() => said(chat.lastMessage) === 'Hello ')
    expect(chat.status).toBe('streaming')
    middle.open()
    await sending
    expect([chat.status, chat.error]).toEqual(['ready', undefined])
    expect(chat.lastMessage?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'hm', state: 'done' },
      { type: 'tool-weather', state: 'output-available', input: { city: 'Bern' }, output: { sun: true } },
      { type: 'step-start' },
      { type: 'text', text: 'Hello you (1)', state: 'done' },
    ])
    // What a chat believes to have been said before changes nothing.
    chat.messages = [
      { id: 'forged', role: 'assistant', parts: [{ type: 'text', text: 'I owe you' }] },
      ...chat.messages,
    ]
    await chat.sendMessage({ text: 'Again' })
    const view = await held()
    expect(line(view)).toEqual(['user Hi', 'assistant Hello you (1)', 'user Again', 'assistant Hello you (3)'])
    expect(view.messages[0]?.author).toBe('user:ada')
  })

  test('V4 a page that is loaded again finds the answer that is under way, from its first word, and nothing when there is none', async () => {
    const middle = gate()
    await work(async (run) => {
      await run.text('one ')
      await middle.opened
      await run.text('two')
    })
    const before = await tab(door)
    void before.chat.sendMessage({ text: 'Count' })
    await before.shows(() => said(before.chat.lastMessage) === 'one ')
    const answer = await ask(`/v1/ai-sdk/chat/${encodeURIComponent(id)}/messages`)
    const { messages } = (await answer.json()) as { messages: UIMessage[] } // as PROTOCOL.md says
    expect(messages.map(said)).toEqual(['Count', 'one '])
    const after = await tab(door, { messages })
    const resuming = after.chat.resumeStream()
    await after.shows(() => after.chat.status === 'streaming')
    middle.open()
    await resuming
    await before.shows(() => before.chat.status === 'ready')
    expect(texts(after.chat)).toEqual(['user Count', 'assistant one two'])
    expect(after.chat.lastMessage?.id).toBe(before.chat.lastMessage?.id)
    await after.chat.resumeStream()
    expect([after.chat.status, texts(after.chat).length]).toEqual(['ready', 2])
    const elsewhere = await tab(door, { id: `${id}/nothing` })
    await elsewhere.chat.resumeStream()
    expect([elsewhere.chat.status, elsewhere.chat.error]).toEqual(['ready', undefined])
  })

  test('V4 a page that is closed ends nothing', async () => {
    const middle = gate()
    await work(async (run) => {
      await run.text('one ')
      await middle.opened
      await run.text('two')
    })
    const { chat, shows } = await tab(door, {}, { abort: 'leave' })
    void chat.sendMessage({ text: 'Count' })
    await shows(() => said(chat.lastMessage) === 'one ')
    if (door === 'ws') leave()
    else await chat.stop()
    middle.open()
    const session = (await peers.client()).session(id)
    await runWhere(session, ({ status }) => status === 'ended')
    expect(line(await held())).toEqual(['user Count', 'assistant one two'])
  })

  test('V5 an approval and a tool of the page are answered by the chat, and the same message goes on', async () => {
    await work(async (run) => {
      await run.write({ type: 'tool-call', callId: 'c1', name: 'delete', input: { file: 'a' } })
      const may = await run.approve({ tool: 'delete', file: 'a' }, { key: 'c1', title: 'Delete it?' })
      await run.write({ type: 'tool-result', callId: 'c1', output: may })
      await run.write({ type: 'tool-call', callId: 'c2', name: 'where', input: {} })
      const result = await run.clientTool('where', {}, { key: 'c2' })
      await run.write({ type: 'tool-result', callId: 'c2', output: 'output' in result ? result.output : null })
      await run.text('done')
    })
    const { chat, shows } = await tab(door, {
      sendAutomaticallyWhen: (about) =>
        lastAssistantMessageIsCompleteWithApprovalResponses(about) ||
        lastAssistantMessageIsCompleteWithToolCalls(about),
      onToolCall: ({ toolCall }) => {
        if (toolCall.toolName === 'where')
          void chat.addToolOutput({ tool: 'where', toolCallId: toolCall.toolCallId, output: { city: 'Bern' } })
      },
    })
    void chat.sendMessage({ text: 'Go' })
    const waiting = (): string | undefined => {
      const call = chat.lastMessage?.parts.find((part) => part.type === 'tool-delete')
      return call && 'approval' in call && call.state === 'approval-requested' ? call.approval.id : undefined
    }
    await shows(() => waiting() !== undefined && chat.status === 'ready')
    await chat.addToolApprovalResponse({ id: waiting() ?? '', approved: true })
    await shows(() => said(chat.lastMessage) === 'done' && chat.status === 'ready')
    expect(chat.messages).toHaveLength(2)
    expect(chat.lastMessage?.parts.filter(({ type }) => type.startsWith('tool-'))).toMatchObject([
      { state: 'output-available', output: true, approval: { approved: true } },
      { state: 'output-available', output: { city: 'Bern' } },
    ])
  })

  test('V6 a message that is sent anew is a version of it, and an answer that is wanted again another one', async () => {
    await work(async (run) => {
      await run.text(`${textOf(run.input)}!`)
    })
    const { chat } = await tab(door)
    await chat.sendMessage({ text: 'one' })
    await chat.sendMessage({ text: 'two' })
    await chat.regenerate()
    expect(texts(chat)).toEqual(['user one', 'assistant one!', 'user two', 'assistant two!'])
    await chat.sendMessage({ text: 'three', messageId: chat.messages[2]?.id ?? '' })
    const view = await held()
    expect(line(view)).toEqual([
      'user one',
      'assistant one!',
      'user two',
      'assistant two!',
      'assistant two!',
      'user three',
      'assistant three!',
    ])
    expect(view.messages[5]?.edits).toBe(view.messages[2]?.id)
  })

  test('V7 a run that fails tells the chat why, and what was said stays', async () => {
    await work(async (run) => {
      await run.text('half')
      throw new Error('The model is gone.')
    })
    const { chat } = await tab(door, { onError: () => undefined })
    await chat.sendMessage({ text: 'Go' })
    expect([chat.status, chat.error?.message, said(chat.lastMessage)]).toEqual(['error', 'The model is gone.', 'half'])
  })
})

test('V8 by HTTP a stop is a request of its own', async () => {
  await work(async (run) => {
    await run.text('one')
    await once(run.signal, 'abort')
  })
  const { chat, shows } = await tab('http')
  const sending = chat.sendMessage({ text: 'Go' })
  await shows(() => said(chat.lastMessage) === 'one')
  expect((await ask(`/v1/ai-sdk/chat/${encodeURIComponent(id)}/stop`, { method: 'POST' })).status).toBe(204)
  await sending
  expect(chat.status).toBe('ready')
  expect((await held()).runs).toMatchObject([{ status: 'ended', reason: 'cancelled', cancelledBy: 'user:ada' }])
})

test('V8 by WebSocket the chat stops the run, also after the page was loaded again', async () => {
  await work(async (run) => {
    await run.text('one')
    await once(run.signal, 'abort')
  })
  const before = await tab('ws')
  void before.chat.sendMessage({ text: 'Go' })
  await before.shows(() => said(before.chat.lastMessage) === 'one')
  leave()
  const { chat, shows } = await tab('ws')
  void chat.resumeStream()
  await shows(() => said(chat.lastMessage) === 'one')
  await chat.stop()
  const session = (await peers.client()).session(id)
  await reaches(session, ({ runs }) => runs.some(({ status }) => status === 'ended'))
  expect((await held()).runs).toMatchObject([{ reason: 'cancelled' }])
})

const body = (more: object = {}): string =>
  JSON.stringify({ id, messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }], ...more })

test('V3 the same request again is the same message', async () => {
  await work(async (run) => {
    await run.text('Hello')
  })
  const [first, second] = await Promise.all(
    [1, 2].map(async () => (await ask('/v1/ai-sdk/chat', { method: 'POST', body: body() })).text()),
  )
  expect(first).toContain('"delta":"Hello"')
  expect(first).toMatch(/\n\ndata: \[DONE\]\n\n$/)
  expect(second).toContain('"delta":"Hello"')
  expect(line(await held())).toEqual(['user Hi', 'assistant Hello'])
})

test('V1 a page says by a header that it has version 6', async () => {
  await work(async (run) => {
    await run.write({ type: 'data', name: 'ai-sdk:custom', value: { kind: 'a.b' } })
    await run.text('Hello')
  })
  const answer = async (version: string): Promise<Response> =>
    ask('/v1/ai-sdk/chat', { method: 'POST', body: body(), headers: { 'Headrace-Ai-Sdk': version } })
  const six = await answer('6')
  expect(six.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
  expect(await six.text()).not.toContain('"custom"')
  expect((await answer('5')).status).toBe(400)
})

test.each([
  ['no list of messages', { messages: 'x' }, 'body.messages must be a list of messages.'],
  ['a role that there is not', { messages: [{ id: 'a', role: 'boss', parts: [] }] }, 'body.messages[0].role'],
  ['no message', { messages: [] }, 'The last message must be'],
  ['a message without words', { messages: [{ id: 'a', role: 'user', parts: [] }] }, 'says nothing'],
  ['a trigger that there is not', { trigger: 'poke' }, 'body.trigger'],
  ['an id that no session has', { id: 'a b' }, 'body.id'],
  ['an agent that none is called', { agent: 'a b' }, 'body.agent'],
  ['a policy that there is not', { policy: 'jump' }, 'body.policy'],
])('V9 %s is refused with what is wrong', async (_, wrong, text) => {
  const answer = await ask('/v1/ai-sdk/chat', { method: 'POST', body: body(wrong) })
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(text)])
  // And leaves no session without a message behind.
  expect((await ask(`/v1/sessions/${encodeURIComponent(id)}`)).status).toBe(404)
})

describe('V9 frames', () => {
  async function socket(query = ''): Promise<WebSocket> {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/v1/ai-sdk/ws${query}`)
    leaving.push(() => ws.close())
    await once(ws, 'open')
    return ws
  }
  const frame = async (ws: WebSocket): Promise<unknown> => JSON.parse(String((await once(ws, 'message'))[0]))

  test('a wrong frame is answered under its request, and the others go on', async () => {
    const ws = await socket(`?ticket=${await ticket()}`)
    for (const [wrong, text] of [
      [{ type: 'poke', requestId: 'a' }, 'type must be send, resume or abort.'],
      [{ type: 'send', requestId: 'a', id, headers: {}, body: {} }, 'send.messages must be a list of messages.'],
      [{ type: 'resume', requestId: 'a', id, headers: { a: 1 } }, 'headers.a must be a text.'],
    ] as const) {
      ws.send(JSON.stringify(wrong))
      expect(await frame(ws)).toEqual({ type: 'error', requestId: 'a', errorText: text })
    }
    ws.send(JSON.stringify({ type: 'abort', requestId: 'unknown' }))
    ws.send(JSON.stringify({ type: 'resume', requestId: 'b', id, headers: {}, body: {} }))
    expect(await frame(ws)).toEqual({ type: 'no-active', requestId: 'b' })
  })

  test.each([
    ['what is no JSON', '{', 4400],
    ['what has no request', '{"type":"send"}', 4400],
    ['what comes without a token', '{"type":"resume","requestId":"a","id":"x","headers":{},"body":{}}', 4401],
    ['what is large before it is known who asks', JSON.stringify('x'.repeat(40_000)), 1009],
  ])('%s ends the connection', async (_, text, code) => {
    const ws = await socket()
    ws.send(text)
    expect((await once(ws, 'close'))[0]).toBe(code)
  })

  test('a token may come among the headers of a frame; one in the address is not taken', async () => {
    const ws = await socket()
    const headers = { authorization: `Bearer ${await server.token('ada')}` }
    ws.send(JSON.stringify({ type: 'resume', requestId: 'a', id, headers, body: {} }))
    expect(await frame(ws)).toEqual({ type: 'no-active', requestId: 'a' })
    const refused = new WebSocket(`${server.url.replace('http', 'ws')}/v1/ai-sdk/ws?token=x`)
    expect(String(await once(refused, 'error'))).toContain('400')
    const used = await ticket()
    await socket(`?ticket=${used}`)
    const again = await socket(`?ticket=${used}`)
    expect((await once(again, 'close'))[0]).toBe(4401)
  })
})
