/** The guides under docs/ run as they stand: their agents and clients at a real server, and they print what they say. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { startModelServer } from '@headrace/testing/model-server'
import { RealServer } from './support/real-server.ts'
import { Peers } from './support/peers.ts'
import { Shelf } from './support/shelf.ts'
import { openUpstream, sse } from './support/upstream.ts'
import type { Worker } from '@headrace/client/agent'

const docs = join(import.meta.dirname, '../../../docs')

interface Guide {
  readonly name: string
  readonly agent: string | undefined
  readonly client: string
  readonly prints: string
}

async function guides(): Promise<readonly Guide[]> {
  const found: Guide[] = []
  for (const name of (await readdir(docs)).sort()) {
    const text = name.endsWith('.md') ? await readFile(join(docs, name), 'utf8') : ''
    const client = block(text, 'run: client')
    if (client === undefined) continue
    found.push({ name, client, agent: block(text, 'run: agent'), prints: block(text, 'prints') ?? '' })
  }
  return found
}

function block(text: string, mark: string): string | undefined {
  return new RegExp(`<!-- ${mark} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
}

/** What a guide takes for granted. */
interface Given {
  readonly client: unknown
  readonly url: string
  readonly token: string
  readonly console: { log(...values: readonly unknown[]): void }
  readonly shelf: Shelf
  /** Somebody's own, which streams text. */
  readonly endpoint: string
  ask(prompt: unknown, options: { readonly signal: AbortSignal }): AsyncIterable<string>
  readonly openai: OpenAI
  readonly anthropic: Anthropic
  readonly model: unknown
  readonly graph: unknown
  readonly streamText: typeof streamText
}

/** The SDKs of a reader, at a model that says how the weather is. */
function sdks(url: string): Pick<Given, 'openai' | 'anthropic' | 'model' | 'graph' | 'streamText'> {
  const key = { apiKey: 'none', maxRetries: 0 }
  const baseURL = `${url}/v1`
  const chat = new ChatOpenAI({ ...key, model: 'scripted', configuration: { baseURL } })
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('agent', async ({ messages }) => ({ messages: [await chat.invoke(messages)] }))
    .addEdge(START, 'agent')
    .compile()
  return {
    openai: new OpenAI({ ...key, baseURL }),
    anthropic: new Anthropic({ ...key, baseURL: url }),
    model: createOpenAI({ apiKey: 'none', baseURL })('scripted'),
    graph,
    streamText,
  }
}

/** A model that begins a story and has to be stopped. */
async function* ask(_prompt: unknown, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<string> {
  yield 'Once upon a time '
  await new Promise((stop) => signal.addEventListener('abort', stop))
}

function moduleOf(code: string): string {
  const lines = code.split('\n')
  const isImport = (line: string): boolean => line.startsWith('import ')
  return [
    ...lines.filter(isImport),
    'export async function run(given) {',
    'const { client, url, token, console, shelf, endpoint, ask, openai, anthropic, model, graph, streamText } = given',
    ...lines.filter((line) => !isImport(line)),
    // The agents of a guide are in one of these.
    "return [typeof worker === 'undefined' ? [] : worker, typeof workers === 'undefined' ? [] : workers].flat()",
    '}',
  ].join('\n')
}

const all = await guides()

test('there are guides', () => {
  expect(all.map(({ name }) => name)).toEqual([
    'ag-ui.md',
    'agents.md',
    'approvals.md',
    'coming-back.md',
    'double-texting.md',
    'durable-streams.md',
    'existing-endpoint.md',
    'stop-button.md',
    'takeover.md',
    'tokens.md',
    'two-agents.md',
    'use-chat.md',
  ])
})

test.each(all)('docs/$name does what it says', async ({ agent, client, prints }) => {
  await using server = await RealServer.start()
  await using peers = new Peers(server)
  await using models = await startModelServer({ script: () => ({ steps: [{ type: 'text', text: 'It rains.' }] }) })
  await using upstream = await openUpstream((call) => {
    const say = sse(call)
    for (const words of ['Your order', ' is on', ' its way.', '[DONE]']) say(words)
    call.response.end()
  })
  const folder = await mkdtemp(join(import.meta.dirname, 'guide-'))
  const printed: string[] = []
  const given: Given = {
    client: await peers.client('ada'),
    url: server.url,
    token: await server.token('ada'),
    console: { log: (...values) => printed.push(values.map(asText).join(' ')) },
    shelf: new Shelf(),
    endpoint: upstream.url,
    ask,
    ...sdks(models.url),
  }
  const play = async (name: string, code: string): Promise<readonly Worker[]> => {
    const file = join(folder, `${name}.ts`)
    await writeFile(file, moduleOf(code))
    const { run } = (await import(file)) as { run: (given: Given) => Promise<readonly Worker[]> } // written above
    return run(given)
  }
  const workers = agent === undefined ? [] : await play('agent', agent)
  try {
    await Promise.all(workers.map((worker) => worker.ready))
    await play('client', client)
    expect(`${printed.join('\n')}\n`).toBe(prints)
  } finally {
    await Promise.all(workers.map((worker) => worker.close({ graceMs: 0 })))
    await rm(folder, { recursive: true, force: true })
  }
})

function asText(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })
}
