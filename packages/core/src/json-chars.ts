import type { Json } from './json.ts'
import { maxDepth } from './schema.ts'
import { HeadraceError } from './errors.ts'

/**
 * How many characters a value has as JSON. Stops counting soon after `most`, so that a value that is small in memory, but
 * has one part in many places, costs no more than a large one.
 *
 * @throws HeadraceError `bad_request`: it is nested deeper than 32 levels
 */
export function jsonChars(value: Json, most: number, depth: number = maxDepth): number {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).length
  if (depth === 0)
    throw new HeadraceError('bad_request', `JSON is nested at most ${maxDepth} levels deep, but this would be deeper.`)
  let chars = 1 // a bracket; the other one stands for the comma that the last item lacks
  const isArray = Array.isArray(value)
  for (const [key, item] of Object.entries(value)) {
    chars += jsonChars(item, most - chars, depth - 1) + 1 + (isArray ? 0 : JSON.stringify(key).length + 1)
    if (chars > most) return chars
  }
  return chars === 1 ? 2 : chars
}
