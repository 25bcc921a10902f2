import type { Json, PartFields } from '@headrace/core'
import { plainLine } from '../terminal/plain.ts'

/** Tool calls of open messages; each becomes one line when it is over. */
export interface ToolLines {
  open(message: string, part: string, name: string, input?: Json): void
  /** Text of the input as the model streams it. */
  delta(message: string, part: string, text: string): void
  /** The line, if these fields end the call. */
  change(message: string, part: string, fields: PartFields): string | undefined
  /** The line, if the call has none yet. */
  close(message: string, part: string, fields: PartFields): string | undefined
  /** The lines of all calls of a message that are still open. */
  closeAll(message: string): readonly string[]
}

interface Call {
  readonly name: string
  text: string
  input: Json | undefined
}

/** Enough of the streamed input to show. */
const maxText = 200

export function createToolLines(): ToolLines {
  const messages = new Map<string, Map<string, Call>>()

  function line(message: string, part: string, fields: PartFields): string | undefined {
    const calls = messages.get(message)
    const call = calls?.get(part)
    if (!calls || !call) return undefined
    calls.delete(part)
    if (calls.size === 0) messages.delete(message)
    const whole = fields.input ?? call.input
    const input = plainLine(whole === undefined ? call.text : JSON.stringify(whole), 60)
    return `${plainLine(call.name, 40)}(${input}) → ${result(fields)}`
  }

  return {
    open(message, part, name, input) {
      const calls = messages.get(message) ?? new Map<string, Call>()
      calls.set(part, { name, text: '', input })
      messages.set(message, calls)
    },
    delta(message, part, text) {
      const call = messages.get(message)?.get(part)
      if (call && call.text.length < maxText) call.text += text
    },
    change(message, part, fields) {
      const call = messages.get(message)?.get(part)
      if (call && fields.input !== undefined) call.input = fields.input
      return fields.output === undefined && fields.error === undefined ? undefined : line(message, part, fields)
    },
    close: line,
    closeAll(message) {
      const parts = [...(messages.get(message)?.keys() ?? [])]
      return parts.map((part) => line(message, part, {})).filter((text) => text !== undefined)
    },
  }
}

function result({ output, error }: PartFields): string {
  if (error !== undefined) return `failed: ${plainLine(error, 60)}`
  return output === undefined ? 'no result' : plainLine(JSON.stringify(output), 60)
}
