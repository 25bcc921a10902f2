import { HeadraceError } from '@headrace/core'

/** A token, or a function that gets a current one each time it is called. */
export type TokenSource = string | (() => string | Promise<string>)

/** Gets tokens and remembers the last one, for requests beside the connection. */
export class Tokens {
  readonly #source: TokenSource
  #last: string | undefined

  constructor(source: TokenSource) {
    this.#source = source
  }

  /** Whether asking again can give another token. */
  get renewable(): boolean {
    return typeof this.#source === 'function'
  }

  /** The last token, or a first one. */
  async current(): Promise<string> {
    return this.#last ?? this.fresh()
  }

  /** @throws HeadraceError `unauthenticated` when the token function fails. */
  async fresh(): Promise<string> {
    try {
      this.#last = typeof this.#source === 'function' ? await this.#source() : this.#source
      return this.#last
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause)
      throw new HeadraceError('unauthenticated', `The token function failed: ${text}`, { cause })
    }
  }
}
