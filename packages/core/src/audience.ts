/**
 * Who may see an event, message, part or request (L7). Nothing said means everybody who may read the session.
 *
 * Rules that keep every reader's own fold exact: bounds on what is hot are counted for each audience by itself, and what
 * changes what others see (the head, runs, replaced steps) never hides behind an audience.
 */
import { actorKind, participant, type Actor } from './ids.ts'
import { array, oneOf, type Schema } from './schema.ts'

/**
 * - `operators`: people who run the product.
 * - `agents`: agents, and operators.
 * - a list: these participants; the writer is always among them.
 */
export type Audience = 'operators' | 'agents' | readonly Actor[]

/** Who looks: the verified identity of a grant. */
export interface Reader {
  readonly actor: Actor
}

const classes = oneOf('operators', 'agents')
const named = array(participant, { min: 1, max: 32 })

export const audience: Schema<Audience> = {
  parse: (value, path) => (typeof value === 'string' ? classes.parse(value, path) : named.parse(value, path)),
  json: { oneOf: [classes.json, named.json] },
}

/** Whether a reader sees what is addressed so. The server itself sees everything. */
export function sees({ actor }: Reader, to: Audience | undefined): boolean {
  if (to === undefined) return true
  const kind = actorKind(actor)
  if (kind === 'system') return true
  if (to === 'operators') return kind === 'operator'
  if (to === 'agents') return kind === 'operator' || kind === 'agent'
  return to.includes(actor)
}

/** Whether everybody who sees what is addressed to `inner` sees what is addressed to `outer`. */
export function covers(outer: Audience | undefined, inner: Audience | undefined): boolean {
  if (outer === undefined || audienceKey(outer) === audienceKey(inner)) return true
  if (inner === undefined) return false
  if (typeof inner === 'string') return inner === 'operators' && outer === 'agents'
  return inner.every((actor) => sees({ actor }, outer))
}

/** The same text for the same audience, whatever the order of its names. */
export function audienceKey(to: Audience | undefined): string {
  if (to === undefined) return ''
  return typeof to === 'string' ? to : [...to].sort().join(' ')
}
