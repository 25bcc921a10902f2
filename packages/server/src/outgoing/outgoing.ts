/**
 * Requests that the server makes to addresses that others chose: webhooks, and agents behind HTTP. Whoever may set an
 * address must not be able to reach what only the server can reach (server-side request forgery), nor to hold it up.
 *
 *   judge the address ─▶ resolve its name ─▶ every answer public? ─▶ connect to those answers and no others ─▶ read, capped
 *
 * The name is resolved once and the connection pinned to what came out, so that a name which changes its mind between the
 * look and the connect (DNS rebinding) changes nothing. Redirects are not followed: a 3xx is an answer like any other.
 */
import type { IncomingMessage } from 'node:http'
import { systemClock, type Clock } from '../clock.ts'
import { judge, notPublic } from './destination.ts'
import { createOutgoingFetch } from './outgoing-fetch.ts'
import { isPublicAddress } from './public-address.ts'
import {
  Failure,
  checkHeaders,
  describe,
  find,
  openRequest,
  resolveAll,
  type Headers,
  type OutgoingRequest,
  type ResolvedAddress,
} from './reach.ts'

export interface OutgoingOptions {
  /**
   * Hosts that may have a private address and be reached by plain `http:`: `agents.internal` on any port, or
   * `agents.internal:8080`; an IPv6 address in brackets. Default none.
   */
  readonly allowPrivate?: readonly string[]
  /** Longest time for resolving and connecting, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** Longest time for the whole request, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number
  /** Bytes of an answer after which it is cut. Default 65,536. */
  readonly maxResponseBytes?: number
  /** Time; default the machine's. */
  readonly clock?: Clock
  /** Turns a host name into addresses; default the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>
}

/** What became of a request. */
export type OutgoingResult =
  | {
      readonly outcome: 'answered'
      readonly status: number
      readonly headers: IncomingMessage['headers']
      readonly body: Buffer
      /** The answer was longer than `maxResponseBytes`; `body` is its beginning. */
      readonly isCut: boolean
    }
  /** The address may not be reached: the same request can't succeed. */
  | { readonly outcome: 'refused'; readonly message: string }
  /** It could not be reached, or did not answer in time: the same request may succeed later. */
  | { readonly outcome: 'failed'; readonly message: string }

export interface Outgoing {
  /**
   * Sends a POST. Never rejects because of the other end: see {@link OutgoingResult}. Its texts hold no address of the
   * network behind the server.
   *
   * @throws HeadraceError `bad_request` for a header that is not for callers to set
   */
  post(url: string, body: string | Uint8Array, headers?: Headers, options?: PostOptions): Promise<OutgoingResult>
  /**
   * `fetch` for answers that go on for a while, under the same rules: judged, pinned, no redirects. It has no limits of its
   * own but the one for connecting: whoever reads the body bounds it. Rejects with a `TypeError` whose `cause.code` says
   * why, as Node's does; the code is `ERR_NOT_ALLOWED` where the address may not be reached.
   */
  readonly fetch: typeof globalThis.fetch
  /** Whether an address may be reached, as far as it says itself; for checking it when it is set. */
  check(url: string): { readonly allowed: true } | { readonly allowed: false; readonly message: string }
}

export interface PostOptions {
  /** Gives the request up. */
  readonly signal?: AbortSignal
}

/**
 * Makes the way out for requests to addresses that others chose.
 *
 * @example
 * ```ts
 * const outgoing = createOutgoing({ timeoutMs: 10_000 })
 * const result = await outgoing.post('https://example.com/hook', body, signWebhook([secret], { id, at, body }))
 * if (result.outcome === 'answered' && result.status < 300) done()
 * ```
 */
export function createOutgoing(options: OutgoingOptions = {}): Outgoing {
  const trusted = new Set((options.allowPrivate ?? []).map((host) => host.toLowerCase()))
  const { resolve = resolveAll } = options

  return {
    fetch: createOutgoingFetch({ ...options, trusted }),
    check(url) {
      const destination = judge(url, trusted)
      return destination.allowed ? { allowed: true } : destination
    },
    async post(url, body, headers = {}, { signal } = {}) {
      checkHeaders(headers)
      const destination = judge(url, trusted)
      if (!destination.allowed) return { outcome: 'refused', message: destination.message }
      const deadline = startDeadline(options, signal)
      try {
        const addresses = await deadline.race(find(destination.url, resolve))
        if (!destination.mayBePrivate && !addresses.every(({ address }) => isPublicAddress(address)))
          return { outcome: 'refused', message: notPublic }
        return await deadline.race(
          exchange({ ...destination, method: 'POST', body, headers, addresses }, options, deadline),
        )
      } catch (thrown) {
        return { outcome: 'failed', message: thrown instanceof Failure ? thrown.message : describe(thrown) }
      } finally {
        deadline.end()
      }
    },
  }
}

function exchange(
  exchange: OutgoingRequest,
  { maxResponseBytes = 65_536 }: OutgoingOptions,
  deadline: Deadline,
): Promise<OutgoingResult> {
  return new Promise((settle, reject) => {
    const request = openRequest(exchange, () => deadline.connected())
    deadline.onEnd(() => request.destroy())
    request.on('error', reject)
    request.on('response', (response) => void readCapped(response, maxResponseBytes).then(settle, reject))
    request.end(exchange.body)
  })
}

async function readCapped(response: IncomingMessage, maxBytes: number): Promise<OutgoingResult> {
  const chunks: Buffer[] = []
  let bytes = 0
  let isCut = false
  for await (const chunk of response) {
    const piece = chunk as Buffer // no encoding was set
    chunks.push(piece.subarray(0, maxBytes - bytes))
    bytes += piece.length
    if (bytes <= maxBytes) continue
    isCut = true
    break // leaving the loop destroys the stream
  }
  const { statusCode = 0, headers } = response
  return { outcome: 'answered', status: statusCode, headers, body: Buffer.concat(chunks), isCut }
}

interface Deadline {
  race<T>(work: Promise<T>): Promise<T>
  connected(): void
  onEnd(run: () => void): void
  end(): void
}

function startDeadline(options: OutgoingOptions, signal: AbortSignal | undefined): Deadline {
  const { connectTimeoutMs = 5_000, timeoutMs = 15_000, clock = systemClock } = options
  const over = Promise.withResolvers<never>()
  over.promise.catch(() => undefined) // nobody may be racing it
  const give = (message: string): void => over.reject(new Failure(message))
  const cancelConnect = clock.after(connectTimeoutMs, () => give(`No connection within ${connectTimeoutMs} ms.`))
  const cancelWhole = clock.after(timeoutMs, () => give(`No whole answer within ${timeoutMs} ms.`))
  const onAbort = (): void => give('The request was given up.')
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) onAbort()
  let stop: () => void = () => undefined
  return {
    race: (work) => Promise.race([work, over.promise]),
    connected: cancelConnect,
    onEnd: (run) => (stop = run),
    end() {
      cancelConnect()
      cancelWhole()
      signal?.removeEventListener('abort', onAbort)
      stop()
    },
  }
}
