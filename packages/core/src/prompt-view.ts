/**
 * What an agent should be given of a session (S8): the line of messages that leads to its input, with every author named,
 * stopped and failed answers kept and marked, and tool calls that never came back repaired, because models refuse a call
 * without a result. Pure: the same view gives the same prompt.
 */
import { actorKind, type Actor, type AgentName, type MessageId, type RunId } from './ids.ts'
import type { Json } from './json.ts'
import { branch } from './select.ts'
import type { Part, ToolPart } from './parts.ts'
import type { Message, SessionView } from './view.ts'

export type PromptPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  /** A call and its result, always both. */
  | {
      readonly kind: 'tool'
      readonly name: string
      readonly callId: string
      readonly input: Json
      readonly output?: Json
      readonly error?: string
    }
  | { readonly kind: 'file'; readonly url: string; readonly mediaType: string; readonly name?: string }
  | { readonly kind: 'source'; readonly url: string; readonly title?: string }
  | { readonly kind: 'data'; readonly name: string; readonly value: Json }

export interface PromptMessage {
  readonly id: MessageId
  /** `assistant`: what this agent has said, and operators in its place. Everybody else is `user`. */
  readonly role: 'user' | 'assistant'
  readonly author: Actor
  /** Display name, else the id of the author: several people may speak in one prompt. */
  readonly name: string
  readonly parts: readonly PromptPart[]
  /** It was stopped, or failed, before it was complete. */
  readonly interrupted?: true
}

export interface PromptOptions {
  /** Whose prompt it is. */
  readonly agent: AgentName
  /** The message that the line ends at. Default: the input of the run, else the head. */
  readonly input?: MessageId
  /** Messages that have left the view, oldest first, for a longer line. */
  readonly older?: readonly Message[]
  /** Whether reasoning is given back. Default false: most models want only their own, in a form of their own. */
  readonly reasoning?: boolean
  /** The run that asks: what its earlier attempts have written and how it was steered are part of the prompt. */
  readonly run?: RunId
}

/** What stands in the place of a result that never came. */
const noResult = 'The call was interrupted before it had a result.'

/**
 * The prompt of an agent.
 *
 * @param view - as the agent sees it: what is hidden from it must be out of it already
 *
 * @example
 * ```ts
 * const prompt = promptView(run.view, { agent: run.agent, input: run.input.id })
 * ```
 */
export function promptView(view: SessionView, options: PromptOptions): readonly PromptMessage[] {
  const { agent, older = [], reasoning = false } = options
  const known = new Set(view.messages.map((message) => message.id))
  const messages = [...older.filter((message) => !known.has(message.id)), ...view.messages]
  return lineFor(view, messages, options).flatMap((message) => {
    const parts = message.parts.flatMap((part) => promptPart(part, reasoning))
    const interrupted = message.status === 'interrupted'
    // An answer that was stopped before its first word still tells that there was one.
    if (parts.length === 0 && !interrupted) return []
    return [
      {
        id: message.id,
        role: roleFor(message, agent),
        author: message.author,
        name: message.name ?? message.author.slice(message.author.indexOf(':') + 1),
        parts,
        ...(interrupted && { interrupted: true as const }),
      },
    ]
  })
}

/** The line to the input; then what the run itself has written to it, and by what people steered it meanwhile. */
function lineFor(view: SessionView, messages: readonly Message[], options: PromptOptions): readonly Message[] {
  const run = view.runs.find((candidate) => candidate.id === options.run)
  const input = options.input ?? run?.input
  const line = branch(messages, input ?? view.head).filter((message) => !isOther(message, input, options))
  if (options.run === undefined) return line
  const steers = new Set(run?.steers?.filter(({ status }) => status !== 'missed').map(({ message }) => message))
  const taken = new Set(line.map((message) => message.id))
  const own = messages.filter(
    ({ id, run: by, role }) => !taken.has(id) && ((by === options.run && role === 'assistant') || steers.has(id)),
  )
  return [...line, ...own].sort((a, b) => a.seq - b.seq)
}

/** What other runs answer to the very input that is to be answered. What people say to it in an agent's place stays. */
function isOther(message: Message, input: MessageId | undefined, { run, agent }: PromptOptions): boolean {
  if (message.run === undefined || message.role !== 'assistant' || message.parent !== input) return false
  return run === undefined ? message.author === `agent:${agent}` : message.run !== run
}

function roleFor({ role, author }: Message, agent: AgentName): PromptMessage['role'] {
  const isOwn = author === `agent:${agent}` || actorKind(author) !== 'agent'
  return role === 'assistant' && isOwn ? 'assistant' : 'user'
}

function promptPart(part: Part, reasoning: boolean): readonly PromptPart[] {
  switch (part.kind) {
    case 'text':
      return part.text === '' || part.redacted ? [] : [{ kind: 'text', text: part.text }]
    case 'reasoning':
      return part.text === '' || part.redacted || !reasoning ? [] : [{ kind: 'reasoning', text: part.text }]
    case 'tool':
      return part.redacted ? [] : [toolCall(part)]
    case 'file': {
      const { kind, url, mediaType, name } = part
      return part.redacted ? [] : [{ kind, url, mediaType, ...(name !== undefined && { name }) }]
    }
    case 'source': {
      const { kind, url, title } = part
      return part.redacted ? [] : [{ kind, url, ...(title !== undefined && { title }) }]
    }
    case 'data': {
      const { kind, name, value } = part
      return part.redacted ? [] : [{ kind, name, value }]
    }
    default:
      return part satisfies never
  }
}

function toolCall({ name, callId, input, text, output, error }: ToolPart): PromptPart {
  const call = { kind: 'tool' as const, name, callId, input: input ?? parsed(text) }
  if (output !== undefined) return { ...call, output }
  return { ...call, error: error ?? noResult }
}

/** The input as it was streamed; one that was cut off in the middle is no JSON and says nothing that a model could use. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json // whatever JSON.parse returns is JSON
  } catch {
    return {}
  }
}
