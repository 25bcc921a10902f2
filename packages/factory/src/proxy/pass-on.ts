import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Json, JsonObject } from '@headrace/core'
import type { AccessState } from './model-access.ts'
import { costOf, type ModelPrice } from './price.ts'
import { keyHeader, type ModelProvider, type Route, type WireFormat } from './provider.ts'
import type { Refusal } from './refusal.ts'
import { UsageMeter } from './usage-meter.ts'

export interface CallLimits {
  /** Bytes of what an agent sends in one call. Default 64 MiB. */
  readonly maxBodyBytes?: number
  /** How long a provider may take to begin its answer, in ms. Default 600,000: models think. */
  readonly answerMs?: number
  /** How long a provider may say nothing in the middle of an answer, in ms. Default 300,000. */
  readonly silenceMs?: number
}

export interface PassOnOptions {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The provider's name. */
  readonly name: string
  readonly provider: ModelProvider
  readonly route: Route
  /** The path below the provider's URL. */
  readonly rest: string
  readonly prices: Readonly<Record<string, ModelPrice>>
  readonly access: AccessState
  readonly refuse: (refusal: Refusal) => void
  readonly limits: CallLimits
}

/** Passes a call on to its provider, and the answer back, and counts what it used. */
export async function passOn(options: PassOnOptions): Promise<void> {
  const { request, response, provider, route, refuse, access, prices, name } = options
  const key = provider.key()
  if (key === undefined || key === '') {
    return refuse({ status: 401, code: 'key_missing', message: `The factory has no key for the provider ${name}.` })
  }
  const read = await readBody(request, options)
  if (!(read instanceof Uint8Array)) return refuse(read)
  const asked = route.kind === 'ask' ? prepare(read, route) : { body: read, model: '' }
  if ('status' in asked) return refuse(asked)
  // Read again: other calls may have ended while this one was sent.
  const exhausted = access.exhausted()
  if (exhausted !== undefined) return refuse({ status: 429, code: 'budget_exhausted', message: exhausted })

  const abort = new AbortController()
  const startedAt = performance.now()
  let meter: UsageMeter | undefined
  let status = 0
  const price = Object.hasOwn(prices, asked.model) ? prices[asked.model] : undefined
  const call = { used: () => meter?.usage, price, abort }
  access.begin(call)
  let answer: IncomingMessage | Refusal | undefined
  const gone = (): void => {
    // It closes in the end, and when the provider went away first.
    const isOver = response.writableFinished || (answer && 'destroyed' in answer && answer.destroyed)
    if (!isOver) abort.abort(new Error('The agent went away.'))
  }
  response.once('close', gone)
  let end: 'complete' | 'cut' | 'failed' = 'failed'
  try {
    answer = await ask(options, { key, body: asked.body, signal: abort.signal })
    if ('code' in answer) return refuse(answer)
    status = answer.statusCode ?? 502
    const encoding = answer.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity' && route.kind === 'ask') {
      answer.destroy()
      const message = `${name} answers in the encoding ${encoding}, which can't be counted and was not asked for.`
      return refuse({ status: 502, code: 'not_metered', message })
    }
    if (route.kind === 'ask' && status >= 200 && status < 300) {
      const isStream = (answer.headers['content-type'] ?? '').startsWith('text/event-stream')
      meter = new UsageMeter({ format: route.format, body: isStream ? 'events' : 'json' })
    }
    response.writeHead(status, passedBack(answer.headers))
    response.flushHeaders() // the first words may be long in coming
    await pipeline(answer, counted(meter), response, { signal: abort.signal })
    end = 'complete'
  } catch {
    // The agent, its attempt or the provider went away in the middle; the agent sees that its connection does.
    end = abort.signal.aborted ? 'cut' : 'failed'
    response.destroy()
  } finally {
    response.off('close', gone)
    const usage = meter?.usage
    const costUsd = usage && costOf(usage, price)
    access.end(
      call,
      route.kind === 'ask'
        ? {
            provider: name,
            format: route.format,
            model: asked.model,
            status,
            end,
            durationMs: Math.round(performance.now() - startedAt),
            ...(usage && { usage }),
            ...(costUsd !== undefined && { costUsd }),
          }
        : undefined,
    )
  }
}

