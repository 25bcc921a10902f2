import type { MessageId } from './ids.ts'
import { addUsage, type Usage } from './usage.ts'
import type { Message, Run, SessionView } from './view.ts'

/**
 * The line of messages that leads to a leaf, oldest first: each input with the answers to it. Of several answers by one
 * agent the line takes the one it passes through, else the newest; answers of different agents stand side by side.
 *
 * @param messages - in order; a line stops where a parent is not among them
 * @param leaf - where the line ends: the `head` of the view, or the message that a reader chose
 */
export function branch(messages: readonly Message[], leaf: MessageId | null): readonly Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]))
  const line = new Map<MessageId, Message>()
  for (let id = leaf; id !== null;) {
    const message = byId.get(id)
    if (!message || line.has(id)) break
    line.set(message.id, message)
    id = message.parent
  }
  const passed = new Set(line.keys())
  const answers = Map.groupBy(
    messages.filter((message) => message.role === 'assistant'),
    (message) => message.parent,
  )
  for (const id of passed) for (const answer of chosen(answers.get(id) ?? [], passed)) line.set(answer.id, answer)
  return [...line.values()].sort((a, b) => a.seq - b.seq)
}

/** For each agent one of its answers; a run's messages belong together. */
function chosen(answers: readonly Message[], passed: ReadonlySet<MessageId>): readonly Message[] {
  const runOf = new Map<string, string | undefined>()
  for (const message of answers) {
    const taken = answers.find((other) => other.author === message.author && passed.has(other.id))
    runOf.set(message.author, (taken ?? message).run)
  }
  return answers.filter((message) => message.run === runOf.get(message.author))
}

/** Other versions of a message, itself included, oldest first: edits of an input, or one agent's answers to an input. */
export function versions(messages: readonly Message[], message: Message): readonly Message[] {
  if (message.role === 'assistant') {
    return messages.filter(
      (other) => other.role === 'assistant' && other.parent === message.parent && other.author === message.author,
    )
  }
  const byId = new Map(messages.map((other) => [other.id, other]))
  const root = rootOf(byId, message)
  return messages.filter((other) => other.role === 'user' && rootOf(byId, other) === root)
}

/** The first version; where older ones are not loaded, the oldest that is named. */
function rootOf(byId: ReadonlyMap<MessageId, Message>, message: Message): MessageId {
  let root = message.id
  for (let { edits } = message; edits !== undefined; edits = byId.get(edits)?.edits) root = edits
  return root
}

/** The text of a message: its text parts joined. */
export function textOf(message: Message): string {
  return message.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

/** What a run has used, with all that it started. */
export function totalUsage(run: Run): Usage {
  return addUsage(run.usage, run.childUsage)
}

/** Whether an agent is at work on the session or asked for. */
export function isBusy(view: SessionView): boolean {
  return view.runs.some((run) => run.status !== 'ended')
}
