/** The real `Chat` of `@ai-sdk/react` with our transport, at a real server with a real worker. */
import { Chat } from '@ai-sdk/react'
import {
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type ChatInit,
  type ChatTransport,
  type UIMessage,
  type UIMessageChunk,
} from 'ai'
import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from 'vitest'
import { textOf } from '@headrace/core'
import type { Client, ConnectOptions } from '@headrace/client'
import {
  HeadraceChatTransport,
  type ChatSync,
  type HeadraceChatTransportOptions,
  type UiChunk,
  type UiMessage,
} from '@headrace/client/ai-sdk'
import { Peers, answers, ended, reaches, request, run } from './support/peers.ts'
import { httpAgent } from '@headrace/client/http-agent'
import { RealServer } from './support/real-server.ts'
import { until } from './support/until.ts'
import { openUpstream } from './support/upstream.ts'

let server: RealServer
let peers: Peers
const syncs: ChatSync[] = []

beforeEach(async () => {
  server = await RealServer.start()
  peers = new Peers(server)
})
afterEach(async () => {
  for (const sync of syncs.splice(0)) sync.close()
  await peers[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

interface Tab {
  readonly chat: Chat<UIMessage>
  readonly client: Client
  readonly transport: HeadraceChatTransport<UIMessage>
  /** Waits until the chat is as it should be. */
  readonly shows: (holds: (chat: Chat<UIMessage>) => boolean) => Promise<void>
}

interface TabOptions {
  readonly sub?: string
  readonly sync?: boolean
  readonly chat?: Partial<ChatInit<UIMessage>>
  readonly transport?: Partial<HeadraceChatTransportOptions>
  readonly connect?: Partial<ConnectOptions>
}

async function tab({ sub = 'ada', sync = false, chat: init, transport: more, connect }: TabOptions = {}): Promise<Tab> {
  const client = await peers.client(sub, connect)
  const transport = new HeadraceChatTransport<UIMessage>({
    client,
    onError: (error) => peers.errors.push(error),
    ...more,
  })
  const chat = new Chat<UIMessage>({ id: 's', transport, ...init })
  if (sync) syncs.push(transport.sync(chat))
  return {
    chat,
    client,
    transport,
    shows: (holds) =>
      until(
        () => holds(chat),
        (listener) => onNews(chat, listener),
      ),
  }
}

function onNews(chat: Chat<UIMessage>, listener: () => void): () => void {
  const stops = [
    chat['~registerMessagesCallback'](listener),
    chat['~registerStatusCallback'](listener),
    chat['~registerErrorCallback'](listener),
  ]
  return () => stops.forEach((stop) => stop())
}

/** Waits until two tabs show the very same messages. */
async function agree(a: Tab, b: Tab): Promise<void> {
  const isSame = (): boolean => JSON.stringify(a.chat.messages) === JSON.stringify(b.chat.messages)
  await until(isSame, (listener) => {
    const stops = [onNews(a.chat, listener), onNews(b.chat, listener)]
    return () => stops.forEach((stop) => stop())
  })
}

const said = (message: UIMessage | undefined): string =>
  (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
const texts = (chat: Chat<UIMessage>): readonly string[] =>
  chat.messages.map((message) => `${message.role} ${said(message)}`)
const isReady = (chat: Chat<UIMessage>): boolean => chat.status === 'ready'

/** When a page sends by itself: all that the last message asked has an answer. */
function allAnswered({ messages }: { messages: UIMessage[] }): boolean {
  const tools = (messages.at(-1)?.parts ?? []).flatMap((part) => ('toolCallId' in part ? [part.state] : []))
  const isNew = tools.includes('approval-responded') || tools.includes('output-available')
  return isNew && said(messages.at(-1)) === '' && tools.every((state) => !/requested|input/.test(state))
}

/** A gate in the middle of an answer. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: resolve, opened: promise }
}

test('V20 the transport is a ChatTransport, and its messages and chunks are those of ai', () => {
  expectTypeOf<HeadraceChatTransport<UIMessage>>().toExtend<ChatTransport<UIMessage>>()
  expectTypeOf<UiMessage>().toExtend<UIMessage>()
  expectTypeOf<UiChunk>().toExtend<UIMessageChunk>()
})

test('V20 a message is sent and its answer streams into the chat; the session has both once', async () => {
  const middle = gate()
  await peers.worker(async (work) => {
    await work.text('Hello ')
    await middle.opened
    await work.text('you')
  })
  const { chat, shows } = await tab()
  const sending = chat.sendMessage({ text: 'Hi' })
  await shows(() => said(chat.lastMessage) === 'Hello ')
  expect(chat.status).toBe('streaming')
  middle.open()
  await sending
  expect(chat.status).toBe('ready')
  expect(texts(chat)).toEqual(['user Hi', 'assistant Hello you'])
  expect(chat.lastMessage?.parts).toMatchObject([{ type: 'step-start' }, { type: 'text', state: 'done' }])
  await chat.sendMessage({ text: 'Again' })
  const log = await server.log('s')
  expect(log.filter(({ type }) => type === 'message.added')).toHaveLength(2)
  expect(log.filter(({ type }) => type === 'run.queued')).toHaveLength(2)
})

test('V21 a chat whose connection is lost stays as it is and goes on at the exact word', async () => {
  const first = gate()
  const second = gate()
  await peers.worker(async (work) => {
    await work.text('one ')
    await first.opened
    await work.text('two ')
    await second.opened
    await work.text('three')
  })
  const { chat, client, shows } = await tab()
  const other = await peers.session('bob')
  const seen: string[] = []
  chat['~registerStatusCallback'](() => seen.push(chat.status))
  const sending = chat.sendMessage({ text: 'count' })
  await shows(() => said(chat.lastMessage) === 'one ')
  client.setOnline(false)
  first.open()
  await reaches(other, () => answers(other)[0] === 'one two ')
  expect([chat.status, said(chat.lastMessage)]).toEqual(['streaming', 'one '])
  client.setOnline(true)
  await shows(() => said(chat.lastMessage) === 'one two ')
  client.drop()
  second.open()
  await sending
  expect(said(chat.lastMessage)).toBe('one two three')
  expect(seen).toEqual(['submitted', 'streaming', 'ready'])
})

test('V21 after a reload the chat resumes what is under way, and stop reaches it', async () => {
  await peers.worker(async (work) => {
    await work.text('for ever ')
    await new Promise((resolve) => work.signal.addEventListener('abort', resolve))
  })
  const before = await tab()
  void before.chat.sendMessage({ text: 'go' })
  await before.shows(() => said(before.chat.lastMessage) === 'for ever ')
  await before.client.close()
  const after = await tab()
  const messages = await after.transport.messages('s')
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  after.chat.messages = messages
  const resumed = after.chat.resumeStream()
  await after.shows((chat) => chat.status === 'streaming' && said(chat.lastMessage) !== '')
  expect(texts(after.chat)).toEqual(['user go', 'assistant for ever '])
  await after.chat.stop()
  await resumed
  expect(after.chat.status).toBe('ready')
  const reader = await peers.session('bob')
  expect(await run(reader, ({ status }) => status === 'ended')).toMatchObject({ reason: 'cancelled' })
  expect(await after.transport.reconnectToStream({ chatId: 's' })).toBeNull()
})

test('V22 a reader that goes away stops nothing; nor does a chat whose page was left', async () => {
  const end = gate()
  await peers.worker(async (work) => {
    await work.text('still ')
    await end.opened
    await work.text('there')
  })
  const { transport, chat, shows } = await tab({ sync: true })
  const stream = await transport.sendMessages({
    chatId: 's',
    trigger: 'submit-message',
    messageId: undefined,
    messages: [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'go' }] }],
    abortSignal: undefined,
  })
  const reader = stream.getReader()
  expect((await reader.read()).value).toMatchObject({ type: 'start' })
  await reader.cancel()
  await shows(({ status }) => status === 'streaming' && said(chat.lastMessage) === 'still ')
  // As useChat does when its component goes.
  syncs.pop()?.close()
  await chat.stop()
  end.open()
  const other = await peers.session('bob')
  expect(await run(other, ({ status }) => status === 'ended')).toMatchObject({ reason: 'complete' })
  expect(answers(other)).toEqual(['still there'])
  expect((await server.log('s')).map(({ type }) => type)).not.toContain('run.cancel-requested')
})

test('V22 stop before the session has the message stops the run as soon as there is one', async () => {
  const { chat, client, shows } = await tab()
  const other = await peers.session('bob')
  client.setOnline(false)
  const sending = chat.sendMessage({ text: 'never mind' })
  await shows(({ status }) => status === 'submitted')
  await chat.stop()
  await sending
  expect(chat.status).toBe('ready')
  client.setOnline(true)
  expect(await run(other, ({ status }) => status === 'ended')).toMatchObject({ reason: 'cancelled' })
})

test('V23 a message that is sent twice is in the session once, and a chat that sends it again gets its answer', async () => {
  let count = 0
  await peers.worker(async (work) => {
    count += 1
    if (count === 1) throw new Error('The model is away.')
    await work.text(`answer ${count}`)
  })
  const { chat, transport } = await tab()
  await chat.sendMessage({ text: 'Hi' })
  expect([chat.status, chat.error?.message]).toEqual(['error', 'The model is away.'])
  // What a person does who presses "try again".
  await chat.sendMessage()
  expect(texts(chat)).toEqual(['user Hi', 'assistant answer 2'])
  const again = await tab()
  const [message] = chat.messages
  const stream = await again.transport.sendMessages({
    chatId: 's',
    trigger: 'submit-message',
    messageId: undefined,
    messages: message ? [message] : [],
    abortSignal: undefined,
  })
  for await (const _ of stream) void _
  const added = (await server.log('s')).filter(({ type }) => type === 'message.added')
  expect(added).toHaveLength(1)
  expect((await transport.messages('s')).map(said)).toEqual(['Hi', 'answer 2'])
})

test('V23 regenerate makes another answer, and an edit another version', async () => {
  let count = 0
  await peers.worker(async (work) => work.text(`${textOf(work.input)} ${++count}`))
  const { chat, transport } = await tab()
  await chat.sendMessage({ text: 'a' })
  await chat.regenerate()
  expect(texts(chat)).toEqual(['user a', 'assistant a 2'])
  await chat.sendMessage({ text: 'later' })
  const [first] = chat.messages
  await chat.sendMessage({ text: 'b', messageId: first?.id ?? '' })
  expect(texts(chat)).toEqual(['user b', 'assistant b 4'])
  await chat.sendMessage({ text: 'a', messageId: first?.id ?? '' })
  expect(texts(chat)).toEqual(['user a', 'assistant a 5'])
  expect((await transport.messages('s')).map(said)).toEqual(['a', 'a 5'])
  const added = (await server.log('s')).flatMap((event) => (event.type === 'message.added' ? [event.data] : []))
  expect(added.map(({ edits }) => edits)).toEqual([undefined, undefined, added[0]?.id, added[2]?.id])
})

test('V23 who shall answer is said with the message', async () => {
  await peers.worker(async (work) => work.text('I assist'))
  await peers.worker(async (work) => work.text('I research'), { agent: 'research' })
  const { chat } = await tab()
  await chat.sendMessage({ text: 'Hi' }, { body: { agent: 'research' } })
  expect(texts(chat)).toEqual(['user Hi', 'assistant I research'])
  await chat.regenerate({ body: { agent: 'assistant' } })
  expect(texts(chat)).toEqual(['user Hi', 'assistant I assist'])
})

test('V24 two tabs in sync: messages, the answer while it streams, status, ids; and each can stop', async () => {
  const middle = gate()
  await peers.worker(async (work) => {
    await work.text('half ')
    await middle.opened
    await work.text('whole ')
    await new Promise((resolve) => work.signal.addEventListener('abort', resolve))
  })
  const a = await tab({ sync: true })
  const b = await tab({ sub: 'bob', sync: true })
  void a.chat.sendMessage({ text: 'from a' })
  await b.shows((chat) => said(chat.lastMessage) === 'half ' && chat.status === 'streaming')
  expect(texts(b.chat)).toEqual(['user from a', 'assistant half '])
  middle.open()
  await Promise.all([a, b].map(({ shows }) => shows((chat) => said(chat.lastMessage) === 'half whole ')))
  await b.chat.stop()
  await Promise.all([a, b].map(({ shows }) => shows(isReady)))
  expect(await run(await peers.session('eve'), ({ status }) => status === 'ended')).toMatchObject({
    reason: 'cancelled',
    cancelledBy: 'user:bob',
  })
  await agree(a, b)
})

test('V25 an approval that another tab answers goes on in both; the late answer changes nothing', async () => {
  await peers.worker(async (work) => {
    await work.write({ type: 'tool-call', callId: 'c1', name: 'refund', input: { euros: 30 } })
    const may = await work.approve({ tool: 'refund', euros: 30 }, { key: 'c1', title: 'Refund 30 €?' })
    await work.write({ type: 'tool-result', callId: 'c1', output: may ? 'done' : 'not done' })
    await work.text(may ? 'Refunded.' : 'I did not.')
  })
  const init = { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses }
  const a = await tab({ sync: true, chat: init })
  const b = await tab({ sub: 'bob', sync: true, chat: init })
  void a.chat.sendMessage({ text: 'money' })
  const asked = (chat: Chat<UIMessage>): string | undefined => {
    const part = chat.lastMessage?.parts.find(({ type }) => type === 'tool-refund')
    return part && 'approval' in part && part.state === 'approval-requested' ? part.approval?.id : undefined
  }
  await Promise.all([a, b].map(({ shows }) => shows((chat) => isReady(chat) && asked(chat) !== undefined)))
  const id = asked(b.chat) ?? ''
  await b.chat.addToolApprovalResponse({ id, approved: true, reason: 'fine' })
  await Promise.all([a, b].map(({ shows }) => shows((chat) => isReady(chat) && said(chat.lastMessage) === 'Refunded.')))
  await agree(a, b)
  expect(a.chat.lastMessage?.parts).toMatchObject([
    { type: 'step-start' },
    {
      type: 'tool-refund',
      state: 'output-available',
      input: { euros: 30 },
      output: 'done',
      approval: { id, approved: true },
    },
    { type: 'step-start' },
    { type: 'text', text: 'Refunded.' },
  ])
  const answered = (await server.log('s')).filter(({ type }) => type === 'request.answered')
  expect(answered.map(({ actor }) => actor)).toEqual(['user:bob'])
  expect(peers.errors).toEqual([])
})

test('V25 an answer that comes after the run is sent once, and the chat is ready', async () => {
  await peers.worker(async (work) => {
    await work.write({ type: 'tool-call', callId: 'c1', name: 'refund', input: {} })
    await work.approve({ tool: 'refund' }, { key: 'c1' })
  })
  const { chat, transport } = await tab({
    chat: { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses },
  })
  const sent = vi.spyOn(transport, 'sendMessages')
  await chat.sendMessage({ text: 'money' })
  const ada = await peers.session()
  const asked = await request(ada, ({ status }) => status === 'open')
  await ada.deny(asked)
  await ended(ada)
  await chat.addToolApprovalResponse({ id: asked.id, approved: true })
  await vi.waitUntil(() => sent.mock.calls.length === 2 && isReady(chat))
  await ada.post('Everything before has been heard.')
  expect(sent).toHaveBeenCalledTimes(2)
  expect([chat.status, chat.error]).toEqual(['ready', undefined])
})

test('V25 a tab that only looks on reads the answer again when somebody else has approved', async () => {
  const middle = gate()
  await peers.worker(async (work) => {
    await work.text('May I? ')
    await work.approve({ euros: 30 }, { title: 'Refund 30 €?' })
    await work.text('I do ')
    await middle.opened
    await work.text('it.')
  })
  const { chat, shows } = await tab({ sub: 'bob', sync: true })
  const ada = await peers.session()
  await ada.send('money')
  await shows(() => isReady(chat) && said(chat.lastMessage) === 'May I? ')
  await ada.approve(await request(ada, ({ status }) => status === 'open'), 'It is due.')
  await shows(() => chat.status === 'streaming' && said(chat.lastMessage).endsWith('I do '))
  middle.open()
  await shows(() => isReady(chat) && said(chat.lastMessage).endsWith('it.'))
  // Without a call of its own the approval is a part that says how it was decided.
  const decided = { type: 'tool-approval', output: { approved: true, reason: 'It is due.' } }
  expect(chat.lastMessage?.parts).toContainEqual(expect.objectContaining(decided))
})

test('V25 without sync an approval and a denial are sent by sendAutomaticallyWhen, and the answer goes on in its message', async () => {
  await peers.worker(async (work) => {
    for (const tool of ['one', 'two']) {
      await work.text(`May I do ${tool}? `)
      const may = await work.approve({ tool }, { key: tool, title: tool })
      await work.text(may ? 'Yes. ' : 'No. ')
    }
  })
  const { chat, shows } = await tab({
    chat: { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses },
  })
  void chat.sendMessage({ text: 'go' })
  for (const [index, approved] of [true, false].entries()) {
    const waiting = (): string | undefined =>
      chat.lastMessage?.parts.flatMap((part) =>
        'approval' in part && part.state === 'approval-requested' && part.approval ? [part.approval.id] : [],
      )[0]
    await shows(() => isReady(chat) && waiting() !== undefined)
    expect(waiting()).toMatch(index === 0 ? /\.one$/ : /\.two$/)
    await chat.addToolApprovalResponse({ id: waiting() ?? '', approved })
  }
  await shows(() => isReady(chat) && said(chat.lastMessage).endsWith('No. '))
  expect(said(chat.lastMessage)).toBe('May I do one? Yes. May I do two? No. ')
  expect(chat.messages).toHaveLength(2)
})

test('V25 a client tool that two tabs would run is run by one, and its output goes to the agent', async () => {
  await peers.worker(async (work) => {
    await work.write({ type: 'tool-call', callId: 'w1', name: 'where', input: {} })
    const result = await work.clientTool('where', {}, { key: 'w1' })
    await work.write({ type: 'tool-result', callId: 'w1', output: 'output' in result ? result.output : null })
    await work.text('output' in result ? `In ${JSON.stringify(result.output)}.` : 'Nowhere.')
  })
  let ran = 0
  const open = (sub: string): Promise<Tab> =>
    tab({
      sub,
      sync: true,
      transport: { clientTools: ['where'] },
      chat: {
        sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
        onToolCall: ({ toolCall }) => {
          ran += 1
          const { chat } = tabs[sub === 'ada' ? 0 : 1] ?? {}
          void chat?.addToolOutput({ tool: 'where', toolCallId: toolCall.toolCallId, output: 'Bern' })
        },
      },
    })
  const tabs: Tab[] = []
  tabs.push(await open('ada'), await open('bob'))
  void tabs[0]?.chat.sendMessage({ text: 'where am I?' })
  await Promise.all(tabs.map(({ shows }) => shows((chat) => isReady(chat) && said(chat.lastMessage) === 'In "Bern".')))
  expect(ran).toBe(1)
  expect(peers.errors).toEqual([])
})

test('V25 a page of the AI SDK and a route of the AI SDK, with a session between them: calls keep their ids', async () => {
  const rounds: readonly (readonly UIMessageChunk[])[] = [
    [
      { type: 'start' },
      { type: 'start-step' },
      { type: 'tool-input-available', toolCallId: 'c1', toolName: 'refund', input: { euros: 30 } },
      { type: 'tool-approval-request', toolCallId: 'c1', approvalId: 'a1' },
      { type: 'tool-input-available', toolCallId: 'c2', toolName: 'where', input: {} },
      { type: 'finish-step' },
      { type: 'finish', finishReason: 'tool-calls' },
    ],
    [
      { type: 'start' },
      { type: 'tool-output-available', toolCallId: 'c1', output: 'done' },
      { type: 'start-step' },
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Refunded in Bern.' },
      { type: 'text-end', id: 't' },
      { type: 'finish', finishReason: 'stop' },
    ],
  ]
  await using upstream = await openUpstream(({ response }) => {
    const chunks = rounds[upstream.calls.length - 1] ?? []
    response.setHeader('content-type', 'text/event-stream')
    response.end(
      [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`).join(''),
    )
  })
  await peers.worker(httpAgent({ url: upstream.url, format: 'ai-sdk' }))
  const { chat, shows } = await tab({ chat: { sendAutomaticallyWhen: allAnswered } })
  void chat.sendMessage({ text: 'money' })
  const stateOf = (callId: string): string | undefined => {
    const part = chat.lastMessage?.parts.find((each) => 'toolCallId' in each && each.toolCallId === callId)
    return part && 'state' in part ? part.state : undefined
  }
  await shows(() => isReady(chat) && stateOf('c1') === 'approval-requested' && stateOf('c2') === 'input-available')
  const asked = chat.lastMessage?.parts.find((part) => 'approval' in part && part.approval)
  const id = asked && 'approval' in asked ? asked.approval?.id : undefined
  await chat.addToolApprovalResponse({ id: id ?? '', approved: true })
  await chat.addToolOutput({ tool: 'where', toolCallId: 'c2', output: 'Bern' })
  await shows(() => isReady(chat) && said(chat.lastMessage) === 'Refunded in Bern.')
  expect([stateOf('c1'), stateOf('c2')]).toEqual(['output-available', 'output-available'])
  expect(upstream.calls).toHaveLength(2)
  const messages = upstream.calls[1]?.body['messages'] as unknown as UIMessage[] // as useChat would send them
  expect(messages.at(-1)?.parts).toMatchObject([
    { toolCallId: 'c1', state: 'approval-responded', approval: { approved: true } },
    { toolCallId: 'c2', state: 'output-available', output: 'Bern' },
  ])
})

test('V25 a page that sends nothing by itself: the sync gives the answer, once', async () => {
  await peers.worker(async (work) => {
    const may = await work.approve({ tool: 'refund' }, { key: 'k', title: 'May I?' })
    await work.text(may ? 'Done.' : 'No.')
  })
  const { chat, shows } = await tab({ sync: true })
  void chat.sendMessage({ text: 'go' })
  await shows(() => isReady(chat) && JSON.stringify(chat.messages).includes('approval-requested'))
  const [part] = chat.lastMessage?.parts.filter((each) => 'approval' in each) ?? []
  await chat.addToolApprovalResponse({
    id: part && 'approval' in part ? (part.approval?.id ?? '') : '',
    approved: true,
  })
  syncs[0]?.update()
  syncs[0]?.update()
  await shows(() => isReady(chat) && said(chat.lastMessage) === 'Done.')
  const answered = (await server.log('s')).filter(({ type }) => type === 'request.answered')
  expect([answered.length, peers.errors]).toEqual([1, []])
})

test('V26 older messages are loaded by page into the chat, also beside those that it was begun with', async () => {
  const session = await peers.session('ada')
  const count = 120
  for (let index = 1; index <= count; index += 1) await session.post(`m${index}`)
  const { chat, transport, shows } = await tab({ sync: true })
  await shows(() => said(chat.lastMessage) === `m${count}`)
  expect(transport.snapshot('s').hasOlder).toBe(true)
  while (transport.snapshot('s').hasOlder) await transport.loadOlder('s')
  await shows(({ messages }) => messages.length === count)
  expect(said(chat.messages[0])).toBe('m1')
  const begun = await tab({ sync: true, chat: { messages: chat.messages } })
  await session.post('new')
  await begun.shows(() => said(begun.chat.lastMessage) === 'new')
  expect(begun.chat.messages).toHaveLength(count + 1)
})

test('V25 a chat is ready for an answer also when somebody has sent more, and then reads what was sent', async () => {
  await peers.worker(async (work) => {
    if (textOf(work.input) === 'ask') await work.approve({ tool: 'refund' }, { key: 'k', title: 'May I?' })
    await work.text(`${textOf(work.input)} done`)
  })
  const { chat, shows } = await tab({ sync: true })
  void chat.sendMessage({ text: 'ask' })
  await shows(() => isReady(chat) && JSON.stringify(chat.messages).includes('approval-requested'))
  await chat.sendMessage({ text: 'more' })
  expect(chat.status).toBe('ready')
  const [part] = chat.messages.flatMap(({ parts }) => parts.filter((each) => 'approval' in each))
  await chat.addToolApprovalResponse({
    id: part && 'approval' in part ? (part.approval?.id ?? '') : '',
    approved: true,
  })
  syncs[0]?.update()
  await shows(() => isReady(chat) && said(chat.lastMessage) === 'more done')
  expect(texts(chat).toSorted()).toEqual(['assistant ask done', 'assistant more done', 'user ask', 'user more'])
})
