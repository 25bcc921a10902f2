/** What the floor and the thread of a plugin say to each other. All of it is data: what is called is named. */
import type { JsonObject } from '@headrace/core'

/** What the thread begins with. */
export interface ThreadData {
  readonly file: string
  readonly settings: JsonObject
}

/** What a plugin says of itself, before anybody has looked whether it is true. */
export interface PluginFacts {
  readonly interface: unknown
  readonly kind: unknown
  readonly name: unknown
  readonly version: unknown
  readonly about: unknown
  /** Of a guard: what is done about a finding. */
  readonly policy: unknown
  /** Of an agent: whether all that it starts is in the cell that it is given. */
  readonly inCell: unknown
  /** Names of the functions of what it made. */
  readonly methods: readonly string[]
}

export type ToThread =
  | {
      readonly type: 'call'
      readonly id: number
      readonly method: string
      readonly args: readonly unknown[]
      /** Functions of the first argument, which stay on the other side. */
      readonly callbacks: readonly string[]
      /** Where a signal belongs: into the first argument, or behind the last one. */
      readonly signal: 'option' | 'last' | 'none'
    }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: string }

export type FromThread =
  | { readonly type: 'open'; readonly facts: PluginFacts }
  | { readonly type: 'broken'; readonly why: string }
  | { readonly type: 'done'; readonly id: number; readonly value?: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly why: string }
  | {
      readonly type: 'callback'
      readonly id: number
      /** The call that brought the function. */
      readonly call: number
      readonly name: string
      readonly args: readonly unknown[]
    }
