import { string, type Schema } from './schema.ts'

/** Id of a session: 1–256 characters of `A–Z a–z 0–9 . _ : / -`, unique within its tenant. */
export type SessionId = string

/** Id of a message, unique within its session. */
export type MessageId = string

/** Id of a run, unique within its session. */
export type RunId = string

/** Name of an agent: 1–64 characters of `A–Z a–z 0–9 . _ -`. */
export type AgentName = string

/** A verified identity, `kind:id`: for example `user:ada`, `agent:writer`. Set by the server, never by the client. */
export type Actor = `${ActorKind}:${string}`

export type ActorKind = 'user' | 'agent' | 'operator' | 'system'

/**
 * A session's address in the store: tenant and id. `!` is in neither alphabet, so no two pairs share a key and no
 * tenant can name another one's session.
 */
export type SessionKey = `${string}!${SessionId}`

export const sessionId: Schema<SessionId> = string({
  pattern: /^[A-Za-z0-9._:/-]{1,256}$/,
  called: 'a session id of 1 to 256 characters from A-Z a-z 0-9 . _ : / -',
})
export const tenantId: Schema<string> = string({
  pattern: /^[A-Za-z0-9_-]{1,64}$/,
  called: 'a tenant of 1 to 64 characters from A-Z a-z 0-9 _ -',
})
export const agentName: Schema<AgentName> = string({
  pattern: /^[A-Za-z0-9._-]{1,64}$/,
  called: 'an agent name of 1 to 64 characters from A-Z a-z 0-9 . _ -',
})
/** A participant as others name it: `user:ada`, `operator:sue`, `agent:writer`. */
export const participant: Schema<Actor> = {
  ...string({
    pattern: /^(?:user|operator|agent):[\x21-\x7e]{1,255}$/,
    called: 'a participant such as user:ada, operator:sue or agent:writer',
  }),
} as Schema<Actor> // the pattern is what the type says
/** Ids that a client chooses: commands, devices, workers, keys of parts and messages. */
export const clientId: Schema<string> = string({
  pattern: /^[A-Za-z0-9._:-]{1,128}$/,
  called: 'an id of 1 to 128 characters from A-Z a-z 0-9 . _ : -',
})
/** Ids that the server made: messages and runs. */
export const serverId: Schema<string> = string({
  pattern: /^[A-Za-z0-9._:-]{1,256}$/,
  called: 'an id as the server gave it',
})

export function sessionKey(tenant: string, session: SessionId): SessionKey {
  return `${tenant}!${session}`
}

export function splitKey(key: SessionKey): { readonly tenant: string; readonly session: SessionId } {
  const at = key.indexOf('!')
  return { tenant: key.slice(0, at), session: key.slice(at + 1) }
}

export function actorId(actor: Actor): string {
  return actor.slice(actor.indexOf(':') + 1)
}

export function actorKind(actor: Actor): ActorKind {
  return actor.slice(0, actor.indexOf(':')) as ActorKind // the type of Actor says what stands before the colon
}

/** Whether it is somebody, and not an agent or the server. */
export function isPerson(actor: Actor): boolean {
  const kind = actorKind(actor)
  return kind === 'user' || kind === 'operator'
}
