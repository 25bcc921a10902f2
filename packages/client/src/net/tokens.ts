import { HeadraceError } from '@headrace/core'

/** A token, or a function that gets a current one each time it is called. */
export type TokenSource = string | (() => string | Promise<string>)

/** Gets a ticket, which stands for a token once: from the application's own server, which holds the token. */
export type TicketSource = () => string | Promise<string>

/** How a connection says who it is. */
export type Credential = { readonly token: string } | { readonly ticket: string }

/** Gets tokens and tickets, and remembers the last token for requests beside the connection. */
export class Tokens {
  readonly #source: TokenSource | undefined
  readonly #ticket: TicketSource | undefined
  #last: string | undefined

  constructor(source: TokenSource | undefined, ticket?: TicketSource) {
    this.#source = source
    this.#ticket = ticket
  }

  /** Whether asking again can give another token. */
  get renewable(): boolean {
    return typeof this.#source === 'function'
  }

  /** Whether a connection that was refused can be tried with something else. */
  get reconnects(): boolean {
    return this.renewable || this.#ticket !== undefined
  }

  /** What to begin a connection with. */
  async hello(): Promise<Credential> {
    if (this.#ticket) return { ticket: await call('ticket', this.#ticket) }
    return { token: await this.fresh() }
  }

  /** The last token, or a first one. */
  async current(): Promise<string> {
    return this.#last ?? this.fresh()
  }

  /** @throws HeadraceError `unauthenticated` when the token function fails, the token is empty, or there is only a ticket. */
  async fresh(): Promise<string> {
    const source = this.#source
    if (source === undefined) {
      const text =
        'A ticket opens a connection and nothing else. Give connect a token too, for what is asked beside it.'
      throw new HeadraceError('unauthenticated', text)
    }
    const token = typeof source === 'function' ? await call('token', source) : source
    // Mostly a variable of the environment that is not set.
    if (token === '')
      throw new HeadraceError(
        'unauthenticated',
        'The token is empty. Give the one of this server: `headrace token` makes one.',
      )
    this.#last = token
    return token
  }
}

async function call(name: string, source: () => string | Promise<string>): Promise<string> {
  try {
    return await source()
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new HeadraceError('unauthenticated', `The ${name} function failed: ${text}`, { cause })
  }
}
