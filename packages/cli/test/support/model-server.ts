import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** What the scripted model does with a request. */
export interface Behaviour {
  readonly words: readonly string[]
  /** Answers with this status and message in place of words. */
  readonly fails?: { readonly status: number; readonly message: string }
  /** Goes silent after the words and never ends. */
  readonly hangs?: boolean
}

export interface ModelRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, unknown>
  /** Resolves when the client has gone before the end. */
  readonly aborted: Promise<void>
}

export interface ModelServer extends AsyncDisposable {
  /** Without a version. */
  readonly url: string
  readonly requests: readonly ModelRequest[]
  behave(next: Behaviour): void
}

type Event = readonly [name: string | undefined, data: unknown]

/** A model on loopback: OpenAI Chat Completions and Responses, and Anthropic Messages, as server-sent events. */
export async function modelServer(): Promise<ModelServer> {
  let behaviour: Behaviour = { words: ['Hello', ' from', ' the', ' model.'] }
  const requests: ModelRequest[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array)) // a request without an encoding gives bytes
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown> // the SDKs send objects
    const aborted = new Promise<void>((resolve) =>
      response.once('close', () => !response.writableFinished && resolve()),
    )
    const path = request.url ?? ''
    requests.push({ path, headers: request.headers, body, aborted })
    const { words, fails, hangs } = behaviour
    if (fails) {
      response.writeHead(fails.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ type: 'error', error: { type: 'error', message: fails.message } }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const [before, after] = script(path, words)
    for (const event of hangs === true ? before : [...before, ...after]) response.write(encode(event))
    if (hangs !== true) response.end(path.endsWith('/chat/completions') ? 'data: [DONE]\n\n' : '')
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    behave(next) {
      behaviour = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function encode([name, data]: Event): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
}

/** The events of an answer: what comes with the words, and what ends it. */
function script(path: string, words: readonly string[]): readonly [readonly Event[], readonly Event[]] {
  if (path === '/v1/chat/completions') return chat(words)
  if (path === '/v1/responses') return responses(words)
  if (path === '/v1/messages') return messages(words)
  throw new Error(`The scripted model does not know ${path}.`)
}

function chat(words: readonly string[]): readonly [readonly Event[], readonly Event[]] {
  const chunk = (choices: unknown, usage: unknown = null): Event => [
    undefined,
    { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'scripted', choices, usage },
  ]
  return [
    [
      chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
      ...words.map((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }])),
    ],
    [
      chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
      chunk([], { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 }),
    ],
  ]
}

function responses(words: readonly string[]): readonly [readonly Event[], readonly Event[]] {
  const text = words.join('')
  const item = {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  }
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'scripted' }
  let sequence_number = 0
  const event = (type: string, data: object): Event => [
    type,
    { type, sequence_number: (sequence_number += 1), ...data },
  ]
  return [
    [
      event('response.created', { response: { ...response, status: 'in_progress', output: [], usage: null } }),
      event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }),
      event('response.content_part.added', {
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        part: { type: 'output_text', text: '', annotations: [] },
      }),
      ...words.map((delta) =>
        event('response.output_text.delta', {
          item_id: 'msg_1',
          output_index: 0,
          content_index: 0,
          delta,
          logprobs: [],
        }),
      ),
    ],
    [
      event('response.output_text.done', { item_id: 'msg_1', output_index: 0, content_index: 0, text, logprobs: [] }),
      event('response.output_item.done', { output_index: 0, item }),
      event('response.completed', {
        response: {
          ...response,
          status: 'completed',
          output: [item],
          usage: {
            input_tokens: 11,
            input_tokens_details: { cached_tokens: 0 },
            output_tokens: 4,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 15,
          },
        },
      }),
    ],
  ]
}

function messages(words: readonly string[]): readonly [readonly Event[], readonly Event[]] {
  const event = (type: string, data: object): Event => [type, { type, ...data }]
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'scripted',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 11, output_tokens: 1 },
  }
  return [
    [
      event('message_start', { message }),
      event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } }),
      event('content_block_stop', { index: 0 }),
      event('content_block_start', { index: 1, content_block: { type: 'text', text: '' } }),
      ...words.map((text) => event('content_block_delta', { index: 1, delta: { type: 'text_delta', text } })),
    ],
    [
      event('content_block_stop', { index: 1 }),
      event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } }),
      event('message_stop', {}),
    ],
  ]
}
