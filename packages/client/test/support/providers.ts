import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { jsonSchema, streamText, tool, type LanguageModel } from 'ai'
import OpenAI from 'openai'
import { fromAiSdk } from '@headrace/client/ai-sdk'
import { fromAnthropic } from '@headrace/client/anthropic'
import { fromOpenAi } from '@headrace/client/openai'
import type { Chunk } from '@headrace/client/agent'

/**
 * Asks a model by a real SDK, as an application would, and gives what may be piped. The signal is for the AI SDK, which goes
 * on with its request when nobody reads; the others are stopped by `pipe`.
 */
export type Provider = (url: string, prompt: string, signal: AbortSignal) => Promise<AsyncIterable<Chunk>>

const model = 'scripted'
const key = { apiKey: 'none', maxRetries: 0 }
const parameters = { type: 'object', properties: {}, additionalProperties: true } as const

/** The AI SDK with tools that it does not run itself. */
function aiSdk(languageModel: (url: string) => LanguageModel): Provider {
  const inputSchema = jsonSchema<Record<string, unknown>>(parameters)
  return async (url, prompt, abortSignal) =>
    fromAiSdk(
      streamText({
        model: languageModel(url),
        prompt,
        tools: { a: tool({ inputSchema }), b: tool({ inputSchema }) },
        abortSignal,
        maxRetries: 0,
        onError: () => undefined,
      }).fullStream,
    )
}

export const providers = {
  'OpenAI Responses': async (url, prompt) =>
    fromOpenAi(
      await new OpenAI({ ...key, baseURL: `${url}/v1` }).responses.create({
        model,
        stream: true,
        input: prompt,
        tools: ['a', 'b'].map((name) => ({ type: 'function', name, parameters, strict: false })),
      }),
    ),
  'OpenAI Responses helper': async (url, prompt) =>
    fromOpenAi(new OpenAI({ ...key, baseURL: `${url}/v1` }).responses.stream({ model, input: prompt })),
  'OpenAI Chat Completions': async (url, prompt) =>
    fromOpenAi(
      await new OpenAI({ ...key, baseURL: `${url}/v1` }).chat.completions.create({
        model,
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: prompt }],
      }),
    ),
  'OpenAI Chat Completions helper': async (url, prompt) =>
    fromOpenAi(
      new OpenAI({ ...key, baseURL: `${url}/v1` }).chat.completions.stream({
        model,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: prompt }],
      }),
    ),
  'Anthropic Messages': async (url, prompt) =>
    fromAnthropic(
      await new Anthropic({ ...key, baseURL: url }).messages.create({
        model,
        stream: true,
        max_tokens: 100,
        messages: [{ role: 'user', content: prompt }],
      }),
    ),
  'Anthropic Messages helper': async (url, prompt) =>
    fromAnthropic(
      new Anthropic({ ...key, baseURL: url }).messages.stream({
        model,
        max_tokens: 100,
        messages: [{ role: 'user', content: prompt }],
      }),
    ),
  'AI SDK, OpenAI Responses': aiSdk((url) => createOpenAI({ apiKey: 'none', baseURL: `${url}/v1` }).responses(model)),
  'AI SDK, OpenAI Chat Completions': aiSdk((url) => createOpenAI({ apiKey: 'none', baseURL: `${url}/v1` }).chat(model)),
  'AI SDK, Anthropic Messages': aiSdk((url) => createAnthropic({ apiKey: 'none', baseURL: `${url}/v1` })(model)),
} as const satisfies Readonly<Record<string, Provider>>
