/** The OpenAI Responses API: items one after the other, parallel calls side by side, every event numbered. */
import { inputText, pieces, type Answering, type Dialect, type Ending, type Frame, type NamedCall } from './dialect.ts'
import type { Stop, TurnUsage } from './script.ts'

type Item = Readonly<Record<string, unknown>>

/** Text or reasoning that more may be added to. */
interface Growing {
  readonly kind: 'text' | 'reasoning'
  readonly index: number
  readonly id: string
  readonly texts: string[]
}

export class OpenAiResponses implements Dialect {
  readonly #answering: Answering
  readonly #output: Item[] = []
  #open: Growing | undefined
  #count = 0
  #whole: unknown

  constructor(answering: Answering) {
    this.#answering = answering
  }

  *begin(): Iterable<Frame> {
    yield this.#frame('response.created', { response: this.#response('in_progress') })
    yield this.#frame('response.in_progress', { response: this.#response('in_progress') })
  }

  *text(parts: readonly string[]): Iterable<Frame> {
    const { id, index, texts } = yield* this.#growing('text')
    const place = { item_id: id, output_index: index, content_index: 0 }
    for (const delta of parts) {
      texts.push(delta)
      yield this.#frame('response.output_text.delta', { ...place, delta, logprobs: [] })
    }
  }

  *reasoning(parts: readonly string[]): Iterable<Frame> {
    const { id, index, texts } = yield* this.#growing('reasoning')
    const place = { item_id: id, output_index: index, summary_index: 0 }
    for (const delta of parts) {
      texts.push(delta)
      yield this.#frame('response.reasoning_summary_text.delta', { ...place, delta })
    }
  }

  /** The item that grows: the one that is open, if it is of this kind. */
  *#growing(kind: Growing['kind']): Generator<Frame, Growing> {
    if (this.#open?.kind === kind) return this.#open
    yield* this.#settle()
    const { index, id } = this.#next(kind === 'text' ? 'msg' : 'rs')
    this.#open = { kind, index, id, texts: [] }
    if (kind === 'text') {
      yield this.#added(index, message(id, 'in_progress', []))
      const place = { item_id: id, output_index: index, content_index: 0 }
      yield this.#frame('response.content_part.added', { ...place, part: outputText('') })
    } else {
      yield this.#added(index, reasoning(id, []))
      const place = { item_id: id, output_index: index, summary_index: 0 }
      yield this.#frame('response.reasoning_summary_part.added', { ...place, part: summaryText('') })
    }
    return this.#open
  }

  /** Ends the item that grows. */
  *#settle(): Iterable<Frame> {
    const open = this.#open
    this.#open = undefined
    if (!open) return
    const { kind, id, index } = open
    const text = open.texts.join('')
    if (kind === 'text') {
      const place = { item_id: id, output_index: index, content_index: 0 }
      yield this.#frame('response.output_text.done', { ...place, text, logprobs: [] })
      yield this.#frame('response.content_part.done', { ...place, part: outputText(text) })
      yield this.#done(index, message(id, 'completed', [outputText(text)]))
    } else {
      const place = { item_id: id, output_index: index, summary_index: 0 }
      yield this.#frame('response.reasoning_summary_text.done', { ...place, text })
      yield this.#frame('response.reasoning_summary_part.done', { ...place, part: summaryText(text) })
      yield this.#done(index, reasoning(id, [summaryText(text)]))
    }
  }

  *tools(calls: readonly NamedCall[]): Iterable<Frame> {
    yield* this.#settle()
    const open = calls.map((call) => ({ call, ...this.#next('fc'), parts: pieces(inputText(call)) }))
    const item = ({ call, id }: (typeof open)[number], status: string, text: string): Item => {
      return { type: 'function_call', id, call_id: call.id, name: call.name, arguments: text, status }
    }
    for (const entry of open) yield this.#added(entry.index, item(entry, 'in_progress', ''))
    const longest = Math.max(0, ...open.map(({ parts }) => parts.length))
    for (let round = 0; round < longest; round += 1)
      for (const { id, index, parts } of open) {
        const delta = parts[round]
        if (delta === undefined) continue
        yield this.#frame('response.function_call_arguments.delta', { item_id: id, output_index: index, delta })
      }
    for (const entry of open) {
      const { id, index, call } = entry
      const whole = { item_id: id, output_index: index, name: call.name, arguments: inputText(call) }
      yield this.#frame('response.function_call_arguments.done', whole)
      yield this.#done(index, item(entry, 'completed', inputText(call)))
    }
  }

  *end({ stop, usage }: Ending): Iterable<Frame> {
    yield* this.#settle()
    if (stop === 'refusal') yield* this.#refusal()
    const reason = stop && incomplete[stop]
    const extra = {
      output: this.#output,
      usage: usageOf(usage),
      ...(reason !== undefined && { incomplete_details: { reason } }),
    }
    this.#whole = this.#response(reason === undefined ? 'completed' : 'incomplete', extra)
    yield this.#frame(reason === undefined ? 'response.completed' : 'response.incomplete', { response: this.#whole })
  }

  error(message: string): Frame {
    const error = { code: 'server_error', message }
    return this.#frame('response.failed', { response: this.#response('failed', { error, output: this.#output }) })
  }

  whole(): unknown {
    return this.#whole
  }

  *#refusal(): Iterable<Frame> {
    const { index, id } = this.#next('msg')
    const place = { item_id: id, output_index: index, content_index: 0 }
    const refusal = 'I will not do that.'
    yield this.#added(index, message(id, 'in_progress', []))
    for (const delta of pieces(refusal)) yield this.#frame('response.refusal.delta', { ...place, delta })
    yield this.#frame('response.refusal.done', { ...place, refusal })
    yield this.#done(index, message(id, 'completed', [{ type: 'refusal', refusal }]))
  }

  #next(kind: string): { readonly index: number; readonly id: string } {
    const index = this.#output.length
    this.#output.push({})
    return { index, id: `${kind}_${this.#answering.id}_${index}` }
  }

  #added(output_index: number, item: Item): Frame {
    this.#output[output_index] = item
    return this.#frame('response.output_item.added', { output_index, item })
  }

  #done(output_index: number, item: Item): Frame {
    this.#output[output_index] = item
    return this.#frame('response.output_item.done', { output_index, item })
  }

  #frame(type: string, fields: Item): Frame {
    return { event: type, data: { type, sequence_number: this.#count++, ...fields } }
  }

  #response(status: string, extra: Item = {}): Item {
    const { request, id } = this.#answering
    return {
      id: `resp_${id}`,
      object: 'response',
      created_at: 1_700_000_000,
      status,
      model: request.model,
      output: [],
      error: null,
      incomplete_details: null,
      instructions: null,
      metadata: {},
      parallel_tool_calls: true,
      temperature: 1,
      tool_choice: 'auto',
      tools: [],
      top_p: 1,
      usage: null,
      ...extra,
    }
  }
}

function message(id: string, status: string, content: readonly Item[]): Item {
  return { type: 'message', id, status, role: 'assistant', content }
}

function outputText(text: string): Item {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function reasoning(id: string, summary: readonly Item[]): Item {
  return { type: 'reasoning', id, summary, encrypted_content: null }
}

function summaryText(text: string): Item {
  return { type: 'summary_text', text }
}

const incomplete: Readonly<Record<Stop, string | undefined>> = {
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
  refusal: undefined,
}

function usageOf({ inputTokens, outputTokens, cachedTokens }: Required<TurnUsage>): Item {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  }
}
