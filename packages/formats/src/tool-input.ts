import type { Chunk } from './chunk.ts'

/** A tool call whose input comes in pieces. */
export class ToolInput {
  readonly callId: string
  readonly name: string
  readonly #isPlain: boolean
  #text = ''
  #isDone = false

  /** @param form - `plain`: the input is text of any kind, as it is. Default: JSON */
  constructor(callId: string, name: string, form: 'json' | 'plain' = 'json') {
    this.callId = callId
    this.name = name
    this.#isPlain = form === 'plain'
  }

  /** Shows the call, with the first piece of its input. */
  begin(text = ''): Chunk {
    this.#text += text
    return this.#piece(text)
  }

  push(text: string): readonly Chunk[] {
    if (text === '') return []
    this.#text += text
    return [this.#piece(text)]
  }

  /**
   * The input is complete. What is no JSON, because the model was cut off in it or made a mistake, stays the text that it
   * is.
   *
   * @param whole - the input, if the protocol repeats it. Default: its pieces
   */
  done(whole: string = this.#text): readonly Chunk[] {
    if (this.#isDone) return []
    this.#isDone = true
    const input = this.#isPlain ? { value: whole } : parseInput(whole)
    return input ? [{ type: 'tool-call', callId: this.callId, name: this.name, input: input.value }] : []
  }

  #piece(text: string): Chunk {
    return { type: 'tool-input', callId: this.callId, name: this.name, text }
  }
}

/** An input as models write it; a tool without parameters is often called with nothing at all. */
export function parseInput(text: string): { readonly value: unknown } | undefined {
  if (text.trim() === '') return { value: {} }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}
