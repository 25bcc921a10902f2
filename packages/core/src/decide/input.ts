/** Rules for what people bring: sessions, messages, inputs (C1, C2). */
import { actorKind, type AgentName, type MessageId } from '../ids.ts'
import { mergeMetadata } from '../fold.ts'
import { partChars, type PartStart } from '../parts.ts'
import type { CommandBody } from '../commands.ts'
import type { EventData, Role, SendPolicy, SessionSettings } from '../events.ts'
import type { JsonObject } from '../json.ts'
import type { Message } from '../view.ts'
import { cancelRun } from './cancel.ts'
import { permit, refuse, within, type Draft } from './draft.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

export function create(draft: Draft, { metadata, agent, policy, maxAttempts }: SessionSettings): void {
  if (draft.view.seq > 0) return // it exists already: asking again is harmless
  if (metadata) withinMetadata(draft, metadata)
  draft.emit('session.created', {
    ...(metadata && { metadata }),
    ...(agent !== undefined && { agent }),
    ...(policy !== undefined && { policy }),
    ...(maxAttempts !== undefined && { maxAttempts }),
  })
}

/** A patch that changes nothing is a no-op. */
export function update(draft: Draft, { metadata: patch }: Body<'update'>): void {
  const { metadata: before } = draft.view
  const after = mergeMetadata(before, patch)
  const same = Object.keys(patch).every((key) => JSON.stringify(before[key]) === JSON.stringify(after[key]))
  if (same) return
  withinMetadata(draft, after)
  within(JSON.stringify(patch).length, draft.limits, 'eventChars', 'Remove fewer keys at once.')
  draft.emit('session.updated', { metadata: patch })
}

function withinMetadata(draft: Draft, metadata: JsonObject): void {
  const advice = 'Keep big data elsewhere and store its address.'
  within(JSON.stringify(metadata).length, draft.limits, 'metadataChars', advice)
}

export function post(draft: Draft, body: Body<'post'>, find: FindMessage): void {
  addMessage(draft, body, find)
}

export function send(draft: Draft, body: Body<'send'>, find: FindMessage): void {
  const agent = body.agent ?? draft.view.agent
  const policy = body.policy ?? draft.view.policy
  makeRoom(draft, agent, policy)
  queueRun(draft, addMessage(draft, body, find), agent, policy)
}

export function regenerate(draft: Draft, { input, agent, policy }: Body<'regenerate'>, find: FindMessage): void {
  const message = find(input) ?? refuseUnknown(input)
  if (message.run !== undefined) {
    refuse('bad_request', `input names the answer ${input}. Name the message that it answers: ${message.parent}.`, {
      path: 'input',
    })
  }
  const chosen = agent ?? draft.view.agent
  makeRoom(draft, chosen, policy ?? draft.view.policy)
  queueRun(draft, input, chosen, policy ?? draft.view.policy)
}

/** Finds a message of the session, hot or cold. */
export type FindMessage = (id: MessageId) => Message | undefined

function addMessage(draft: Draft, body: Body<'send' | 'post'>, find: FindMessage): MessageId {
  const { parts, parent, edits } = body
  within(size(parts), draft.limits, 'eventChars', 'Send big content as a file part with its address.')
  const { actor, name } = draft.command.grant
  const role: Role = actorKind(actor) === 'agent' ? 'assistant' : 'user'
  const original = edits === undefined ? undefined : (find(edits) ?? refuseUnknown(edits))
  if (original && (original.run !== undefined || original.role !== role)) {
    refuse(
      'bad_request',
      `edits names ${original.id}, which is not an input of this kind of sender. Answers are made anew by regenerate.`,
      {
        path: 'edits',
      },
    )
  }
  if (parent !== undefined && !find(parent)) refuseUnknown(parent)
  const id = `m${draft.nextSeq}`
  const data: EventData['message.added'] = {
    id,
    // A new version stands where the original stands.
    parent: original ? original.parent : (parent ?? draft.view.head),
    role,
    parts,
    ...(edits !== undefined && { edits }),
    ...(name !== undefined && { name }),
  }
  draft.emit('message.added', data)
  return id
}

function refuseUnknown(id: MessageId): never {
  return refuse('message_not_found', `This session has no message ${id}. Use an id from its messages.`, { message: id })
}

function size(parts: readonly PartStart[]): number {
  return parts.reduce((sum, part) => sum + partChars(part), 0)
}

/** What the policy says when the agent already has work here. */
function makeRoom(draft: Draft, agent: AgentName, policy: SendPolicy): void {
  const open = draft.view.runs.filter((run) => run.agent === agent && run.status !== 'ended')
  const [first] = open
  if (policy === 'reject' && first) {
    const advice = 'Wait for it, cancel it, or send with another policy.'
    refuse('agent_busy', `${agent} is busy with run ${first.id} and the policy is reject. ${advice}`, {
      agent,
      run: first.id,
    })
  }
  if (policy !== 'interrupt') return
  // A sender's own choice must not stop what others asked for, unless a cancel could. As the session's policy it may.
  const others = open.some((run) => run.by !== draft.command.grant.actor)
  if (others && draft.view.policy !== 'interrupt') permit(draft, 'control', "interrupting other people's runs")
  for (const run of open) cancelRun(draft, run)
}

function queueRun(draft: Draft, input: MessageId, agent: AgentName, policy: SendPolicy): void {
  const queued = draft.view.runs.filter((run) => run.status === 'queued').length
  within(queued + 1, draft.limits, 'queuedRuns', 'Wait until agents have taken some, or cancel some.')
  const id = `r${draft.nextSeq}`
  draft.emit('run.queued', { id, agent, input, policy, maxAttempts: draft.view.maxAttempts }, { run: id })
}
