/** Rules for whole messages that people and agents bring (C1, S6, L7). */
import { covers, sees, type Audience } from '../audience.ts'
import { actorKind, type Actor, type AgentName, type MessageId } from '../ids.ts'
import { partChars, type PartStart } from '../parts.ts'
import type { EventData, Role } from '../events.ts'
import type { Message } from '../view.ts'
import { addressed, refuse, within, type Draft } from './draft.ts'

/** Finds a message of the session, hot or cold. */
export type FindMessage = (id: MessageId) => Message | undefined

export interface NewMessage {
  /** Agents that are asked to answer it, who must see it. */
  readonly asked?: readonly AgentName[]
  readonly parts: readonly PartStart[]
  readonly parent?: MessageId
  readonly edits?: MessageId
  readonly to?: Audience
  readonly mentions?: readonly Actor[]
}

export function addMessage(draft: Draft, body: NewMessage, find: FindMessage): MessageId {
  const { parts, parent, edits, mentions } = body
  within(sizeOf(parts), draft.limits, 'eventChars', 'Send big content as a file part with its address.')
  const { grant } = draft.command
  const { actor, name } = grant
  const seen = (id: MessageId): Message => {
    const message = find(id)
    // What a participant may not see is not there for them.
    return message && sees(grant, message.to) ? message : refuseUnknown(id)
  }
  const role = roleOf(draft)
  const original = edits === undefined ? undefined : seen(edits)
  if (original && (original.run !== undefined || original.role !== role)) {
    const text = `edits names ${original.id}, which is not an input of this kind of sender. Answers are made anew by regenerate.`
    refuse('bad_request', text, { path: 'edits' })
  }
  const above = parent === undefined ? undefined : seen(parent)
  const to = addressed(draft, body.to ?? original?.to, actor, body.asked)
  for (const [path, other] of Object.entries({ parent: above, edits: original })) {
    if (other && !covers(other.to, to)) {
      const text = `Not everybody who sees this message would see ${other.id}, which ${path} names. Address both alike.`
      refuse('bad_request', text, { path })
    }
  }
  const id = `m${draft.nextSeq}`
  const data: EventData['message.added'] = {
    id,
    // A new version stands where the original stands.
    parent: original ? original.parent : (parent ?? draft.view.head),
    role,
    parts,
    ...(edits !== undefined && { edits }),
    ...(name !== undefined && { name }),
    ...(mentions && { mentions }),
  }
  draft.emit('message.added', data, { to })
  return id
}

/** Agents answer, and so does the operator who has taken over from them. */
function roleOf({ command: { grant }, view }: Draft): Role {
  const kind = actorKind(grant.actor)
  return kind === 'agent' || (kind === 'operator' && view.floor.holder?.actor === grant.actor) ? 'assistant' : 'user'
}

export function refuseUnknown(id: MessageId): never {
  return refuse('message_not_found', `This session has no message ${id}. Use an id from its messages.`, { message: id })
}

export function sizeOf(parts: readonly PartStart[]): number {
  return parts.reduce((sum, part) => sum + partChars(part), 0)
}
