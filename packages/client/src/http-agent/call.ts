/**
 * Calls an endpoint, and again where that can do no harm.
 *
 *   calling ──answered 2xx──▶ its answer is read, and nothing is ever sent again
 *      │ ▲
 *      │ └─ not reached, or 429 or 503 with Retry-After: it has begun nothing. At most 5 times
 *      └──anything else──▶ failed
 */
import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { failed, quoted } from './failure.ts'
import { timed } from './timed.ts'

export interface Call {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Media types that may come. */
  readonly accept: readonly string[]
  readonly signal: AbortSignal
}

export interface CallOptions {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly firstByteMs: number
}

const maxTries = 5
const firstWaitMs = 500
/** Whoever wants to be asked later than this is busy, as far as a person who waits is concerned. */
const maxWaitMs = 60_000
const excerptMs = 2_000
const maxExcerptBytes = 2_048

/** Codes of errors that say that nothing was sent. */
const notReached = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * @throws HeadraceError `upstream_failed` with what it did instead of answering
 * @throws the reason of the signal
 */
export async function callEndpoint(call: Call, options: CallOptions): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await callOnce(call, options)
    if ('answer' in outcome) return outcome.answer
    const waitMs = outcome.waitMs ?? firstWaitMs * 2 ** (tries - 1)
    if (tries >= maxTries || waitMs > maxWaitMs) throw outcome.error
    await rest(waitMs, call.signal, options.clock)
  }
}

type Outcome =
  | { readonly answer: Response }
  /** Nothing has begun there, so it may be called again: after a while, or after what it said. */
  | { readonly error: HeadraceError; readonly waitMs?: number }

async function callOnce(call: Call, options: CallOptions): Promise<Outcome> {
  const { url, headers, body, accept, signal } = call
  const { fetch, clock, firstByteMs } = options
  const giveUp = new AbortController()
  let answer: Response
  try {
    const either = AbortSignal.any([signal, giveUp.signal])
    const init: RequestInit = { method: 'POST', headers, body, signal: either, redirect: 'manual' }
    const late = (): Error => failed(`did not begin to answer within ${firstByteMs} ms (firstByteMs).`)
    answer = await timed(fetch(url, init), { clock, ms: firstByteMs, late })
  } catch (thrown) {
    giveUp.abort()
    signal.throwIfAborted()
    if (thrown instanceof HeadraceError) throw thrown
    const code = codeOf(thrown)
    if (code === 'ERR_NOT_ALLOWED') throw failed(`may not be reached. ${messageOf(thrown)}`, { code }, thrown)
    const error = failed(`could not be reached. ${reasonOf(thrown)}`, { code }, thrown)
    if (notReached.has(code)) return { error }
    throw failed(`broke off before it answered. ${reasonOf(thrown)}`, { code }, thrown)
  }
  const { status } = answer
  const type = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (answer.ok && accept.includes(type)) return { answer }
  const waitMs = retryAfterOf(answer, clock)
  const said = await excerpt(answer, clock)
  const error = refusal({ status, type, said, accept })
  return waitMs === undefined ? fail(error) : { error, waitMs }
}

function fail(error: HeadraceError): never {
  throw error
}

interface Refusal {
  readonly status: number
  readonly type: string
  readonly said: string
  readonly accept: readonly string[]
}

function refusal({ status, type, said, accept }: Refusal): HeadraceError {
  const as = type === '' ? 'without a content type' : `with ${quoted(type)}`
  const begins = said === '' ? 'It says nothing.' : `It begins: ${quoted(said)}.`
  if (status >= 300 && status < 400 && status !== 304)
    return failed(`answered ${status}, a redirect, and those are not followed.`, { status })
  if (status >= 200 && status < 300)
    return failed(`answered ${status} ${as} where ${accept.join(' or ')} was expected. ${begins}`, { status, type })
  // A redirect that the platform hides has the status 0.
  if (status === 0) return failed('answered with a redirect, and those are not followed.')
  return failed(`answered ${status} ${as}. ${begins}`, { status, type })
}

/** When it wants to be asked again, in milliseconds from now, if it says so. */
function retryAfterOf({ status, headers }: Response, clock: Clock): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const text = headers.get('retry-after')
  if (text === null) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock.now())
}

/** The beginning of a body, whatever it is; nothing is waited for long. */
async function excerpt({ body }: Response, clock: Clock): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const read = async (): Promise<void> => {
    while (bytes < maxExcerptBytes) {
      const { done, value } = await reader.read()
      if (done) return
      bytes += value.length
      text += decoder.decode(value.subarray(0, maxExcerptBytes), { stream: true })
    }
  }
  // What has come is as good as all of it: this is for a sentence in an error.
  await timed(read(), { clock, ms: excerptMs, late: () => new Error('too slow') }).catch(() => undefined)
  reader.cancel().catch(() => undefined)
  return text
}

/** @throws the reason of the signal, when it aborts meanwhile */
async function rest(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => reject(signal.reason as Error) // a run's signal aborts with an Error
  signal.addEventListener('abort', onAbort)
  const cancel = clock.after(ms, resolve)
  try {
    await promise
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

/** `fetch` says why in the cause of its error. */
function codeOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
}

/** Of a `fetch` that chose its words for people: the platform's own hold addresses of the network. */
function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : ''
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection broke off.',
  UND_ERR_SOCKET: 'The connection broke off.',
  UND_ERR_CONNECT_TIMEOUT: 'No connection came about in time.',
  ENOTFOUND: 'Its host name is not known.',
  EAI_AGAIN: 'Its host name could not be resolved now.',
  EHOSTUNREACH: 'There is no way to its host.',
  ENETUNREACH: 'There is no way to its host.',
}

function reasonOf(thrown: unknown): string {
  return reasons[codeOf(thrown)] ?? 'The request failed.'
}
