import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Tokens } from './tokens.ts'

/** A new token is got so long before the old one expires. */
const leadMs = 60_000
const retryMs = 5_000
const shortestMs = 1_000

export interface RenewalOptions {
  readonly clock: Clock
  readonly tokens: Tokens
  /** Hands a new token to the live connection. */
  readonly send: (token: string) => void
  readonly onError: (error: HeadraceError) => void
}

/** Replaces the token of a live connection before it expires. Only a token function can do that. */
export class Renewal {
  readonly #options: RenewalOptions
  #cancel: () => void = () => undefined
  /** Changes when it starts or stops, so that a token which arrives late is not sent. */
  #round = 0

  constructor(options: RenewalOptions) {
    this.#options = options
  }

  /** @param expiresAt - when the connection's token expires, milliseconds since 1970 */
  start(expiresAt: number): void {
    this.stop()
    const { clock, tokens } = this.#options
    const livesMs = expiresAt - clock.now()
    // With a clock that is far ahead of the server's nothing can be planned; the server then ends the connection at
    // expiry and the next one begins with a new token.
    if (tokens.renewable && livesMs > 0) this.#plan(livesMs)
  }

  #plan(livesMs: number): void {
    const waitMs = livesMs > 2 * leadMs ? livesMs - leadMs : livesMs / 2
    this.#cancel = this.#options.clock.after(Math.max(waitMs, shortestMs), () => void this.#renew(livesMs, this.#round))
  }

  async #renew(livesMs: number, round: number): Promise<void> {
    const { clock, tokens, send, onError } = this.#options
    try {
      const token = await tokens.fresh()
      if (round !== this.#round) return
      send(token)
      // How long the new one lives the server need not say; where it does, `start` is called again.
      this.#plan(livesMs)
    } catch (thrown) {
      if (round !== this.#round) return
      onError(HeadraceError.from(thrown))
      this.#cancel = clock.after(retryMs, () => void this.#renew(livesMs, round))
    }
  }

  stop(): void {
    this.#round += 1
    this.#cancel()
  }
}
