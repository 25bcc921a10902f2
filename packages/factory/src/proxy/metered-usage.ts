/** What a model says that it used, in each wire format, as one shape. Pure. */
import type { Json, JsonObject } from '@headrace/core'
import type { WireFormat } from './provider.ts'

export interface MeteredUsage {
  /** All of the input, cached or not. */
  readonly inputTokens: number
  /** All of the output, with what was thought. */
  readonly outputTokens: number
  /** Part of `inputTokens`. */
  readonly cachedTokens: number
  /** Part of `inputTokens`: what the provider put into its cache, where that has a price of its own. */
  readonly cacheWriteTokens: number
}

/**
 * What an event of a stream, or a whole answer, says of use so far. Each of them holds totals, so the newest counts and
 * nothing is added up.
 *
 * @param before - what earlier events of the same answer said: some say a part only
 */
export function readUsage(format: WireFormat, event: Json, before?: MeteredUsage): MeteredUsage | undefined {
  const said = object(event)
  switch (format) {
    case 'openai-responses': {
      const usage = filled(said['usage'] ?? object(said['response'])['usage'])
      return usage && openAi(usage, 'input', 'output')
    }
    case 'openai-chat': {
      const usage = filled(said['usage'])
      return usage && openAi(usage, 'prompt', 'completion')
    }
    case 'anthropic': {
      const usage = filled(said['usage'] ?? object(said['message'])['usage'])
      return usage && anthropic(usage, before)
    }
    case 'gemini': {
      const usage = filled(said['usageMetadata'])
      return usage && gemini(usage)
    }
    default:
      return format satisfies never
  }
}

function openAi(usage: JsonObject, input: string, output: string): MeteredUsage {
  const details = object(usage[`${input}_tokens_details`])
  const inputTokens = count(usage[`${input}_tokens`])
  return {
    inputTokens,
    outputTokens: count(usage[`${output}_tokens`]),
    cachedTokens: Math.min(inputTokens, count(details['cached_tokens'])),
    cacheWriteTokens: 0,
  }
}

/** It counts what is cached beside its input. The end of a stream may say the output alone. */
function anthropic(usage: JsonObject, before: MeteredUsage | undefined): MeteredUsage {
  const cachedTokens = count(usage['cache_read_input_tokens'] ?? before?.cachedTokens)
  const cacheWriteTokens = count(usage['cache_creation_input_tokens'] ?? before?.cacheWriteTokens)
  const freshBefore = before && before.inputTokens - before.cachedTokens - before.cacheWriteTokens
  const fresh = count(usage['input_tokens'] ?? freshBefore)
  return {
    inputTokens: fresh + cachedTokens + cacheWriteTokens,
    outputTokens: count(usage['output_tokens'] ?? before?.outputTokens),
    cachedTokens,
    cacheWriteTokens,
  }
}

function gemini(usage: JsonObject): MeteredUsage {
  const inputTokens = count(usage['promptTokenCount']) + count(usage['toolUsePromptTokenCount'])
  return {
    inputTokens,
    outputTokens: count(usage['candidatesTokenCount']) + count(usage['thoughtsTokenCount']),
    cachedTokens: Math.min(inputTokens, count(usage['cachedContentTokenCount'])),
    cacheWriteTokens: 0,
  }
}

function count(value: Json | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

function filled(value: Json | undefined): JsonObject | undefined {
  const found = object(value)
  return Object.keys(found).length > 0 ? found : undefined
}

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {} // checked here
}
