/**
 * An agent that is somebody else's HTTP endpoint, as the handler of a worker.
 *
 *   the run ─▶ a request in the endpoint's own format ─▶ its stream ─▶ parts of the session
 *
 * Who calls is a worker and not a client, so the stream is read to its end whatever clients do, and a stop aborts it. What
 * may be called twice is what has begun nothing; where an answer was lost in the middle only `retry` says so.
 */
import { HeadraceError, type JsonObject, type PromptPart } from '@headrace/core'
import { createSseReader, type Chunk, type SseEvent } from '@headrace/formats'
import { systemClock } from '../clock.ts'
import { toJson } from '../to-json.ts'
import type { AgentRun, RunHandler } from '../agent/run.ts'
import { answerText } from './answer-text.ts'
import { callEndpoint } from './call.ts'
import { formatOf } from './formats.ts'
import { defaults, type HttpAgentOptions } from './options.ts'
import { requestFor, roundsOf, toolParts, type Rounds } from './rounds.ts'
import type { AnswerReader, Ask, WireFormat } from './wire-format.ts'

/** Calls of one run: an endpoint that asks and asks again would never end. */
const maxCalls = 32

/**
 * Makes a handler out of an endpoint that answers with a stream: the run is the request, the stream its output. Tool
 * approvals and tools that run on clients become requests of the session; when they are answered the endpoint is called
 * again, as its own client would do.
 *
 * @example
 * ```ts
 * const worker = createWorker({
 *   url,
 *   token,
 *   agent: 'support',
 *   handler: httpAgent({ url: 'https://example.com/api/chat', format: 'ai-sdk' }),
 * })
 * ```
 */
export function httpAgent(options: HttpAgentOptions): RunHandler {
  const format = formatOf(options.format)
  return async (run) => {
    if (options.retry !== 'on-loss' && lapsesOf(run) > 0) throw lost()
    const rounds = roundsOf(run)
    if (rounds.open.length > 0) return run.suspend({ waitsFor: rounds.open, detail: waiting })
    if (rounds.next > maxCalls) throw tooMany()
    await settleCalls(run, rounds)
    const seen = new Map<string, Ask>()
    const body = bodyOf(run, rounds, format)
    const reader = format.read(body)
    const step = `call-${rounds.next}`
    await run.pipe(watched(answer({ run, options, format, body, reader }), seen), { step })
    const asks = [...reader.asks, ...unanswered(seen, reader)]
    if (asks.length === 0) return undefined
    const requests = asks.map((ask) => requestFor(ask, rounds.next))
    for (const { key, spec } of requests) void run.request(key, spec)
    return run.suspend({ waitsFor: requests.map(({ key }) => key), detail: waiting })
  }
}

const waiting = 'It waits for an answer.'

function lapsesOf({ id, view }: AgentRun): number {
  return view.runs.find((run) => run.id === id)?.lapses ?? 0
}

function lost(): HeadraceError {
  return new HeadraceError(
    'upstream_failed',
    'The answer was lost with the process that read it, and the agent is not registered to be called again (retry on-loss). Ask again.',
  )
}

function tooMany(): HeadraceError {
  return new HeadraceError(
    'upstream_failed',
    `The agent's endpoint asked for something after each of ${maxCalls} calls.`,
  )
}

/** What came of tools that ran on clients, for readers of the session. The endpoint is told in the next call. */
async function settleCalls(run: AgentRun, { outcomes }: Rounds): Promise<void> {
  for (const { callId, status } of toolParts(run)) {
    const outcome = outcomes.get(callId)
    if (status !== 'open' || !outcome) continue
    if ('output' in outcome) await run.write({ type: 'tool-result', callId, output: outcome.output })
    else await run.write({ type: 'tool-error', callId, error: outcome.error })
  }
}