function counted(meter: UsageMeter | undefined): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // Counted before it is passed on: whoever has read the end has been counted.
      meter?.push(chunk)
      done(null, chunk)
    },
    flush(done) {
      meter?.end()
      done()
    },
  })
}

async function readBody(request: IncomingMessage, { limits }: PassOnOptions): Promise<Uint8Array | Refusal> {
  const { maxBodyBytes = 67_108_864 } = limits
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity')
    return { status: 415, code: 'bad_request', message: `A body in the encoding ${encoding} is not read.` }
  const message = `The body has more than ${maxBodyBytes} bytes, the most that is passed on.`
  const tooLarge: Refusal = { status: 413, code: 'too_large', message }
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return tooLarge
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) return tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

interface Asked {
  readonly body: Uint8Array
  readonly model: string
}

/** The body as it is passed on: as it came, but that a stream is asked to say what it used. */
function prepare(body: Uint8Array, route: Extract<Route, { kind: 'ask' }>): Asked | Refusal {
  const bad = (message: string): Refusal => ({ status: 400, code: 'bad_request', message })
  let value: Json
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8')) as Json // it is JSON if it can be parsed
  } catch {
    return bad('The body is no JSON.')
  }
  if (!isObject(value)) return bad('The body is no JSON object.')
  const model = route.model ?? value['model']
  if (typeof model !== 'string' || model === '') return bad('The body names no model.')
  // It would work on when this call is over, and nobody would count it.
  if (value['background'] === true) return bad('Answers in the background are not counted, so they are not passed on.')
  if (!mustAskForUsage(route.format, value)) return { body, model }
  const said = value['stream_options']
  const stream_options = { ...(isObject(said) && said), include_usage: true }
  return { body: Buffer.from(JSON.stringify({ ...value, stream_options })), model }
}

function mustAskForUsage(format: WireFormat, { stream, stream_options: options }: JsonObject): boolean {
  return format === 'openai-chat' && stream === true && !(isObject(options) && options['include_usage'] === true)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Sent {
  readonly key: string
  readonly body: Uint8Array
  readonly signal: AbortSignal
}

/** Asks the provider; resolves when its answer begins. */
function ask(options: PassOnOptions, { key, body, signal }: Sent): Promise<IncomingMessage | Refusal> {
  const { request, provider, rest, name, limits } = options
  const { answerMs = 600_000, silenceMs = 300_000 } = limits
  const url = new URL(`${provider.url.replace(/\/+$/, '')}${rest}${queryOf(request.url ?? '')}`)
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const hasBody = request.method === 'POST'
  const headers = {
    ...passedOn(request.headers),
    ...keyHeader(provider.kind, key),
    'accept-encoding': 'identity',
    ...(hasBody && { 'content-length': String(body.byteLength) }),
  }
  return new Promise((resolve, reject) => {
    const upstream = send(url, { method: request.method, headers, signal })
    let isSilent = false
    const late = setTimeout(() => {
      isSilent = true
      upstream.destroy()
    }, answerMs)
    upstream.once('response', (answer) => {
      clearTimeout(late)
      answer.setTimeout(silenceMs, () => answer.destroy(new Error('The provider went silent.')))
      resolve(answer)
    })
    upstream.once('error', (error) => {
      clearTimeout(late)
      if (signal.aborted) return reject(error)
      const silent = `${name} did not begin to answer within ${answerMs / 1_000} s.`
      // Its message may name addresses, never the key.
      const unreachable = `${name} could not be reached: ${error.message}`
      resolve(
        isSilent
          ? { status: 504, code: 'model_silent', message: silent }
          : { status: 502, code: 'model_unreachable', message: unreachable },
      )
    })
    upstream.end(hasBody ? body : undefined)
  })
}

/** What is about one connection, or says who is asking. */
const own: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
  'x-goog-api-key',
])

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name)))
}

/** What is about one connection, or would set something at the agent for another one. */
const notBack: ReadonlySet<string> = new Set([
  'alt-svc',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'set-cookie',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function passedBack(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !notBack.has(name)))
}

/** The query without the token. */
function queryOf(url: string): string {
  const [, query = ''] = url.split('?')
  const left = query.split('&').filter((field) => field !== '' && !field.startsWith('key='))
  return left.length === 0 ? '' : `?${left.join('&')}`
}
