import { HeadraceError, type WireError } from '@headrace/core'
import type { Tokens } from './tokens.ts'

export interface HttpOptions {
  readonly url: string
  readonly tokens: Tokens
  readonly fetch?: typeof globalThis.fetch
}

/** Reads over HTTP: what is asked for once and not followed. */
export class Http {
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.#options = options
  }

  /**
   * @param path - below the server's address, without a leading `/`
   * @returns the JSON of the answer, typed by who asks: the server made it from the same types
   * @throws HeadraceError what the server says, or `connection_lost`
   */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    const { tokens } = this.#options
    try {
      return await this.#request<T>(path, query, await tokens.current())
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (error.retry !== 'token' || !tokens.renewable) throw error
      return this.#request<T>(path, query, await tokens.fresh())
    }
  }

  async #request<T>(path: string, query: Query, token: string): Promise<T> {
    const { url: base, fetch = globalThis.fetch } = this.#options
    const url = new URL(path, httpUrl(base))
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value))
    let response: Response
    let body: unknown
    try {
      response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
      body = await response.json()
    } catch (cause) {
      const text = `No answer that makes sense came from ${url.origin}${url.pathname}. Is the server running there?`
      throw new HeadraceError('connection_lost', text, { cause })
    }
    if (response.ok) return body as T // see `get`
    throw errorOf(response.status, body)
  }
}

type Query = Readonly<Record<string, string | number | undefined>>

function httpUrl(base: string): string {
  const url = base.replace(/^ws/, 'http')
  return url.endsWith('/') ? url : `${url}/`
}

function errorOf(status: number, body: unknown): HeadraceError {
  if (typeof body === 'object' && body !== null && 'error' in body) {
    return HeadraceError.fromWire(body.error as WireError) // the server's one error shape
  }
  return new HeadraceError(
    'internal',
    `The server answered with HTTP status ${status} and no error that this client knows.`,
  )
}