/** Notes calls of tools that have no result yet. */
async function* watched(chunks: AsyncIterable<Chunk>, seen: Map<string, Ask>): AsyncGenerator<Chunk, void, undefined> {
  for await (const chunk of chunks) {
    if (chunk.type === 'tool-call') {
      const { callId, name, input } = chunk
      seen.set(callId, { type: 'tool', callId, name, input: toJson(input) })
    } else if (chunk.type === 'tool-error' || (chunk.type === 'tool-result' && chunk.preliminary !== true))
      seen.delete(chunk.callId)
    yield chunk
  }
}

function unanswered(seen: ReadonlyMap<string, Ask>, { asks, elsewhere }: AnswerReader): readonly Ask[] {
  const asked = new Set(asks.map((ask) => ('callId' in ask ? ask.callId : '')))
  return [...seen].filter(([callId]) => !asked.has(callId) && !elsewhere.has(callId)).map(([, ask]) => ask)
}

function bodyOf(run: AgentRun, { approvals, outcomes, interrupts }: Rounds, format: WireFormat): JsonObject {
  const { session, id, attempt } = run
  const open = toolParts(run).filter(({ output, error }) => output === undefined && error === undefined)
  const pending = new Set(open.map(({ callId }) => callId).filter((callId) => !outcomes.has(callId)))
  const messages = run.prompt().map((message) => ({ ...message, parts: message.parts.map((part) => settled(part)) }))
  return format.body({ session, run: id, attempt, messages, approvals, pending, interrupts })

  /** The view that the prompt is made of does not have yet what this attempt has only just been told. */
  function settled(part: PromptPart): PromptPart {
    const outcome = part.kind === 'tool' ? outcomes.get(part.callId) : undefined
    if (part.kind !== 'tool' || !outcome) return part
    const { kind, name, callId, input } = part
    return { kind, name, callId, input, ...outcome }
  }
}

interface Asked {
  readonly run: AgentRun
  readonly options: HttpAgentOptions
  readonly format: WireFormat
  readonly body: JsonObject
  readonly reader: AnswerReader
}

async function* answer({ run, options, format, body: own, reader }: Asked): AsyncGenerator<Chunk, void, undefined> {
  const { url, clock = systemClock, fetch = globalThis.fetch } = options
  const { firstByteMs, idleMs, totalMs, maxBytes } = { ...defaults, ...given(options) }
  const { signal } = run
  const body = JSON.stringify({ ...format.defaults, ...options.body, ...own })
  const headers = headersOf(run, { options, format, body })
  const response = await callEndpoint(
    { url, headers, body, accept: format.accept, signal },
    { fetch, clock, firstByteMs },
  )
  const isOver = (): boolean => reader.isOver
  const events = eventsOf(response)
  for await (const text of answerText(response.body, { clock, idleMs, totalMs, maxBytes, isOver }))
    for (const event of events.push(text)) yield* reader.push(event)
  for (const event of events.end()) yield* reader.push(event)
  yield* reader.end()
}

/** Options that were given as `undefined` are as good as left out. */
function given(options: HttpAgentOptions): Partial<typeof defaults> {
  const entries = Object.entries(options).filter(([name, value]) => name in defaults && value !== undefined)
  return Object.fromEntries(entries)
}

function headersOf(
  { session, id, attempt }: AgentRun,
  { options, format, body }: { readonly options: HttpAgentOptions; readonly format: WireFormat; readonly body: string },
): Readonly<Record<string, string>> {
  const key = `${session}/${id}/${attempt}`
  return {
    ...format.headers,
    ...options.headers,
    ...options.sign?.({ id: key, body }),
    'Content-Type': 'application/json',
    Accept: format.accept.join(', '),
    'Idempotency-Key': key,
  }
}

/** Plain text is a stream of pieces already. */
function eventsOf({ headers }: Response): { push(text: string): readonly SseEvent[]; end(): readonly SseEvent[] } {
  if (headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true) return createSseReader()
  return { push: (data) => (data === '' ? [] : [{ event: 'message', data }]), end: () => [] }
}
