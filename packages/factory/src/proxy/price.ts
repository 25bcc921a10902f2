import type { MeteredUsage } from './metered-usage.ts'

/** What a model costs, in US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
  /** Input that the provider had cached. Default: as `input`. */
  readonly cachedInput?: number
  /** Input that the provider puts into its cache. Default: as `input`. */
  readonly cacheWrite?: number
}

/** What a call cost; `undefined` where no price is known: none is guessed from the name of a model. */
export function costOf(used: MeteredUsage, price: ModelPrice | undefined): number | undefined {
  if (!price) return undefined
  const { input, output, cachedInput = input, cacheWrite = input } = price
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens } = used
  const fresh = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens)
  const sum = fresh * input + cachedTokens * cachedInput + cacheWriteTokens * cacheWrite + outputTokens * output
  return Math.round(sum) / 1_000_000
}
