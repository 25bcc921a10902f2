import { formatOffset, type Verb } from '@headrace/core'
import type { Served } from './serve.ts'

export interface StreamAnswerRead {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** Of the error of the table, if it is one. */
  readonly code: string | undefined
}

export interface StreamAsk {
  readonly token?: string | null
  readonly type?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

/** Requests to the streams of a server. */
export class StreamCaller {
  readonly #server: Pick<Served, 'url' | 'token'>

  constructor(server: Pick<Served, 'url' | 'token'>) {
    this.#server = server
  }

  url(path: string): string {
    return `${this.#server.url}/v1/stream/${path}`
  }

  async ask(
    line: string,
    { token = this.#server.token, type, body, headers = {} }: StreamAsk = {},
  ): Promise<StreamAnswerRead> {
    const [method = 'GET', path = ''] = line.split(' ')
    const response = await fetch(this.url(path), {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(type !== undefined && { 'content-type': type }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    })
    const text = await response.text()
    return { status: response.status, text, headers: response.headers, code: codeOf(text) }
  }

  json(line: string, value: unknown, options: StreamAsk = {}): Promise<StreamAnswerRead> {
    return this.ask(line, { type: 'application/json', body: JSON.stringify(value), ...options })
  }

  /** Makes a stream of text, with words in it. */
  async make(path: string, ...words: readonly string[]): Promise<void> {
    await this.ask(`PUT ${path}`, { type: 'text/plain' })
    for (const word of words) await this.ask(`POST ${path}`, { type: 'text/plain', body: word })
  }

  async text(path: string): Promise<string> {
    return (await this.ask(`GET ${path}`)).text
  }
}

function codeOf(text: string): string | undefined {
  if (!text.startsWith('{"error":')) return undefined
  return (JSON.parse(text) as { readonly error: { readonly code: string } }).error.code // written by the server
}

export function tokenFor(server: Served, s: string, op: readonly Verb[]): Promise<string> {
  return server.auth.mint({ sub: 'bob', cap: [{ s, op }] }, 600)
}

export const offsetOf = formatOffset
