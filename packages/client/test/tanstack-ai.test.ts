import { ChatClient, type ConnectionAdapter, type UIMessage } from '@tanstack/ai-client'
import { afterEach, beforeAll, afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import { connect, type Client } from '@headrace/client'
import { createWorker, type RunHandler, type Worker } from '@headrace/client/agent'
import { createTanStackConnection, type TanStackConnection } from '@headrace/client/tanstack-ai'
import { isOpen } from '@headrace/core'
import { RealServer } from './support/real-server.ts'

let server: RealServer
beforeAll(async () => {
  server = await RealServer.start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  expect(server.errors).toEqual([])
})

const open: (Client | Worker)[] = []
const chats: ChatClient[] = []
afterEach(async () => {
  for (const chat of chats.splice(0)) chat.dispose()
  await Promise.all(open.splice(0).map((each) => ('session' in each ? each.close() : each.close({ graceMs: 0 }))))
})

async function reader(sub = 'ada'): Promise<Client> {
  const client = connect({ url: server.url, token: await server.token(sub), backoff: { minMs: 1, maxMs: 20 } })
  open.push(client)
  return client
}

async function worker(handler: RunHandler): Promise<void> {
  const token = await server.token('assistant', { kind: 'agent' })
  const made = createWorker({ url: server.url, token, agent: 'assistant', handler })
  open.push(made)
  await made.ready
}

interface Tab {
  readonly chat: ChatClient
  readonly client: Client
  readonly connection: TanStackConnection
  /** Resolves when the messages of the tab are so. */
  readonly until: (holds: (messages: readonly UIMessage[]) => boolean) => Promise<readonly UIMessage[]>
  readonly errors: Error[]
  /** Resolves with the first error. */
  readonly failed: Promise<Error>
}

async function tab(session: string, sub = 'ada'): Promise<Tab> {
  const client = await reader(sub)
  const connection = createTanStackConnection({ client, session })
  const errors: Error[] = []
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()
  const listeners = new Set<() => void>()
  const chat = new ChatClient({
    connection,
    threadId: session,
    persistence: true,
    onMessagesChange: () => listeners.forEach((listener) => listener()),
    onError: (error) => {
      errors.push(error)
      fail(error)
    },
  })
  chat.attach()
  chats.push(chat)
  return {
    chat,
    client,
    connection,
    errors,
    failed,
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (holds(chat.getMessages())) resolve(chat.getMessages())
        }
        listeners.add(look)
        look()
      }),
  }
}

let count = 0
const name = (): string => `tanstack-${(count += 1)}`
const said = (messages: readonly UIMessage[]): readonly string[] =>
  messages.flatMap(({ role, parts }) =>
    parts.flatMap((part) => (part.type === 'text' || part.type === 'thinking' ? [`${role}: ${part.content}`] : [])),
  )
const has =
  (text: string) =>
  (messages: readonly UIMessage[]): boolean =>
    said(messages).some((words) => words.includes(text))

test('U10: it is a connection of TanStack AI', () => {
  expectTypeOf<TanStackConnection>().toExtend<ConnectionAdapter>()
})

