import type { Usage } from '@headrace/core'
import type { Chunk } from './chunk.ts'

const fields = ['inputTokens', 'outputTokens', 'cachedTokens'] as const

type Totals = { readonly [K in (typeof fields)[number]]?: number | null | undefined }

/**
 * Counts what a stream used when it says so again and again, each time the sum so far: what is new since the last time
 * goes on, so that a run which is stopped half-way has counted what it used until then, and nothing is counted twice.
 */
export class UsageMeter {
  readonly #counted: { [K in (typeof fields)[number]]?: number } = {}

  /** @param totals - sums so far; what is left out has not changed */
  report(totals: Totals): readonly Chunk[] {
    const usage: { -readonly [K in keyof Usage]: Usage[K] } = {}
    for (const field of fields) {
      const total = totals[field]
      if (total === undefined || total === null) continue
      const before = this.#counted[field]
      if (before !== undefined && total <= before) continue
      usage[field] = total - (before ?? 0)
      this.#counted[field] = total
    }
    return Object.keys(usage).length > 0 ? [{ type: 'usage', usage }] : []
  }
}
