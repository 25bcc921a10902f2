import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import type { AgentRun } from '@headrace/client/agent'
import { fromAiSdk } from '@headrace/client/ai-sdk'
import { streamText, type LanguageModel } from 'ai'
import type { Voice } from '../scripted/script.ts'
import type { ModelChoice } from './choose-model.ts'
import { describeFailure } from './describe-failure.ts'
import { instructions, promptOf } from './prompt.ts'

export interface AnswerOptions {
  readonly run: AgentRun
  readonly voice: Voice
  /** Another attempt that writes the same step replaces what this one wrote. */
  readonly step: string
}

// Its notes about settings that a model ignores would go to the console of the demo.
globalThis.AI_SDK_LOG_WARNINGS = false

/** Answers the input of a run with a real model. Rejects with a text for everybody when the model can't. */
export async function answerWithModel(choice: ModelChoice, { run, voice, step }: AnswerOptions): Promise<void> {
  try {
    const result = streamText({
      model: languageModel(choice),
      instructions: instructions(voice),
      messages: promptOf(run.history, run.agent).map(({ role, content }) => ({ role, content })),
      abortSignal: run.signal,
      maxRetries: 1,
      // Errors come through the stream too, where they end the run.
      onError: () => undefined,
    })
    await run.pipe(fromAiSdk(result.stream), { step })
  } catch (thrown) {
    if (run.signal.aborted) throw thrown
    throw new Error(describeFailure(thrown, choice), { cause: thrown })
  }
}

function languageModel({ api, model, baseUrl: baseURL, apiKey }: ModelChoice): LanguageModel {
  switch (api) {
    case 'anthropic-messages':
      return createAnthropic({ baseURL, apiKey })(model)
    case 'openai-responses':
      return createOpenAI({ baseURL, apiKey }).responses(model)
    case 'openai-chat':
      return createOpenAI({ baseURL, apiKey }).chat(model)
    default:
      return api satisfies never
  }
}
