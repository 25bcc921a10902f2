/** What somebody must answer before an agent goes on (C7): approvals, questions, and tools that run on a client. */
import { audience, sees, type Audience } from './audience.ts'
import { actorKind, isPerson, participant, type Actor, type RunId } from './ids.ts'
import type { Json, JsonObject } from './json.ts'
import { array, integer, json, jsonObject, object, oneOf, optional, string, tagged, type Schema } from './schema.ts'

/** Who may answer: `operators`, or these participants. They need the verb `answer` as well. */
export type Answerers = 'operators' | readonly Actor[]

interface SpecBase {
  /** What is asked, in a line for people. */
  readonly title: string
  /** Default: everybody whose token has the verb `answer`. */
  readonly answerers?: Answerers
  /** When nobody has answered after so many milliseconds, `onExpiry` happens. Default: it waits for ever. */
  readonly expiresMs?: number
  /** Who sees it. Default: everybody who may read the session. */
  readonly to?: Audience
}

/** What an agent asks for. */
export type RequestSpec =
  /** May this be done? The answer is bound to exactly this action by its hash. */
  | (SpecBase & {
      readonly kind: 'approval'
      readonly action: Json
      /** Default `deny`. `escalate`: asks `escalateTo` (default: operators), for `expiresMs` again; then denies. */
      readonly onExpiry?: 'deny' | 'approve' | 'escalate'
      readonly escalateTo?: Answerers
    })
  /** A question; `schema` is the JSON Schema that an answer must fit. */
  | (SpecBase & {
      readonly kind: 'question'
      readonly schema?: JsonObject
      readonly onExpiry?: 'deny' | 'escalate'
      readonly escalateTo?: Answerers
    })
  /** A tool that a client runs: one device claims it, runs it and answers. */
  | (SpecBase & {
      readonly kind: 'tool'
      readonly name: string
      readonly input?: Json
      /** How long a device that claimed it may take, in milliseconds. Default 60,000. */
      readonly claimMs?: number
      /** When the device is silent for longer: `fail` answers with an error; `again` lets another device run it. Default `fail`. */
      readonly onLapse?: 'fail' | 'again'
      readonly onExpiry?: 'deny'
    })

/** The answer of a person or a device. */
export type Answer =
  | { readonly decision: 'approve' | 'deny'; readonly reason?: string }
  | { readonly value: Json }
  | { readonly output: Json }
  | { readonly error: string }

export type RequestKind = RequestSpec['kind']

/** How a request came to its end. */
export type RequestStatus = 'open' | 'claimed' | 'answered' | 'expired' | 'withdrawn'

/** A request as readers see it. */
export interface Request {
  readonly id: string
  readonly run: RunId
  readonly openedAt: number
  readonly spec: RequestSpec
  /** SHA-256 of the canonical action of an approval, in hex: the answer names it. */
  readonly digest?: string
  readonly status: RequestStatus
  /** Who may answer now; changed by escalation. */
  readonly answerers?: Answerers
  readonly expiresAt?: number
  /** The device that runs a tool. */
  readonly claim?: { readonly by: Actor; readonly device: string; readonly at: number; readonly until: number }
  /** Set when it is over by an answer, or by what expiry decided. */
  readonly answer?: Answer
  readonly by?: Actor
  readonly closedAt?: number
  /** Why it was withdrawn. */
  readonly detail?: string
  /** It was handed to `escalateTo`. */
  readonly escalated?: true
}

export const claimDefaultMs = 60_000
const ms: Schema<number> = integer(1_000, 31_536_000_000)
const classes = oneOf('operators')
const named = array(participant, { min: 1, max: 32 })

const answerers: Schema<Answerers> = {
  parse: (value, path) => (typeof value === 'string' ? classes.parse(value, path) : named.parse(value, path)),
  json: { oneOf: [classes.json, named.json] },
}
const base = {
  title: string({ min: 1, max: 512 }),
  answerers: optional(answerers),
  expiresMs: optional(ms),
  to: optional(audience),
}

export const requestSpec: Schema<RequestSpec> = tagged('kind', {
  approval: object({
    ...base,
    action: json(),
    onExpiry: optional(oneOf('deny', 'approve', 'escalate')),
    escalateTo: optional(answerers),
  }),
  question: object({
    ...base,
    schema: optional(jsonObject()),
    onExpiry: optional(oneOf('deny', 'escalate')),
    escalateTo: optional(answerers),
  }),
  tool: object({
    ...base,
    name: string({ min: 1, max: 256 }),
    input: optional(json()),
    claimMs: optional(ms),
    onLapse: optional(oneOf('fail', 'again')),
    onExpiry: optional(oneOf('deny')),
  }),
})

const decision = object({ decision: oneOf('approve', 'deny'), reason: optional(string({ max: 4_096 })) })
const value = object({ value: json() })
const output = object({ output: json() })
const error = object({ error: string({ min: 1, max: 65_536 }) })

export const answer: Schema<Answer> = {
  parse(given, path) {
    const fields = typeof given === 'object' && given !== null ? given : {}
    if ('value' in fields) return value.parse(given, path)
    if ('output' in fields) return output.parse(given, path)
    if ('error' in fields) return error.parse(given, path)
    return decision.parse(given, path)
  },
  json: { oneOf: [decision.json, value.json, output.json, error.json] },
}

/**
 * Who is asked: `*` is everybody who may answer, `operators` are operators. Of those who may answer only those who see it;
 * nobody, if there are none.
 */
export function whoAnswers(
  who: Answerers | undefined,
  to: Audience | undefined,
): readonly (Actor | '*' | 'operators')[] {
  if (typeof who === 'object') return who.filter((actor) => sees({ actor }, to))
  if (to === undefined) return [who ?? '*']
  if (typeof to === 'string') return ['operators']
  return to.filter((actor) => (who === undefined ? isPerson(actor) : actorKind(actor) === 'operator'))
}

/** Whether it still waits. */
export function isOpen(request: Request): boolean {
  return request.status === 'open' || request.status === 'claimed'
}
