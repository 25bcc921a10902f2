import { randomBytes } from 'node:crypto'
import type { Budget, Usage } from '@headrace/core'
import type { MeteredUsage } from './metered-usage.ts'
import { costOf, type ModelPrice } from './price.ts'
import type { ProviderKind, WireFormat } from './provider.ts'

/** One call of a model, when it is over. */
export interface ModelCall {
  /** The provider's name in the configuration. */
  readonly provider: string
  readonly format: WireFormat
  /** As the agent asked for it. */
  readonly model: string
  /** HTTP status of the answer; 0 where none came. */
  readonly status: number
  /** `cut`: the agent went away. `failed`: the provider did, or gave no answer in time. */
  readonly end: 'complete' | 'cut' | 'failed'
  readonly durationMs: number
  /** What the provider said that it used, where it said so. */
  readonly usage?: MeteredUsage
  /** US dollars, where there is a price for the model. */
  readonly costUsd?: number
}

export interface AccessOptions {
  /** What the calls may use. Time and tool calls are not counted here. Default: no bound. */
  readonly budget?: Pick<Budget, 'tokens' | 'costUsd'>
  /** What was used before. */
  readonly used?: Usage
  /** Told of each call, once, when it is over. */
  readonly onCall?: (call: ModelCall) => void
}

/** What an attempt may do with models, until it is closed. */
export interface ModelAccess {
  /** Given in place of a key. It is good for this proxy only, and until this access is closed. */
  readonly token: string
  /**
   * What a client of this kind of provider is given as its base URL.
   *
   * @param provider - its name. Default: the first of the kind
   */
  url(kind: ProviderKind, provider?: string): string | undefined
  /** Refuses all further calls with these words, and cuts those under way. */
  exhaust(why: string): void
  /** Its token is worth nothing any more, and calls under way are cut. Idempotent. */
  close(): void
}

/** A call under way: what it used so far counts already. */
export interface OpenCall {
  readonly used: () => MeteredUsage | undefined
  readonly price: ModelPrice | undefined
  readonly abort: AbortController
}

/** Calls without a count of what they used after which no more are passed on: an agent that cuts each one would be free. */
const maxUncounted = 50

/** What an attempt has used, and whether it may go on. */
export class AccessState {
  readonly token: string = `hr-${randomBytes(24).toString('base64url')}`
  readonly #options: AccessOptions
  readonly #open = new Set<OpenCall>()
  #tokens: number
  #costUsd: number
  #uncounted = 0
  #exhausted: string | undefined

  constructor(options: AccessOptions) {
    this.#options = options
    const { inputTokens = 0, outputTokens = 0, costUsd = 0 } = options.used ?? {}
    this.#tokens = inputTokens + outputTokens
    this.#costUsd = costUsd
  }

  get openCalls(): number {
    return this.#open.size
  }

  /** Why no call is passed on any more, if so. */
  exhausted(): string | undefined {
    if (this.#exhausted !== undefined) return this.#exhausted
    const { budget = {} } = this.#options
    let tokens = this.#tokens
    let costUsd = this.#costUsd
    for (const { used, price } of this.#open) {
      const usage = used()
      if (!usage) continue
      tokens += usage.inputTokens + usage.outputTokens
      costUsd += costOf(usage, price) ?? 0
    }
    if (tokens >= (budget.tokens ?? Infinity)) return usedUp('tokens', tokens, budget.tokens)
    if (costUsd >= (budget.costUsd ?? Infinity)) return usedUp('US dollars', costUsd, budget.costUsd)
    if (this.#uncounted < maxUncounted) return undefined
    return `${this.#uncounted} calls of this attempt ended before their use could be counted; no more are passed on.`
  }

  exhaust(why: string): void {
    this.#exhausted ??= why
    for (const { abort } of this.#open) abort.abort(new Error(why))
  }

  begin(call: OpenCall): void {
    this.#open.add(call)
  }

  /** @param over - what came of it; nothing for a call that costs nothing */
  end(call: OpenCall, over?: ModelCall): void {
    if (!this.#open.delete(call) || !over) return
    const { usage, costUsd = 0, status, end } = over
    if (usage) {
      this.#tokens += usage.inputTokens + usage.outputTokens
      this.#costUsd += costUsd
    } else if (end === 'cut' || (status >= 200 && status < 300)) this.#uncounted += 1
    this.#options.onCall?.(over)
  }
}

function usedUp(what: string, used: number, limit: number | undefined): string {
  return `The budget of this attempt is used up: ${Math.round(used * 1e6) / 1e6} of ${limit} ${what}.`
}
