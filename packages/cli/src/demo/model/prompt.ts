import { actorId, textOf, type Message } from '@headrace/core'
import type { Voice } from '../scripted/script.ts'

export interface PromptMessage {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** More of a conversation than this adds little to a demo and costs tokens. */
const maxMessages = 40
const maxChars = 60_000

const house =
  'You work in a Headrace session: a durable, shared, ordered log in which several people and agents talk. ' +
  'People may read along on several devices, join late, and stop you at any time. Answer in Markdown. ' +
  'Messages of people and of other agents begin with their name; do not put a name before your own.'

const characters: Readonly<Record<Voice, string>> = {
  writer: 'You are the writer: clear, concrete and friendly. Answer in 150 to 400 words unless you are asked for less.',
  critic:
    'You are the critic: short and dry. Say in at most 120 words what is wrong, missing or risky, and what you would do.',
}

export function instructions(voice: Voice): string {
  return `${characters[voice]} ${house}`
}

/**
 * The conversation as a model takes it: what this agent wrote is `assistant`, everybody else is `user` with a name, and
 * what was interrupted says so. The newest part of a long conversation.
 *
 * @param history - the line of messages that leads to the input, the input last
 */
export function promptOf(history: readonly Message[], agent: string): readonly PromptMessage[] {
  const messages: PromptMessage[] = []
  let chars = 0
  for (const message of [...history].reverse()) {
    const content = contentOf(message, agent)
    if (content === undefined) continue
    chars += content.length
    if (messages.length > 0 && (messages.length >= maxMessages || chars > maxChars)) break
    messages.unshift({ role: isOwn(message, agent) ? 'assistant' : 'user', content })
  }
  // Models expect a conversation to begin with a person.
  const first = messages.findIndex(({ role }) => role === 'user')
  return first < 0 ? [] : messages.slice(first)
}

function isOwn(message: Message, agent: string): boolean {
  return message.author === `agent:${agent}`
}

function contentOf(message: Message, agent: string): string | undefined {
  const text = textOf(message).trim()
  if (text === '') return undefined
  const whole = message.status === 'interrupted' ? `${text}\n\n(This message was interrupted.)` : text
  return isOwn(message, agent) ? whole : `${message.name ?? actorId(message.author)}: ${whole}`
}