describe('U10: the stock chat of TanStack AI is a session', () => {
  test('it sends once, streams text, thoughts and tools, and others see it live', async () => {
    await worker(async (run) => {
      await run.reasoning('hm')
      await run.text('Hello ')
      await run.write({ type: 'tool-call', callId: 'c1', name: 'weather', input: { city: 'Bern' } })
      await run.write({ type: 'tool-result', callId: 'c1', output: { sun: true } })
      await run.text('sunny')
    })
    const id = name()
    // Who follows a session that does not exist sees it when they send.
    await (await reader()).session(id).create()
    const [one, two] = [await tab(id), await tab(id, 'bob')]
    two.chat.subscribe()
    await one.chat.sendMessage('Weather?')
    expect(said(one.chat.getMessages())).toEqual([
      'user: Weather?',
      'assistant: hm',
      'assistant: Hello ',
      'assistant: sunny',
    ])
    const parts = one.chat.getMessages().flatMap((message) => message.parts)
    expect(parts).toContainEqual(expect.objectContaining({ type: 'tool-call', id: 'c1', name: 'weather' }))
    expect(parts).toContainEqual(
      expect.objectContaining({ type: 'tool-result', toolCallId: 'c1', content: '{"sun":true}' }),
    )
    expect(said(await two.until(has('sunny')))).toEqual(said(one.chat.getMessages()))
    await two.chat.sendMessage('And now?')
    expect(
      said(await one.until((messages) => messages.filter(has1('sunny')).length === 2)).filter((words) =>
        words.startsWith('user'),
      ),
    ).toEqual(['user: Weather?', 'user: And now?'])
    const { messages } = await one.client.session(id).until(({ view }) => view.messages.length === 4)
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    expect([...one.errors, ...two.errors]).toEqual([])
  })

  test('a connection that is lost in the middle is no error, and nothing comes twice', async () => {
    const half = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    await worker(async (run) => {
      await run.text('one ')
      half.resolve()
      await goOn.promise
      await run.text('two ')
      await run.text('three')
    })
    const one = await tab(name())
    const sent = one.chat.sendMessage('Count')
    await half.promise
    await one.until(has('one'))
    one.client.drop()
    goOn.resolve()
    await sent
    expect(said(one.chat.getMessages())).toEqual(['user: Count', 'assistant: one two three'])
    expect(one.errors).toEqual([])
  })

  test('a page that is loaded again shows the session, and goes on with the answer', async () => {
    const half = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    await worker(async (run) => {
      await run.text('one ')
      half.resolve()
      await goOn.promise
      await run.text('two')
    })
    const id = name()
    const before = await tab(id)
    void before.chat.sendMessage('Count')
    await half.promise
    await before.until(has('one'))
    before.chat.dispose()
    const after = await tab(id)
    expect(said(await after.until(has('one')))).toEqual(['user: Count', 'assistant: one '])
    goOn.resolve()
    expect(said(await after.until(has('two')))).toEqual(['user: Count', 'assistant: one two'])
    await after.client.session(id).until(({ view }) => view.runs.every(({ status }) => status === 'ended'))
    const again = await tab(id)
    expect(said(await again.until(has('two')))).toEqual(['user: Count', 'assistant: one two'])
    expect([...after.errors, ...again.errors]).toEqual([])
  })

  test('an approval is an interrupt; of two answers the first one counts, wherever it is given', async () => {
    await worker(async (run) => {
      await run.text('May I? ')
      const isApproved = await run.approve({ pay: 5 }, { title: 'Pay 5?' })
      await run.text(isApproved ? 'Paid.' : 'Not paid.')
    })
    const id = name()
    const one = await tab(id)
    await one.chat.sendMessage('Pay')
    const [interrupt] = one.chat.getInterruptState().interrupts
    expect(interrupt).toMatchObject({ reason: 'confirmation', message: 'Pay 5?' })
    if (!interrupt || !('resolveInterrupt' in interrupt)) throw new Error('It can be resolved.')
    const resolve = interrupt.resolveInterrupt as (payload: unknown) => void // a generic one takes any payload
    resolve({ approved: true })
    expect(said(await one.until(has('Paid.')))).toEqual(['user: Pay', 'assistant: May I? ', 'assistant: Paid.'])
    await one.client.session(id).until(({ view }) => view.runs.every(({ status }) => status === 'ended'))
    const second = name()
    const two = await tab(second)
    await two.chat.sendMessage('Pay')
    const other = (await reader('bob')).session(second)
    const { view } = await other.until(({ view: now }) => now.requests.some(isOpen))
    await other.deny(view.requests.find(isOpen)!)
    expect(said(await two.until(has('Not paid.')))).toEqual(['user: Pay', 'assistant: May I? ', 'assistant: Not paid.'])
    expect([...one.errors, ...two.errors]).toEqual([])
  })

  test('asking again gives another answer to the same message', async () => {
    let asked = 0
    await worker(async (run) => run.text(`answer ${(asked += 1)}`))
    const one = await tab(name())
    await one.chat.sendMessage('Hi')
    await one.chat.reload()
    expect(said(await one.until(has('answer 2')))).toEqual(['user: Hi', 'assistant: answer 2'])
    expect(one.errors).toEqual([])
  })

  test('a message that steers a run has no answer of its own, and nobody waits for one', async () => {
    const steered = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    await worker(async (run) => {
      run.onSteer((message) => {
        run.consume(message)
        steered.resolve()
      })
      await run.text('one ')
      await goOn.promise
      await run.text('two')
    })
    const id = name()
    await (await reader()).session(id).create({ policy: 'steer' })
    const [one, two] = [await tab(id), await tab(id, 'bob')]
    // A chat that has joined a run sends nothing before that is over, so this one looks while there is none.
    await two.connection.hydrate?.(id)
    const counted = one.chat.sendMessage('Count')
    await one.until(has('one'))
    await two.chat.sendMessage('Slowly')
    await steered.promise
    goOn.resolve()
    await counted
    expect(said(await one.until(has('two')))).toEqual(['user: Count', 'assistant: one two', 'user: Slowly'])
    expect([...one.errors, ...two.errors]).toEqual([])
  })

  test('who sends before what there is has come gets that too', async () => {
    const goOn = Promise.withResolvers<void>()
    await worker(async (run) => {
      await run.text('Yes')
      if (run.view.runs.length > 1) await goOn.promise
      await run.text('.')
    })
    const id = name()
    const before = await tab(id)
    await before.chat.sendMessage('First')
    const after = await tab(id)
    const sent = after.chat.sendMessage('Second')
    const all = ['user: First', 'assistant: Yes.', 'user: Second', 'assistant: Yes']
    expect(said(await after.until((messages) => said(messages).length === 4))).toEqual(all)
    goOn.resolve()
    await sent
    expect(said(after.chat.getMessages())).toEqual([...all.slice(0, 3), 'assistant: Yes.'])
    // It is over under the id that the chat gave it.
    await expect.poll(() => after.chat.getSessionGenerating()).toBe(false)
    expect([...before.errors, ...after.errors]).toEqual([])
  })

  test('stopping the chat stops nothing, stopping the session does; a failure is an error', async () => {
    const half = Promise.withResolvers<void>()
    await worker(async (run) => {
      if (run.history.length > 1) throw new Error('no model')
      await run.text('one ')
      half.resolve()
      await new Promise((resolve) => run.signal.addEventListener('abort', resolve))
      throw run.signal.reason
    })
    const id = name()
    const one = await tab(id)
    void one.chat.sendMessage('Count')
    await half.promise
    await one.until(has('one'))
    one.chat.stop()
    const session = one.client.session(id)
    expect((await session.until(({ status }) => status === 'live')).view.runs[0]?.status).toBe('active')
    await one.connection.stop()
    await session.until(({ view }) => view.runs[0]?.status === 'ended')
    await one.chat.sendMessage('Again')
    expect((await one.failed).message).toContain('no model')
  })
})

const has1 = (text: string) => (message: UIMessage) => has(text)([message])
