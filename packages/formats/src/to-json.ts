import type { Json } from '@headrace/core'

/** A value as JSON holds it. What JSON can't hold at all (a cycle, a BigInt) becomes its text: output must not end a run. */
export function toJson(value: unknown): Json {
  try {
    const text: string | undefined = JSON.stringify(value)
    return text === undefined ? null : (JSON.parse(text) as Json) // what JSON.parse gives is JSON
  } catch {
    return String(value)
  }
}
