/** Real graphs of LangGraph and models of LangChain, through a worker and a server, into a session. */
import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { Command, MemorySaver, MessagesAnnotation, START, StateGraph, interrupt } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { ChatOpenAI } from '@langchain/openai'
import { expect, test } from 'vitest'
import { fromLangChain } from '@headrace/client/langchain'
import { startModelServer, type Script, type Turn } from '@headrace/testing/model-server'
import { Peers, answers, ended, reaches } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import type { AgentRun } from '@headrace/client/agent'

const turns: readonly Turn[] = [
  {
    steps: [
      { type: 'text', text: 'One moment. ' },
      { type: 'tools', calls: [{ name: 'weather', input: { city: 'Oslo' }, id: 'c1' }] },
    ],
    usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 2 },
  },
  { steps: [{ type: 'text', text: 'It rains.' }], usage: { inputTokens: 20, outputTokens: 3, cachedTokens: 10 } },
]

/** Calls a tool first, and then says what came of it. */
const script: Script = ({ toolResults }) => turns[toolResults.length] ?? { status: 500 }

const weather = tool(({ city }: { city: string }) => ({ city, rain: true }), {
  name: 'weather',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
})

type State = typeof MessagesAnnotation.State

function graph(url: string) {
  const model = new ChatOpenAI({
    apiKey: 'none',
    model: 'scripted',
    maxRetries: 0,
    configuration: { baseURL: `${url}/v1` },
  })
  const withTools = model.bindTools([weather])
  return new StateGraph(MessagesAnnotation)
    .addNode('agent', async ({ messages }: State) => ({ messages: [await withTools.invoke(messages)] }))
    .addNode('tools', new ToolNode([weather]))
    .addEdge(START, 'agent')
    .addConditionalEdges('agent', ({ messages }: State) => {
      const last = messages.at(-1)
      return last instanceof AIMessage && (last.tool_calls?.length ?? 0) > 0 ? 'tools' : '__end__'
    })
    .addEdge('tools', 'agent')
    .compile()
}

const input = () => ({ messages: [new HumanMessage('Weather?')] })

const streams: Readonly<Record<string, (url: string, run: AgentRun) => Promise<AsyncIterable<object>>>> = {
  messages: (url, { signal }) => graph(url).stream(input(), { streamMode: 'messages', signal }),
  updates: (url, { signal }) => graph(url).stream(input(), { streamMode: 'updates', signal }),
  'both modes': (url, { signal }) =>
    graph(url).stream(input(), { streamMode: ['messages', 'updates', 'values'], signal }),
  events: async (url, { signal }) => graph(url).streamEvents(input(), { version: 'v2', signal }),
}

test.each(Object.keys(streams))('B1 B6: a graph of LangGraph by %s is in the session word for word', async (name) => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  await using models = await startModelServer({ script })
  await peers.worker(async (run) => {
    const stream = await streams[name]?.(models.url, run)
    if (stream) await run.pipe(fromLangChain(stream))
  })
  const session = await peers.session()
  await session.send({ agent: 'assistant', text: 'Weather?' })
  await ended(session)
  expect(answers(session)).toEqual(['One moment. It rains.'])
  const { runs, messages } = session.getSnapshot().view
  expect(runs[0]).toMatchObject({ reason: 'complete', usage: { inputTokens: 30, outputTokens: 8, cachedTokens: 12 } })
  expect(messages.at(-1)?.parts.filter(({ kind }) => kind === 'tool')).toMatchObject([
    { name: 'weather', callId: 'c1', input: { city: 'Oslo' }, output: { city: 'Oslo', rain: true }, status: 'closed' },
  ])
  expect(peers.errors).toEqual([])
})

test('B4 B6: a graph that fails ends the run in its words', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const broken = new StateGraph(MessagesAnnotation)
    .addNode('agent', async () => Promise.reject(new Error('The graph overheated.')))
    .addEdge(START, 'agent')
    .compile()
  await peers.worker(async (run) => run.pipe(fromLangChain(await broken.stream(input(), { streamMode: 'messages' }))))
  const session = await peers.session()
  await session.send({ agent: 'assistant', text: 'Hi' })
  await ended(session)
  expect(session.getSnapshot().view.runs[0]).toMatchObject({ reason: 'failed', detail: 'The graph overheated.' })
})

test('B9: an interrupt of a graph is asked in the session, and its answer resumes the graph', async () => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  const asking = new StateGraph(MessagesAnnotation)
    .addNode('agent', () => {
      const answer: unknown = interrupt({ question: 'Which city?' })
      return { messages: [new AIMessage(`It rains in ${String(answer)}.`)] }
    })
    .addEdge(START, 'agent')
    .compile({ checkpointer: new MemorySaver() })
  await peers.worker(async (run) => {
    const options = { configurable: { thread_id: run.id }, streamMode: 'updates', signal: run.signal } as const
    await run.pipe(fromLangChain(await asking.stream(input(), options)))
    const city = await run.ask('Which city?', { type: 'string' })
    await run.pipe(fromLangChain(await asking.stream(new Command({ resume: city }), options)))
  })
  const session = await peers.session()
  await session.send({ agent: 'assistant', text: 'Weather?' })
  await reaches(session, ({ requests }) => requests.length === 1)
  const [request] = session.getSnapshot().view.requests
  if (request) await session.answer(request, { value: 'Oslo' })
  await ended(session)
  expect(answers(session)).toEqual(['It rains in Oslo.'])
  expect(session.getSnapshot().view.messages.at(-1)?.parts[0]).toMatchObject({
    kind: 'data',
    name: 'interrupt',
    value: { value: { question: 'Which city?' } },
  })
})
