import type { Json } from '@headrace/core'

/** A JSON value for reading: text as it is, the rest indented. */
export function pretty(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

/** A JSON value in one line; a long one is cut. */
export function oneLine(value: Json, chars = 200): string {
  const line = typeof value === 'string' ? value.replaceAll(/\s+/g, ' ') : JSON.stringify(value)
  return line.slice(0, chars)
}
