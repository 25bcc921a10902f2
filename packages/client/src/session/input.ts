import type { Actor, AgentName, Audience, Budget, CommandBody, MessageId, PartStart, SendPolicy } from '@headrace/core'

/** What a message says: plain text, or parts. */
export type Content = { readonly text: string } | { readonly parts: readonly PartStart[] }

/** A message that doesn't ask for work. */
export type PostInput = Content & {
  /** The message it follows. Default: the newest. */
  readonly parent?: MessageId
  /** Makes it a new version of that message. */
  readonly edits?: MessageId
  /** Who may see it. Default: everybody who may read the session. */
  readonly to?: Audience
  /** Who shall find it in their inbox. */
  readonly mentions?: readonly Actor[]
}

/** A message that asks for work. */
export type SendInput = PostInput & {
  /** Who shall answer. Default: the session's agent. */
  readonly agent?: AgentName
  /** Several agents that answer side by side, in place of `agent`. */
  readonly agents?: readonly AgentName[]
  /** What happens if that agent is at work here. Default: the session's policy. `steer` hands it to the run at work. */
  readonly policy?: SendPolicy
  /** What each of its runs may use. Default: the session's `runBudget`. */
  readonly budget?: Budget
}

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

export function sendBody(input: string | SendInput): Body<'send'> {
  if (typeof input === 'string') return { type: 'send', parts: partsOf(input) }
  const { agent, agents, policy, budget } = input
  return {
    ...post(input),
    type: 'send',
    ...(agent !== undefined && { agent }),
    ...(agents && { agents }),
    ...(policy !== undefined && { policy }),
    ...(budget && { budget }),
  }
}

export function postBody(input: string | PostInput): Body<'post'> {
  return { ...post(typeof input === 'string' ? { text: input } : input), type: 'post' }
}

function post(input: PostInput): Omit<Body<'post'>, 'type'> {
  const { parent, edits, to, mentions } = input
  return {
    parts: partsOf(input),
    ...(parent !== undefined && { parent }),
    ...(edits !== undefined && { edits }),
    ...(to !== undefined && { to }),
    ...(mentions && { mentions }),
  }
}

/** The parts of what somebody says. */
export function partsOf(content: string | Content): readonly PartStart[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  return 'text' in content ? [{ kind: 'text', text: content.text }] : content.parts
}
