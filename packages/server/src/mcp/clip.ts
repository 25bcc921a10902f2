import type { Json } from '@headrace/core'

/** A text that may be cut, and how to get the rest. */
export interface Clipped {
  readonly text: string
  /** Where the rest begins. */
  readonly next?: number
  /** How many characters there are in all. */
  readonly chars?: number
}

/** The characters of a text from a position on, within a bound. No character is cut in half. */
export function clip(text: string, maxChars: number, from = 0): Clipped {
  const rest = text.slice(from)
  if (rest.length <= maxChars) return { text: rest }
  const isHalf = /[\uD800-\uDBFF]/.test(rest.charAt(maxChars - 1))
  const end = from + maxChars - (isHalf && maxChars > 1 ? 1 : 0)
  return { text: text.slice(from, end), next: end, chars: text.length }
}

/** A value as it is, or where it is long the beginning of its JSON. */
export function clipJson(value: Json, maxChars: number): Json {
  const text = JSON.stringify(value)
  if (text.length <= maxChars) return value
  return { beginning: clip(text, maxChars).text, chars: text.length }
}
