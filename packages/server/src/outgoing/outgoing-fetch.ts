import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { systemClock } from '../clock.ts'
import { judge, notPublic } from './destination.ts'
import { isPublicAddress } from './public-address.ts'
import {
  Failure,
  checkHeaders,
  codeOf,
  describe,
  find,
  openRequest,
  resolveAll,
  type ResolvedAddress,
} from './reach.ts'
import type { OutgoingOptions } from './outgoing.ts'

type Fetch = typeof globalThis.fetch

export interface OutgoingFetchOptions extends Pick<OutgoingOptions, 'clock' | 'connectTimeoutMs' | 'resolve'> {
  /** Hosts that may be private. */
  readonly trusted: ReadonlySet<string>
}

/** `fetch` behind the walls of outgoing.ts, for answers that are read as they come. */
export function createOutgoingFetch(options: OutgoingFetchOptions): Fetch {
  const { trusted, resolve = resolveAll } = options
  return async (input, init = {}) => {
    const text = typeof input === 'string' ? input : 'href' in input ? input.href : input.url
    const destination = judge(text, trusted)
    if (!destination.allowed) throw notAllowed(destination.message)
    const request = new Request(input, init)
    const headers = Object.fromEntries(request.headers)
    checkHeaders(headers)
    const { method, signal } = request
    const body = new Uint8Array(await request.arrayBuffer())
    signal.throwIfAborted()
    const connecting = startConnecting(options, signal)
    try {
      const addresses = await connecting.race(find(destination.url, resolve))
      if (!destination.mayBePrivate && !allPublic(addresses)) throw notAllowed(notPublic)
      const outgoing = openRequest({ ...destination, method, body, headers, addresses }, () => connecting.over())
      connecting.onFailure((why) => outgoing.destroy(why))
      return toResponse(await answerOf(outgoing, body, signal))
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      if (thrown instanceof TypeError) throw thrown
      throw failed(thrown instanceof Failure ? thrown.message : describe(thrown), codeOf(thrown))
    } finally {
      connecting.over()
    }
  }
}

function allPublic(addresses: readonly ResolvedAddress[]): boolean {
  return addresses.every(({ address }) => isPublicAddress(address))
}

/** What went wrong, in the form that Node's `fetch` gives it. */
function failed(message: string, code: string): TypeError {
  return new TypeError(message, { cause: { code } })
}

function notAllowed(message: string): TypeError {
  return failed(message, 'ERR_NOT_ALLOWED')
}

/** Sends the request and waits for the head of its answer. From then on the signal ends the body. */
function answerOf(outgoing: ClientRequest, body: Uint8Array, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((settle, reject) => {
    const onAbort = (): void => void outgoing.destroy()
    signal.addEventListener('abort', onAbort, { once: true })
    outgoing.once('close', () => signal.removeEventListener('abort', onAbort))
    outgoing.on('error', reject)
    outgoing.on('response', (answer) => settle(answer))
    outgoing.end(body)
  })
}

/** Statuses whose answers have no body; the platform refuses to make one with a body. */
const bodiless = new Set([204, 205, 304])

function toResponse(answer: IncomingMessage): Response {
  const { statusCode = 0, rawHeaders } = answer
  if (statusCode < 200 || statusCode > 599) {
    answer.destroy()
    throw failed(`The answer has the status ${statusCode}, which does not exist.`, 'ERR_BAD_STATUS')
  }
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  if (bodiless.has(statusCode)) {
    answer.resume()
    return new Response(null, { status: statusCode, headers })
  }
  const body = Readable.toWeb(answer) as ReadableStream<Uint8Array> // Node declares the same class under another name
  return new Response(body, { status: statusCode, headers })
}

interface Connecting {
  race<T>(work: Promise<T>): Promise<T>
  onFailure(run: (why: Error) => void): void
  over(): void
}

/** Bounds the time until there is a connection. */
function startConnecting(
  { clock = systemClock, connectTimeoutMs = 5_000 }: OutgoingFetchOptions,
  signal: AbortSignal,
): Connecting {
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // nobody may be racing it
  let tell: (why: Error) => void = () => undefined
  const fail = (why: Error): void => {
    failure.reject(why)
    tell(why)
  }
  const onAbort = (): void => failure.reject(new Failure('The request was given up.'))
  const cancel = clock.after(connectTimeoutMs, () =>
    // The code that Node's own `fetch` has for it.
    fail(failed(`No connection within ${connectTimeoutMs} ms.`, 'UND_ERR_CONNECT_TIMEOUT')),
  )
  signal.addEventListener('abort', onAbort)
  return {
    race: (work) => Promise.race([work, failure.promise]),
    onFailure: (run) => (tell = run),
    over() {
      cancel()
      signal.removeEventListener('abort', onAbort)
    },
  }
}
