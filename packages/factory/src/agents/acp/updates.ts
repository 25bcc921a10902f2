/** What an agent says over the Agent Client Protocol, in the chunks of a session. Pure. */
import type { ContentBlock, SessionUpdate, ToolCall, ToolCallUpdate } from '@agentclientprotocol/sdk'
import type { Json } from '@headrace/core'
import type { Chunk } from '@headrace/client/agent'

const maxOutputChars = 100_000

/** Reads updates one after the other; one reader is for all turns of one agent. */
export class AcpUpdates {
  /** Calls that were shown and have no result yet, with what was last said of each, and what of that was shown. */
  readonly #open = new Map<string, { readonly call: ToolCallUpdate; readonly shown: string }>()

  /** What an update says; nothing where it is about the agent's own workings. */
  read(update: SessionUpdate): readonly Chunk[] {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        return textOf(update.content, (text) => ({ type: 'text', text }))
      case 'agent_thought_chunk':
        return textOf(update.content, (text) => ({ type: 'reasoning', text }))
      case 'tool_call':
      case 'tool_call_update':
        return this.#call(update)
      case 'plan': {
        const value = update.entries.map(({ content, status, priority }) => ({ content, status, priority }))
        return [{ type: 'data', name: 'factory.plan', value }]
      }
      case 'usage_update':
        // How full its context is, and not what was spent: the model proxy counts that.
        return [{ type: 'data', name: 'factory.context', value: { used: update.used, size: update.size } }]
      default:
        // Modes, commands, echoes of what we said, and what newer versions have.
        return []
    }
  }

  /** Shows a call that an agent first tells of when it asks whether it may. */
  announce(call: ToolCallUpdate): readonly Chunk[] {
    return this.#call(call)
  }

  /** A call with what was said of it before: what an update leaves out has not changed. */
  whole(call: ToolCallUpdate): ToolCallUpdate {
    return merged(this.#open.get(call.toolCallId)?.call, call)
  }

  /** Results for calls that never had one. */
  end(why: string): readonly Chunk[] {
    const chunks = [...this.#open.keys()].map((callId): Chunk => ({ type: 'tool-error', callId, error: why }))
    this.#open.clear()
    return chunks
  }

  #call(call: ToolCall | ToolCallUpdate): readonly Chunk[] {
    const { toolCallId: callId, status, title } = call
    const isOver = status === 'completed' || status === 'failed'
    const chunks: Chunk[] = []
    let shown = this.#open.get(callId)?.shown
    // A result that comes for a call which is closed, or never was, says nothing that could be shown.
    if (shown === undefined && isOver && (title === undefined || title === null)) return []
    const whole = this.whole(call)
    const input = inputOf(whole)
    const text = JSON.stringify(input)
    // Many say what a call is about only once they know. What comes piece by piece is shown at its first and its last.
    if (text !== shown && (isOver || shown === undefined || !saysWhat(shown))) {
      shown = text
      chunks.push({ type: 'tool-call', callId, name: whole.kind ?? 'other', input })
    }
    if (isOver) this.#open.delete(callId)
    else this.#open.set(callId, { call: whole, shown: shown ?? text })
    const output = outputOf(call)
    if (status === 'failed') chunks.push({ type: 'tool-error', callId, error: asText(output) || 'The call failed.' })
    else if (status === 'completed') chunks.push({ type: 'tool-result', callId, output })
    else if (call.content && call.content.length > 0) {
      chunks.push({ type: 'tool-result', callId, output, preliminary: true })
    }
    return chunks
  }
}

/** Whether more than the name of the tool and its folder was shown. */
function saysWhat(shown: string): boolean {
  return /"input":\{(?!"cwd":"[^"]*"\}|\})/.test(shown)
}

function merged(before: ToolCallUpdate | undefined, { toolCallId, ...now }: ToolCallUpdate): ToolCallUpdate {
  const said = Object.entries(now).filter(([, value]) => value !== undefined && value !== null)
  // Outputs may be large and are not asked about.
  const { content, rawOutput, ...kept } = { ...before, ...Object.fromEntries(said) }
  return { ...kept, toolCallId }
}

function textOf(content: ContentBlock, chunk: (text: string) => Chunk): readonly Chunk[] {
  switch (content.type) {
    case 'text':
      return content.text === '' ? [] : [chunk(content.text)]
    case 'resource_link':
      return [{ type: 'source', url: content.uri, title: content.title ?? content.name }]
    default:
      return [] // pictures and sounds have no place in the log
  }
}

function inputOf({ title, rawInput, locations }: ToolCall | ToolCallUpdate): Json {
  return {
    ...(title !== undefined && title !== null && { title }),
    ...(locations && locations.length > 0 && { paths: locations.map(({ path }) => path) }),
    ...(rawInput !== undefined && { input: bounded(rawInput) }),
  }
}

function outputOf({ content, rawOutput }: ToolCall | ToolCallUpdate): Json {
  const said = (content ?? []).flatMap((item): readonly Json[] => {
    switch (item.type) {
      case 'content':
        return item.content.type === 'text' ? [item.content.text.slice(0, maxOutputChars)] : []
      case 'diff':
        return [{ path: item.path, change: bounded({ old: item.oldText ?? '', new: item.newText }) }]
      case 'terminal':
        return []
      default:
        return item satisfies never
    }
  })
  if (said.length === 0) return rawOutput === undefined ? '' : bounded(rawOutput)
  return said.length === 1 ? (said[0] ?? '') : said
}

/** The value, or the beginning of its JSON where it is too large for an event. */
function bounded(value: unknown): Json {
  const text = JSON.stringify(value ?? null)
  return text.length > maxOutputChars ? { cut: text.slice(0, maxOutputChars) } : (JSON.parse(text) as Json) // it is JSON
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
