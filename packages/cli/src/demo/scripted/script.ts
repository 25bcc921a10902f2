import type { JsonObject } from '@headrace/core'

/** What a scripted agent does for one input, in order. */
export type Scene =
  | { readonly type: 'reasoning'; readonly text: string }
  | {
      readonly type: 'tool'
      readonly name: string
      readonly input: JsonObject
      readonly output: JsonObject
      readonly takesMs: number
    }
  | { readonly type: 'text'; readonly text: string }

export type Script = readonly Scene[]

/** The voices of the demo. */
export type Voice = 'writer' | 'critic'
