import type { AgentRun, Chunk } from '@headrace/client/agent'
import { addUsage, type Budget, type Json, type Usage } from '@headrace/core'
import { notes, type ModelsNote } from '../foreman/notes.ts'
import type { ModelAccess, ModelCall } from '../proxy/model-access.ts'
import type { ModelProxy } from '../proxy/model-proxy.ts'
import { budgetPrompt } from './prompts.ts'

const maxModels = 20

export interface AttemptModelsOptions {
  readonly run: AgentRun
  readonly proxy: ModelProxy | undefined
  /** The name of the kind of agent. */
  readonly agent: string
  /** Told what each call used, in and out. */
  readonly onTokens?: (tokens: number) => void
}

/**
 * What an attempt asks of models: each call is reported to its run, so that budgets of run, session and participant count it
 * at once, and warnings of budgets wait here until the agent is spoken to.
 */
export class AttemptModels {
  readonly access: ModelAccess | undefined
  /** Aborts at the tool call that is the last one of the budget. The session ends the run at the same one, when it hears of it. */
  readonly spent: AbortSignal
  readonly #options: AttemptModelsOptions
  readonly #warned: string[] = []
  /** Calls of tools without a result. */
  readonly #calls = new Set<string>()
  readonly #stops: (() => void)[] = []
  readonly #spend = new AbortController()
  readonly #heard = new WeakSet<Chunk>()
  #callsLeft: number
  #note: ModelsNote

  constructor(options: AttemptModelsOptions) {
    this.#options = options
    const { run, proxy, agent } = options
    this.#note = { agent, calls: 0, uncounted: 0, models: {} }
    const own = run.view.runs.find(({ id }) => id === run.id)
    const budget: Budget = own?.budget ?? {}
    const used: Usage = own?.usage ?? {}
    this.spent = this.#spend.signal
    this.#callsLeft = (budget.toolCalls ?? Infinity) - (used.toolCalls ?? 0)
    this.access = proxy?.open({ budget, used, onCall: (call) => this.#asked(call) })
    this.#stops.push(run.onBudget((warning) => this.#warned.push(budgetPrompt(warning))))
    // The session ended the run, or somebody stopped it: its agent has no word with a model any more.
    const stop = (): void => this.access?.exhaust('This attempt is over: it was stopped, or its budget is used up.')
    run.signal.addEventListener('abort', stop, { once: true })
    this.#stops.push(() => run.signal.removeEventListener('abort', stop))
  }

  /** What the agent should be told of its budget, once. */
  takeWarnings(): readonly string[] {
    return this.#warned.splice(0)
  }

  /** Counts what the agent does as soon as it has come: a session that can't be reached for a while stops nobody. */
  heard(chunk: Chunk): void {
    if (this.spent.aborted || this.#heard.has(chunk)) return
    this.#heard.add(chunk)
    const isResult = chunk.type === 'tool-error' || (chunk.type === 'tool-result' && chunk.preliminary !== true)
    if (isResult) this.#calls.delete(chunk.callId)
    // A call may be told of twice.
    if (chunk.type !== 'tool-call' || this.#calls.has(chunk.callId)) return
    this.#calls.add(chunk.callId)
    // The session counts calls by itself; this is for reports.
    this.#report({ toolCalls: 1 })
    this.#callsLeft -= 1
    if (this.#callsLeft <= 0) this.#spend.abort()
  }

  /** Whether it came while the budget had room for it. */
  counts(chunk: Chunk): boolean {
    this.heard(chunk)
    return this.#heard.has(chunk)
  }

  /** Says in the session which agent works, and what it has asked so far. */
  async tell(): Promise<void> {
    const { run } = this.#options
    const value = this.#note as unknown as Json // names and numbers
    await run.step(`notes.${run.attempt}`, (output) => output.write({ type: 'data', name: notes.models, value }))
  }

  close(): void {
    this.access?.close()
    for (const stop of this.#stops.splice(0)) stop()
  }

  #asked({ model, usage, costUsd }: ModelCall): void {
    const { calls, uncounted, models } = this.#note
    if (!usage) {
      this.#note = { ...this.#note, calls: calls + 1, uncounted: uncounted + 1 }
      return
    }
    const { inputTokens, outputTokens, cachedTokens } = usage
    const report: Usage = { inputTokens, outputTokens, cachedTokens, ...(costUsd !== undefined && { costUsd }) }
    // The agent chooses what it calls a model: it can't make the note grow.
    const isKnown = Object.hasOwn(models, model) || Object.keys(models).length < maxModels
    const name = isKnown && model.length <= 100 ? model : 'others'
    this.#note = {
      ...this.#note,
      calls: calls + 1,
      models: { ...models, [name]: addUsage(Object.hasOwn(models, name) ? models[name] : undefined, report) },
    }
    this.#options.onTokens?.(inputTokens + outputTokens)
    this.#report(report)
  }

  #report(usage: Usage): void {
    try {
      this.#options.run.usage(usage)
    } catch {
      // The run is over: what came after its end is in no budget, and no further call is passed on.
    }
  }
}
