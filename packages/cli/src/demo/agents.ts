import { setTimeout as sleep } from 'node:timers/promises'
import { textOf, type HeadraceError } from '@headrace/core'
import { createWorker, type AgentRun, type Worker } from '@headrace/client/agent'
import type { ModelChoice } from './model/choose-model.ts'
import { writeScript } from './scripted/choose.ts'
import { play } from './scripted/play.ts'
import { seededRandom } from './scripted/random.ts'
import type { Voice } from './scripted/script.ts'

/** Names of the demo's agents and how each speaks. `assistant` answers in sessions that name no agent. */
const voices: Readonly<Record<string, Voice>> = { writer: 'writer', critic: 'critic', assistant: 'writer' }

export interface AgentsOptions {
  readonly url: string
  /** Makes a token for an agent; asked again whenever one is needed. */
  readonly token: (agent: string) => Promise<string>
  /** The real model behind them; without one they follow a script. */
  readonly model: ModelChoice | undefined
  /** How many times as fast as a model the script is spoken. */
  readonly speed: number
  readonly onError: (error: HeadraceError) => void
}

/** Starts the demo's agents. They reach the server as agents elsewhere would: over a WebSocket of their own each. */
export function startAgents({ url, token, model, speed, onError }: AgentsOptions): readonly Worker[] {
  return Object.entries(voices).map(([agent, voice]) =>
    createWorker({
      url,
      agent,
      token: () => token(agent),
      onError,
      handler: model ? withModel(model, voice) : (run) => followScript(run, voice, speed),
    }),
  )
}

/** Another attempt at a run writes the same step again, which replaces what the first one had written. */
const step = 'answer'

async function followScript(run: AgentRun, voice: Voice, speed: number): Promise<void> {
  const question = textOf(run.input)
  const chunks = play(writeScript(voice, question), {
    random: seededRandom(`${voice} ${question}`),
    speed,
    sleep: (ms) => sleep(ms, undefined, { signal: run.signal }),
  })
  await run.pipe(chunks, { step })
}

function withModel(model: ModelChoice, voice: Voice): (run: AgentRun) => Promise<void> {
  return async (run) => {
    // The model packages are large: loaded with the first question, not with the demo.
    const { answerWithModel } = await import('./model/answer-with-model.ts')
    await answerWithModel(model, { run, voice, step })
  }
}
