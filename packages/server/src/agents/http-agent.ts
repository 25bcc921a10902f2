import {
  agentName,
  array,
  integer,
  jsonObject,
  lease,
  object,
  oneOf,
  optional,
  string,
  type AgentName,
  type JsonObject,
  type Schema,
} from '@headrace/core'
import { agentFormats, type AgentFormat } from '@headrace/formats'

/** How an agent behind HTTP is called. */
export interface HttpAgentSettings {
  /** Where it is called, by POST. Secrets belong into `headers`: the address is shown. */
  readonly url: string
  /** What it takes and answers. */
  readonly format: AgentFormat
  /** Sent with each call, such as `Authorization`. Never shown again. */
  readonly headers?: Readonly<Record<string, string>>
  /** `whsec_…`: calls are signed with them as webhooks are; several while one is being changed. Never shown again. */
  readonly secrets?: readonly string[]
  /** Fields beside those of the format in the body of each call, such as `model`. Shown. */
  readonly body?: JsonObject
  /**
   * What happens to a run whose answer was lost in the middle, with the server that read it. `never`: it fails, what had
   * come stays. `on-loss`: the agent is called again, and what it says takes the place of what had come. Default `never`.
   */
  readonly retry?: 'never' | 'on-loss'
  /** Runs at the same time. Default 16. */
  readonly capacity?: number
  /** How long a run may be silent before it counts as lost, in milliseconds. Default: the server's. */
  readonly leaseMs?: number
  /** How long it may take until its answer begins, in milliseconds. Default 120,000. */
  readonly firstByteMs?: number
  /** How long it may be silent in the middle of its answer, in milliseconds. Default 120,000. */
  readonly idleMs?: number
  /** How long it may be waited for in all, in milliseconds. Default 1,800,000. */
  readonly totalMs?: number
  /** Most bytes of an answer. Default 33,554,432. */
  readonly maxBytes?: number
}

/** An agent behind HTTP as it is registered. */
export interface HttpAgent extends HttpAgentSettings {
  readonly tenant: string
  readonly agent: AgentName
  /** Another one after each change. */
  readonly version: string
}

/** What may be shown of it: names of headers, and whether it is signed, but no secret. */
export interface ShownHttpAgent extends Omit<HttpAgentSettings, 'headers' | 'secrets'> {
  readonly agent: AgentName
  readonly headers: readonly string[]
  readonly signed: boolean
}

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
/** Printable ASCII: no line ends, by which one header would become two. */
const headerValue = string({ max: 8_192, pattern: /^[\x20-\x7e]*$/, called: 'a header value of printable ASCII' })

const headers: Schema<Readonly<Record<string, string>>> = {
  parse(value, path = '') {
    const given = Object.entries(jsonObject().parse(value, path))
    const name = string({ pattern: headerName, called: 'the name of a header' })
    if (given.length > 32) array(name, { max: 32 }).parse(given, path)
    return Object.fromEntries(
      given.map(([key, text]) => [name.parse(key, path), headerValue.parse(text, `${path}.${key}`)]),
    )
  },
  json: { type: 'object', maxProperties: 32, additionalProperties: headerValue.json },
}

const ms = integer(100, 86_400_000)

export const httpAgentSettings: Schema<HttpAgentSettings> = object({
  url: string({ min: 1, max: 2_048 }),
  format: oneOf(...agentFormats),
  headers: optional(headers),
  secrets: optional(array(string({ min: 1, max: 128 }), { min: 1, max: 4 })),
  body: optional(jsonObject()),
  retry: optional(oneOf('never', 'on-loss')),
  capacity: optional(integer(1, 10_000)),
  leaseMs: optional(integer(lease.minMs, lease.maxMs)),
  firstByteMs: optional(ms),
  idleMs: optional(ms),
  totalMs: optional(ms),
  maxBytes: optional(integer(1_024, 1_073_741_824)),
})

/** Where the settings of an agent are, or that it is no more. */
export interface AgentPlace {
  readonly tenant: string
  readonly agent: AgentName
  readonly version?: string
}

export const agentPlace: Schema<AgentPlace> = object({
  tenant: string({ min: 1, max: 64 }),
  agent: agentName,
  version: optional(string({ min: 1, max: 64 })),
})

/** That settings are about to be written there. */
export const agentPlan: Schema<Required<AgentPlace> & { readonly at: number }> = object({
  tenant: string({ min: 1, max: 64 }),
  agent: agentName,
  version: string({ min: 1, max: 64 }),
  /** Milliseconds since 1970. */
  at: integer(0, Number.MAX_SAFE_INTEGER),
})

export function shown({ tenant: _, version: __, secrets, headers: sent, ...settings }: HttpAgent): ShownHttpAgent {
  return { ...settings, headers: Object.keys(sent ?? {}), signed: secrets !== undefined }
}

/**
 * Checks how an agent is to be called, as the server does when it is registered.
 *
 * @throws HeadraceError `bad_request` with what is wrong
 */
export function parseHttpAgent(agent: string, settings: unknown): HttpAgentSettings {
  const name = agentName.parse(agent, 'agent')
  return httpAgentSettings.parse(settings, name)
}
