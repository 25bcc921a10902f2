import { HeadraceError, type WireError } from '@headrace/core'
import type { Tokens } from './tokens.ts'

export interface HttpOptions {
  readonly url: string
  readonly tokens: Tokens
  readonly fetch?: typeof globalThis.fetch
}

interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the server's address, without a leading `/`. */
  readonly path: string
  readonly query?: Query
  readonly body?: object
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** Asks over HTTP: what is asked for once and not followed. */
export class Http {
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.#options = options
  }

  /**
   * @returns the JSON of the answer, typed by who asks: the server made it from the same types
   * @throws HeadraceError what the server says, or `connection_lost`
   */
  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.#json<T>({ method: 'GET', path, query })
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#json<T>({ method: 'POST', path, body })
  }

  /** Like {@link post}, where the answer is empty. */
  async send(path: string, body: object): Promise<void> {
    await this.#fetch({ method: 'POST', path, body })
  }

  async delete(path: string, query: Query = {}): Promise<void> {
    await this.#fetch({ method: 'DELETE', path, query })
  }

  /** The lines of an answer that is too long to be read at once, without their ends. Leaving early ends the request. */
  async *lines(path: string, query: Query = {}): AsyncGenerator<string, void, undefined> {
    const response = await this.#fetch({ method: 'GET', path, query })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    if (!reader) return
    let rest = ''
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        const lines = (rest + value).split('\n')
        rest = lines.pop() ?? ''
        yield* lines
      }
      if (rest !== '') yield rest
    } catch (cause) {
      throw new HeadraceError('connection_lost', `The answer to ${path} ended in the middle. Ask again.`, { cause })
    } finally {
      // Also when it was read to its end, where it does nothing.
      await reader.cancel().catch(() => undefined)
    }
  }

  async #json<T>(request: Request): Promise<T> {
    const response = await this.#fetch(request)
    try {
      return (await response.json()) as T // see `get`
    } catch (cause) {
      throw senseless(response.url, cause)
    }
  }

  /** A token that is refused is replaced once, if there is a function that can. */
  async #fetch(request: Request): Promise<Response> {
    const { tokens } = this.#options
    try {
      return await this.#send(request, await tokens.current())
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (error.retry !== 'token' || !tokens.renewable) throw error
      return this.#send(request, await tokens.fresh())
    }
  }

  async #send({ method, path, query = {}, body }: Request, token: string): Promise<Response> {
    const { url: base, fetch = globalThis.fetch } = this.#options
    const url = new URL(path, httpUrl(base))
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value))
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    let response: Response
    try {
      response = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
    } catch (cause) {
      throw senseless(`${url.origin}${url.pathname}`, cause)
    }
    if (response.ok) return response
    throw await errorOf(response, url)
  }
}

function httpUrl(base: string): string {
  const url = base.replace(/^ws/, 'http')
  return url.endsWith('/') ? url : `${url}/`
}

function senseless(where: string, cause: unknown): HeadraceError {
  const text = `No answer that makes sense came from ${where}. Is the server running there?`
  return new HeadraceError('connection_lost', text, { cause })
}

async function errorOf(response: Response, url: URL): Promise<HeadraceError> {
  let body: unknown
  try {
    body = await response.json()
  } catch (cause) {
    return senseless(`${url.origin}${url.pathname}`, cause)
  }
  if (typeof body === 'object' && body !== null && 'error' in body) {
    return HeadraceError.fromWire(body.error as WireError) // the server's one error shape
  }
  const text = `The server answered with HTTP status ${response.status} and no error that this client knows.`
  return new HeadraceError('internal', text)
}
