import type { Budget, SessionEvent, Usage } from '@headrace/core'
import type { Fail } from './log-rules.ts'

interface RunUse {
  readonly parent: string | undefined
  readonly budget: Budget | undefined
  /** Of itself and of all that it started. */
  tokens: number
  toolCalls: number
  isUsedUp: boolean
}

/** Adds up what is used, and looks after each batch that nothing goes on that has used up its budget. */
export class BudgetRules {
  readonly #fail: Fail
  readonly #runs = new Map<string, RunUse>()
  #budget: Budget | undefined
  #tokens = 0
  #toolCalls = 0

  constructor(fail: Fail) {
    this.#fail = fail
  }

  check(event: SessionEvent): void {
    switch (event.type) {
      case 'session.created':
      case 'session.updated':
        if (event.data.budget !== undefined) this.#budget = event.data.budget ?? undefined
        return
      case 'run.queued': {
        const { id, parent, budget } = event.data
        this.#runs.set(id, { parent, budget, tokens: 0, toolCalls: 0, isUsedUp: false })
        return
      }
      case 'run.used':
        return this.#use(event.run, tokensOf(event.data.usage), 0)
      case 'run.ended': {
        const run = this.#runs.get(event.run ?? '')
        if (run && event.data.reason === 'budget') run.isUsedUp = true
        return this.#use(event.run, tokensOf(event.data.usage), 0)
      }
      case 'part.opened':
        return this.#use(event.run, 0, event.data.start.kind === 'tool' ? 1 : 0)
      default:
        return
    }
  }

  #use(id: string | undefined, tokens: number, toolCalls: number): void {
    this.#tokens += tokens
    this.#toolCalls += toolCalls
    for (let run = this.#runs.get(id ?? ''); run; run = this.#runs.get(run.parent ?? '')) {
      run.tokens += tokens
      run.toolCalls += toolCalls
    }
  }

  /** @param open - runs that go on. What a run that is over has left to those that it started, nobody counts. */
  checkBatch(open: readonly string[]): void {
    for (const id of open) {
      const run = this.#runs.get(id)
      const own = overspent(run?.budget, run?.tokens ?? 0, run?.toolCalls ?? 0)
      if (own !== undefined) this.#fail('budget', `run ${id} goes on though ${own}`)
      for (let above = run; above; above = this.#runs.get(above.parent ?? ''))
        if (above.isUsedUp) this.#fail('budget', `run ${id} goes on though what started it has used up its budget`)
      const over = overspent(this.#budget, this.#tokens, this.#toolCalls)
      if (over !== undefined) this.#fail('budget', `run ${id} goes on though of all runs together ${over}`)
    }
  }
}

function tokensOf(usage: Usage | undefined): number {
  return (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0)
}

function overspent(budget: Budget | undefined, tokens: number, toolCalls: number): string | undefined {
  if (budget?.tokens !== undefined && tokens >= budget.tokens) return `${tokens} of ${budget.tokens} tokens are used`
  if (budget?.toolCalls !== undefined && toolCalls >= budget.toolCalls)
    return `${toolCalls} of ${budget.toolCalls} tool calls are used`
  return undefined
}
