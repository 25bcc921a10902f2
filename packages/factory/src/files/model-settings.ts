import { object, oneOf, optional, string, type Schema } from '@headrace/core'
import type { ModelPrice } from '../proxy/price.ts'
import type { ProviderKind } from '../proxy/provider.ts'
import { amount, described, named } from './shapes.ts'

/** Which models agents may ask: providers by their names, with the environment variable that holds the key of each. */
export interface ModelSettings {
  readonly providers: Readonly<
    Record<string, { readonly kind: ProviderKind; readonly url: string; readonly key: string }>
  >
  /** By the exact name of a model. */
  readonly prices?: Readonly<Record<string, ModelPrice>>
}

/** `models`. */
export const modelsShape: Schema<ModelSettings> = object({
  providers: named(
    object({
      kind: described(oneOf('openai', 'anthropic', 'gemini'), {
        about: 'Whose wire formats it speaks; openai is Responses and Chat Completions.',
      }),
      url: described(
        string({
          min: 8,
          max: 500,
          pattern: /^https?:\/\/[^\s?#@]+$/,
          called: 'an http or https URL without a query',
        }),
        { about: 'What a client of it has as its base URL, such as https://api.openai.com/v1.' },
      ),
      key: described(
        string({
          min: 1,
          max: 100,
          pattern: /^[A-Z_][A-Z0-9_]*$/,
          called: 'the name of an environment variable',
        }),
        {
          about: 'The environment variable of the factory that holds its key. Never the key itself.',
        },
      ),
    }),
    { max: 20 },
  ),
  prices: optional(
    named(
      object({
        input: amount(),
        output: amount(),
        cachedInput: optional(amount()),
        cacheWrite: optional(amount()),
      }),
      { max: 200, pattern: /^[\w][\w.:/@-]{0,99}$/ },
    ),
  ),
})
