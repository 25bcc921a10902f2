/** What work has cost (T1): a pure fold over what the sessions of a floor hold, so it survives whoever made it. */
import { addUsage, type SessionView, type Usage } from '@headrace/core'
import type { FloorDocument } from '../floor/floor-document.ts'
import type { AttemptResult, EndedAttempt } from '../floor/task.ts'
import { attemptRun, noteIn, notes, type ModelsNote } from '../foreman/notes.ts'
import { whose } from '../report/whose.ts'

/** What a task, a lane, an agent, or all of them have used. */
export interface LedgerLine {
  readonly attempts: number
  readonly merged: number
  /** Attempts under way: what they have used so far is in the sums. */
  readonly open: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly toolCalls: number
  /** How long attempts took, in ms; those under way until `now`. */
  readonly timeMs: number
  /** US dollars. Absent where nothing that was used has a price. */
  readonly costUsd?: number
}

export interface Ledger {
  readonly total: LedgerLine
  readonly tasks: Readonly<Record<string, LedgerLine>>
  readonly lanes: Readonly<Record<string, LedgerLine>>
  /** By the name of the agent; attempts of which none is known are at `unknown`. */
  readonly agents: Readonly<Record<string, LedgerLine>>
  /** Tokens and cost by the names of models, of those attempts whose messages the lanes still hold. */
  readonly models: Readonly<Record<string, Usage>>
}

export interface LedgerOptions {
  readonly floor: FloorDocument
  /** The sessions of lanes, by name. Without one what is under way in it is not counted. */
  readonly lanes: Readonly<Record<string, SessionView>>
  /** Milliseconds since 1970. */
  readonly now: number
}

/** One attempt, over or not. */
interface Entry {
  readonly task: string
  readonly lane: string
  readonly agent: string
  readonly outcome: AttemptResult['outcome'] | undefined
  readonly usage: Usage
  readonly timeMs: number
}

/** The ledger of a floor: of the tasks in its document, with the attempts that this keeps. */
export function ledgerOf(options: LedgerOptions): Ledger {
  const entries = Object.values(options.floor.tasks).flatMap((task) => {
    const over = task.attempts.map((attempt) => entryOf(task.id, attempt))
    const open = openEntry(options, task.id)
    return open ? [...over, open] : over
  })
  return {
    total: sum(entries),
    tasks: grouped(entries, ({ task }) => task),
    lanes: grouped(entries, ({ lane }) => lane),
    agents: grouped(entries, ({ agent }) => agent),
    models: modelsOf(Object.values(options.lanes)),
  }
}

function entryOf(task: string, attempt: EndedAttempt): Entry {
  const { lane, outcome, used = {}, startedAt, endedAt } = attempt
  return { task, lane, agent: whose(attempt), outcome, usage: used, timeMs: endedAt - startedAt }
}

function openEntry({ floor, lanes, now }: LedgerOptions, id: string): Entry | undefined {
  const state = floor.tasks[id]?.state
  if (state?.status !== 'working') return undefined
  const view = Object.hasOwn(lanes, state.lane) ? lanes[state.lane] : undefined
  const run = view && attemptRun(view, id, state.attempt)
  if (!run) return undefined
  const note = noteIn(
    view.messages.filter((message) => message.run === run.id),
    notes.models,
  ) as ModelsNote | undefined // only the runner may write in a lane as the runner
  return {
    task: id,
    lane: state.lane,
    agent: note?.agent ?? 'unknown',
    outcome: undefined,
    usage: run.usage ?? {},
    timeMs: Math.max(0, now - state.since),
  }
}

function grouped(entries: readonly Entry[], by: (entry: Entry) => string): Readonly<Record<string, LedgerLine>> {
  const groups = Map.groupBy(entries, by)
  return Object.fromEntries([...groups].map(([name, own]) => [name, sum(own)]))
}

function sum(entries: readonly Entry[]): LedgerLine {
  const used = entries.reduce<Usage>((total, { usage }) => addUsage(total, usage), {})
  return {
    attempts: entries.length,
    merged: entries.filter(({ outcome }) => outcome === 'merged').length,
    open: entries.filter(({ outcome }) => outcome === undefined).length,
    inputTokens: used.inputTokens ?? 0,
    outputTokens: used.outputTokens ?? 0,
    cachedTokens: used.cachedTokens ?? 0,
    toolCalls: used.toolCalls ?? 0,
    timeMs: entries.reduce((total, { timeMs }) => total + timeMs, 0),
    ...(used.costUsd !== undefined && { costUsd: used.costUsd }),
  }
}

/** The newest note of each run holds all of its attempt so far. */
function modelsOf(lanes: readonly SessionView[]): Readonly<Record<string, Usage>> {
  const models = new Map<string, Usage>()
  for (const { messages } of lanes) {
    for (const own of Map.groupBy(messages, ({ run }) => run).values()) {
      const note = noteIn(own, notes.models) as ModelsNote | undefined // as above
      for (const [name, used] of Object.entries(note?.models ?? {})) models.set(name, addUsage(models.get(name), used))
    }
  }
  return Object.fromEntries(models)
}
