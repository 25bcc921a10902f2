import { setTimeout as pause } from 'node:timers/promises'
import { errorBody, pieces, type Dialect, type Frame } from './dialect.ts'
import type { ServerResponse } from 'node:http'
import type { ModelEnd, ModelRequest } from './model-request.ts'
import type { Refusal, Step, Turn, TurnUsage } from './script.ts'

export interface AnswerOptions {
  readonly request: ModelRequest
  readonly response: ServerResponse
  readonly dialect: Dialect
  /** Aborts when the client goes. */
  readonly signal: AbortSignal
  /** An id for a call that has none. */
  readonly callId: () => string
  /** A piece has left. */
  readonly onPiece: () => void
}

export function refuse({ request, response }: AnswerOptions, { status, message, retryAfter }: Refusal): ModelEnd {
  const headers = {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  }
  response.writeHead(status, headers)
  response.end(JSON.stringify(errorBody(request.protocol, status, message ?? `The script says ${status}.`)))
  return 'complete'
}

/** Plays a turn. Resolves when the script is over, or rejects because the client went. */
export async function answer(options: AnswerOptions, turn: Turn): Promise<ModelEnd> {
  return options.request.isStreaming ? stream(options, turn) : whole(options, turn)
}

async function stream(options: AnswerOptions, turn: Turn): Promise<ModelEnd> {
  const { response, dialect } = options
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  response.flushHeaders() // some protocols begin with the first words, which may be long in coming
  const send = async (frames: Iterable<Frame>): Promise<void> => {
    for (const frame of frames) {
      await write(options, frameText(frame))
      if (turn.everyMs) await pause(turn.everyMs, undefined, { signal: options.signal })
    }
  }
  await send(dialect.begin(usageOf(turn)))
  for (const step of turn.steps) {
    const cut = await fault(options, step)
    if (cut) return cut
    if (step.type === 'bytes') await write(options, step.bytes)
    await send(framesOf(options, step))
    if (step.type !== 'error') continue
    response.end()
    return 'complete'
  }
  await send(dialect.end({ stop: turn.stop, usage: usageOf(turn) }))
  response.end()
  return 'complete'
}

async function whole(options: AnswerOptions, turn: Turn): Promise<ModelEnd> {
  const { response, dialect } = options
  for (const step of turn.steps) {
    if (step.type === 'error') return refuse(options, { status: 500, message: step.message })
    const cut = await fault(options, step)
    if (cut) return cut
    exhaust(framesOf(options, step))
  }
  exhaust(dialect.end({ stop: turn.stop, usage: usageOf(turn) }))
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(dialect.whole()))
  return 'complete'
}

/** A step that is about the connection. Gives how the request ended, if it did. */
async function fault({ response, signal }: AnswerOptions, step: Step): Promise<ModelEnd | undefined> {
  switch (step.type) {
    case 'wait':
      await (typeof step.for === 'number'
        ? pause(step.for, undefined, { signal })
        : Promise.race([step.for, aborted(signal)]))
      return undefined
    case 'reset':
      response.socket?.resetAndDestroy()
      return 'cut'
    case 'break-off':
      response.end()
      return 'cut'
    case 'hang':
      await aborted(signal)
      return 'cut'
    default:
      return undefined
  }
}

function framesOf({ dialect, callId }: AnswerOptions, step: Step): Iterable<Frame> {
  switch (step.type) {
    case 'text':
      return dialect.text(pieces(step.text))
    case 'reasoning':
      return dialect.reasoning(pieces(step.text))
    case 'tools':
      return dialect.tools(step.calls.map((call) => ({ ...call, id: call.id ?? callId() })))
    case 'error':
      return [dialect.error(step.message)]
    case 'event':
      return [{ data: step.data, ...(step.event !== undefined && { event: step.event }) }]
    case 'bytes':
    case 'wait':
    case 'reset':
    case 'hang':
    case 'break-off':
      return []
    default:
      return step satisfies never
  }
}

/** Writes as fast as the client reads. */
async function write({ response, signal, onPiece }: AnswerOptions, bytes: string | Uint8Array): Promise<void> {
  signal.throwIfAborted()
  const isTaken = response.write(bytes)
  if (!isTaken) {
    const drained = Promise.withResolvers<void>()
    response.once('drain', drained.resolve)
    await Promise.race([drained.promise, aborted(signal)])
  }
  onPiece()
}

function frameText({ event, data }: Frame): string {
  const lines = typeof data === 'string' ? data : JSON.stringify(data)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${lines}\n\n`
}

function usageOf({ usage }: Turn): Required<TurnUsage> {
  return { inputTokens: 10, outputTokens: 5, cachedTokens: 0, ...usage }
}

function exhaust(frames: Iterable<Frame>): void {
  for (const _ of frames) continue
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error) // it is aborted with an Error, below in the server
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
