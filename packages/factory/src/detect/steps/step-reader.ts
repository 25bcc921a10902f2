import type { Json } from '@headrace/core'
import type { CallKind, Step } from '../step.ts'
import { hashOf } from '../text.ts'

/** What comes of a lane beside its calls, for the step that is told next. */
export interface StepExtras {
  readonly diff?: string
  readonly failing?: readonly string[]
  readonly tokens?: number
}

interface OpenCall {
  readonly tool: string
  args?: Json
  readonly text: string
}

const maxText = 8_000
const maxResult = 200_000
const maxOpen = 256

/** Kinds of calls in the Agent Client Protocol. `execute` and `other` are guessed further from the call itself. */
const kinds: Readonly<Record<string, CallKind>> = {
  read: 'read',
  search: 'search',
  edit: 'edit',
  move: 'edit',
  delete: 'delete',
  execute: 'execute',
  fetch: 'read',
  think: 'think',
  other: 'other',
}

/** Puts together steps from what an agent says, calls and gets back, piece by piece. What it keeps is bounded. */
export class StepReader {
  readonly #open = new Map<string, OpenCall>()
  #text = ''
  #extras: { diff?: string; failing?: readonly string[]; tokens?: number } = {}
  #plan: string | undefined

  text(text: string): void {
    if (this.#text.length < maxText) this.#text += text.slice(0, maxText)
  }

  call(id: string, tool: string, args: Json | undefined): void {
    const open = this.#open.get(id)
    if (open) {
      if (args !== undefined) open.args = args
      return
    }
    if (this.#open.size >= maxOpen) return
    this.#open.set(id, { tool, ...(args !== undefined && { args }), text: this.#takeText() })
  }

  /** The call is over: that is a step. Nothing for a call that nobody told of. */
  result(id: string, output: Json, failed: boolean, at?: number): Step | undefined {
    const open = this.#open.get(id)
    if (!open) return undefined
    this.#open.delete(id)
    const { tool, args, text } = open
    const kind = kinds[tool]
    const result = typeof output === 'string' ? output : JSON.stringify(output)
    return {
      tool,
      ...(kind && { kind }),
      ...(args !== undefined && { args }),
      result: result.slice(0, maxResult),
      // A tool that says it went well may still have run something that did not.
      ...(failed && { failed }),
      ...(text !== '' && { text }),
      ...this.#takeExtras(at),
    }
  }

  /** The agent's turn is over. What it said last, with no call behind it, is a step of its own. */
  end(at?: number): Step | undefined {
    const text = this.#takeText()
    return text.trim() === '' ? undefined : { tool: '', text, ...this.#takeExtras(at) }
  }

  plan(value: Json): void {
    this.#plan = String(hashOf(JSON.stringify(value)))
  }

  /** What is known now of difference, tests and use; tokens add up until a step takes them. */
  know({ diff, failing, tokens }: StepExtras): void {
    if (diff !== undefined) this.#extras.diff = diff
    if (failing !== undefined) this.#extras.failing = failing
    if (tokens !== undefined) this.#extras.tokens = (this.#extras.tokens ?? 0) + tokens
  }

  #takeText(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  #takeExtras(at: number | undefined): Pick<Step, 'diff' | 'failing' | 'tokens' | 'plan' | 'at'> {
    const { diff, failing, tokens } = this.#extras
    // Difference stays until another is told; tests and tokens are of one step.
    this.#extras = { ...(diff !== undefined && { diff }) }
    return {
      ...(diff !== undefined && { diff }),
      ...(failing !== undefined && { failing }),
      ...(tokens !== undefined && { tokens }),
      ...(this.#plan !== undefined && { plan: this.#plan }),
      ...(at !== undefined && { at }),
    }
  }
}
