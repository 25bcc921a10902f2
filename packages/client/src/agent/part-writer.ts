/**
 * Turns chunks into operations on parts.
 *
 *   text, reasoning   one part grows until a chunk of another kind or id comes
 *   tool              opened by its first chunk, closed by its result or error; any number at the same time, and the
 *                     result may come through another stream of the run than the call
 *   file, source, data   opened and closed at once
 */
import type { Audience, Json, PartFields, PartStart, SessionView, Usage, WriteOp } from '@headrace/core'
import { pieces } from './ops.ts'
import { toJson } from '../to-json.ts'
import type { Chunk } from '@headrace/formats'

/** Where a part stands. Keys are the writer's own; the server makes ids of them that are unique in the session. */
interface Place {
  readonly message: string
  readonly step: string
  /** Default: whoever sees the message. */
  readonly to?: Audience
}

interface PartKey {
  readonly message: string
  readonly part: string
}

interface ToolCall extends PartKey {
  readonly name: string
  open: boolean
}

/** What all part writers of one attempt share. */
export class RunParts {
  readonly tools: Map<string, ToolCall> = new Map()
  #count = 0

  /**
   * Tool calls that the attempt before has left open when it let go of the run: their results come from this one.
   *
   * @param run - the run in the view that this attempt began with
   */
  adopt(view: SessionView, run: string): void {
    for (const message of view.messages) {
      if (message.run !== run) continue
      for (const part of message.parts) {
        if (part.kind !== 'tool' || part.status !== 'open') continue
        // Ids are made of the writer's keys: `run.message` and `attempt.part`.
        const key = part.id.slice(part.id.indexOf('.') + 1)
        const place = { message: message.id.slice(run.length + 1), part: key }
        this.tools.set(part.callId, { ...place, name: part.name, open: true })
        // New keys begin after it, or a part of this attempt would be taken for it.
        this.#count = Math.max(this.#count, Number(key) || 0)
      }
    }
  }

  nextKey(): string {
    this.#count += 1
    return String(this.#count)
  }
}

export interface PartWriterOptions {
  readonly parts: RunParts
  readonly place: Place
  readonly push: (op: WriteOp) => void
  readonly onUsage: (usage: Usage) => void
}

export class PartWriter {
  readonly #options: PartWriterOptions
  #growing: { readonly key: PartKey; readonly kind: 'text' | 'reasoning'; readonly id: string | undefined } | undefined

  constructor(options: PartWriterOptions) {
    this.#options = options
  }

  write(chunk: Chunk): void {
    switch (chunk.type) {
      case 'text':
      case 'reasoning':
        return this.#grow(chunk.type, chunk.text, chunk.id)
      case 'tool-input':
        return this.#toolInput(chunk.callId, chunk.name, chunk.text)
      case 'tool-call':
        return this.#toolCall(chunk.callId, chunk.name, chunk.input)
      case 'tool-result': {
        const fields = { output: toJson(chunk.output) }
        return chunk.preliminary === true ? this.#toolSet(chunk.callId, fields) : this.#toolClose(chunk.callId, fields)
      }
      case 'tool-error':
        return this.#toolClose(chunk.callId, { error: chunk.error.slice(0, maxErrorChars) })
      case 'source': {
        const { url, title } = chunk
        return this.#whole({ kind: 'source', url, ...(title !== undefined && { title }) })
      }
      case 'file': {
        const { url, mediaType, name } = chunk
        return this.#whole({ kind: 'file', url, mediaType, ...(name !== undefined && { name }) })
      }
      case 'data':
        return this.#whole({ kind: 'data', name: chunk.name, value: toJson(chunk.value) })
      case 'usage':
        return this.#options.onUsage(chunk.usage)
      default:
        return chunk satisfies never
    }
  }

  /** Closes the text that is still growing. Tool calls stay open for their results. */
  finish(): void {
    if (!this.#growing) return
    this.#options.push({ op: 'close', ...this.#growing.key })
    this.#growing = undefined
  }

  #grow(kind: 'text' | 'reasoning', text: string, id: string | undefined): void {
    if (text === '') return
    if (this.#growing?.kind !== kind || this.#growing.id !== id) {
      this.finish()
      this.#growing = { key: this.#open({ kind }), kind, id }
    }
    this.#delta(this.#growing.key, text)
  }

  #toolInput(callId: string, name: string, text: string): void {
    this.#delta(this.#tool(callId, name), text)
  }

  #toolCall(callId: string, name: string, input: unknown): void {
    const known = this.#options.parts.tools.get(callId)
    if (known?.open)
      this.#options.push({ op: 'set', message: known.message, part: known.part, fields: { input: toJson(input) } })
    else this.#tool(callId, name, { input: toJson(input) })
  }

  #toolSet(callId: string, fields: PartFields): void {
    const { message, part } = this.#tool(callId)
    this.#options.push({ op: 'set', message, part, fields })
  }

  #toolClose(callId: string, fields: PartFields): void {
    const call = this.#tool(callId)
    call.open = false
    this.#options.push({ op: 'close', message: call.message, part: call.part, fields })
  }

  /** The open part of a call; a call that nobody announced, or that had its result, gets a new one. */
  #tool(callId: string, name?: string, fields?: { readonly input: Json }): ToolCall {
    const { tools } = this.#options.parts
    const known = tools.get(callId)
    if (known?.open) return known
    this.finish()
    const called = name ?? known?.name ?? 'unknown'
    const call = { ...this.#open({ kind: 'tool', name: called, callId, ...fields }), name: called, open: true }
    tools.set(callId, call)
    return call
  }

  #whole(start: PartStart): void {
    this.finish()
    this.#options.push({ op: 'close', ...this.#open(start) })
  }

  #open(start: PartStart): PartKey {
    const { parts, place, push } = this.#options
    const key = { message: place.message, part: parts.nextKey() }
    push({ op: 'open', ...key, step: place.step, start, ...(place.to !== undefined && { to: place.to }) })
    return key
  }

  #delta({ message, part }: PartKey, text: string): void {
    for (const piece of pieces(text)) this.#options.push({ op: 'delta', message, part, text: piece })
  }
}

const maxErrorChars = 65_536
