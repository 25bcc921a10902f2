/**
 * What is said to an agent at its work, turn by turn.
 *
 *   told ─▶ turn ─▶ over, and nobody said anything more
 *    ▲       │ steered, warned, paused: the turn is stopped, or goes on to its end, as the lane says
 *    └───────┘
 */
import type { AgentRun } from '@headrace/client/agent'
import type { AgentAtWork, TurnEnd } from '../agents/agent.ts'
import type { AttemptJudgement } from './attempt-judgement.ts'
import type { AttemptModels } from './attempt-models.ts'
import type { Lane } from './lane-runner.ts'
import { afterPausePrompt, afterWarningPrompt, steerPrompt } from './prompts.ts'

export interface ConversationOptions {
  readonly agent: AgentAtWork
  readonly run: AgentRun
  readonly judgement: AttemptJudgement
  readonly models: AttemptModels
  /** Whether a turn that is under way is stopped for what is said meanwhile. */
  readonly steer: NonNullable<Lane['steer']>
  /** Aborts when the attempt has had its time. */
  readonly deadline: AbortSignal
  /** How much the agent has said and done so far, in pieces. */
  readonly heard: () => number
}

/** Turn after turn, until one is over and nobody has said anything more. */
export async function converse(first: string, options: ConversationOptions): Promise<TurnEnd> {
  const { agent, run, judgement, models, steer, deadline } = options
  let words = first
  let wasStopped = false
  for (;;) {
    await whilePaused(run)
    const heard = options.heard()
    const waiting = run.pendingSteers
    if (waiting.length > 0) words = `${words}\n\n${steerPrompt(waiting)}`
    for (const message of waiting) run.consume(message)
    const said = [...models.takeWarnings(), judgement.takeWords(), words]
    words = said.filter((part) => part !== '').join('\n\n')
    const cancel = new AbortController()
    let isWarned = false
    const stops = [
      run.onPaused((on) => on && cancel.abort()),
      run.onSteer(() => steer === 'interrupt' && cancel.abort()),
      // One that is over need not be spoken to any more.
      judgement.onInterrupt(() => (steer === 'interrupt' || judgement.result) && cancel.abort()),
      // The last warning before the end is worth a turn; the earlier ones wait until there is something else to say.
      run.onBudget(({ percent }) => {
        if (steer !== 'interrupt' || percent < 80) return
        isWarned = true
        cancel.abort()
      }),
    ]
    const end = await agent.prompt(words, AbortSignal.any([cancel.signal, run.signal, deadline]))
    for (const stop of stops) stop()
    run.signal.throwIfAborted()
    // Some take what comes right after they were stopped for a part of that: they are told once more.
    const isIgnored = wasStopped && end.end === 'done' && options.heard() === heard
    wasStopped = cancel.signal.aborted
    if (isIgnored) continue
    await judgement.turnEnded()
    const isOver = deadline.aborted || models.spent.aborted
    if (judgement.result || isOver || end.end === 'failed') return end
    if (run.pendingSteers.length > 0 || judgement.hasWords) words = ''
    else if (cancel.signal.aborted) words = isWarned ? afterWarningPrompt : afterPausePrompt
    else return end
  }
}

async function whilePaused(run: AgentRun): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = run.onPaused((on) => !on && resolve())
  const wake = (): void => resolve()
  run.signal.addEventListener('abort', wake)
  if (run.paused) await promise
  run.signal.removeEventListener('abort', wake)
  stop()
  run.signal.throwIfAborted()
}
