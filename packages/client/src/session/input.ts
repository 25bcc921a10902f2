import type { AgentName, CommandBody, MessageId, PartStart, SendPolicy } from '@headrace/core'

/** What a message says: plain text, or parts. */
export type Content = { readonly text: string } | { readonly parts: readonly PartStart[] }

/** A message that doesn't ask for work. */
export type PostInput = Content & {
  /** The message it follows. Default: the newest. */
  readonly parent?: MessageId
  /** Makes it a new version of that message. */
  readonly edits?: MessageId
}

/** A message that asks for work. */
export type SendInput = PostInput & {
  /** Who shall answer. Default: the session's agent. */
  readonly agent?: AgentName
  /** What happens if that agent is at work here. Default: the session's policy. */
  readonly policy?: SendPolicy
}

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

export function sendBody(input: string | SendInput): Body<'send'> {
  if (typeof input === 'string') return { type: 'send', parts: [{ kind: 'text', text: input }] }
  const { agent, policy } = input
  return {
    ...post(input),
    type: 'send',
    ...(agent !== undefined && { agent }),
    ...(policy !== undefined && { policy }),
  }
}

export function postBody(input: string | PostInput): Body<'post'> {
  return { ...post(typeof input === 'string' ? { text: input } : input), type: 'post' }
}

function post(input: PostInput): Omit<Body<'post'>, 'type'> {
  const parts: readonly PartStart[] = 'text' in input ? [{ kind: 'text', text: input.text }] : input.parts
  const { parent, edits } = input
  return { parts, ...(parent !== undefined && { parent }), ...(edits !== undefined && { edits }) }
}
