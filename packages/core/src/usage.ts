/** What runs use, and how much they may (R7). */
import { integer, number, object, optional, type Schema } from './schema.ts'

/** What a run used, as its agent reports it. Tokens are counts; cost is in US dollars; time in milliseconds. */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cachedTokens?: number
  readonly costUsd?: number
  readonly toolCalls?: number
  readonly timeMs?: number
}

/** Most that may be used. What is left out is not bounded. */
export interface Budget {
  /** Input and output tokens together. */
  readonly tokens?: number
  readonly costUsd?: number
  /** Tool calls, as the server counts the tool parts that are opened. */
  readonly toolCalls?: number
  /** Milliseconds that attempts held the run, as the server measures them. */
  readonly timeMs?: number
}

/** One thing that a budget bounds. */
export type Measure = keyof Budget

export const measures: readonly Measure[] = ['tokens', 'costUsd', 'toolCalls', 'timeMs']

/** What was used so far, by measure. */
export type Spent = Readonly<Record<Measure, number>>

export const nothingSpent: Spent = { tokens: 0, costUsd: 0, toolCalls: 0, timeMs: 0 }

const count: Schema<number> = integer(0, Number.MAX_SAFE_INTEGER)

export const usage: Schema<Usage> = object({
  inputTokens: optional(count),
  outputTokens: optional(count),
  cachedTokens: optional(count),
  costUsd: optional(number(0)),
  toolCalls: optional(count),
  timeMs: optional(count),
})

export const budget: Schema<Budget> = object({
  tokens: optional(count),
  costUsd: optional(number(0)),
  toolCalls: optional(count),
  timeMs: optional(count),
})

const fields = ['inputTokens', 'outputTokens', 'cachedTokens', 'costUsd', 'toolCalls', 'timeMs'] as const

/** The sum of two reports; a field that neither has is left out. */
export function addUsage(a: Usage | undefined, b: Usage | undefined): Usage {
  const sum: { -readonly [K in keyof Usage]: Usage[K] } = {}
  for (const field of fields) {
    const total = (a?.[field] ?? 0) + (b?.[field] ?? 0)
    if (a?.[field] !== undefined || b?.[field] !== undefined) sum[field] = total
  }
  return sum
}

/** What a report counts against budgets: the server counts tool calls and time by itself. */
export function spentBy(report: Usage): Spent {
  const tokens = (report.inputTokens ?? 0) + (report.outputTokens ?? 0)
  return { ...nothingSpent, tokens, costUsd: report.costUsd ?? 0 }
}

export function addSpent(a: Spent, b: Partial<Spent>): Spent {
  return {
    tokens: a.tokens + (b.tokens ?? 0),
    costUsd: a.costUsd + (b.costUsd ?? 0),
    toolCalls: a.toolCalls + (b.toolCalls ?? 0),
    timeMs: a.timeMs + (b.timeMs ?? 0),
  }
}
