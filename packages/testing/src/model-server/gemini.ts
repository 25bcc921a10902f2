/** The Gemini API: candidates whose parts are to be put together; calls come whole. */
import { inputJson, type Answering, type Dialect, type Ending, type Frame, type NamedCall } from './dialect.ts'
import type { Stop } from './script.ts'

type Fields = Readonly<Record<string, unknown>>

export class Gemini implements Dialect {
  readonly #answering: Answering
  readonly #parts: Fields[] = []
  #whole: unknown

  constructor(answering: Answering) {
    this.#answering = answering
  }

  *begin(): Iterable<Frame> {
    // It begins with the first words.
  }

  *text(parts: readonly string[]): Iterable<Frame> {
    for (const text of parts) yield this.#say({ text })
  }

  *reasoning(parts: readonly string[]): Iterable<Frame> {
    for (const text of parts) yield this.#say({ text, thought: true })
  }

  *tools(calls: readonly NamedCall[]): Iterable<Frame> {
    for (const call of calls) yield this.#say({ functionCall: { id: call.id, name: call.name, args: inputJson(call) } })
  }

  *end({ stop, usage }: Ending): Iterable<Frame> {
    const finishReason = stop ? reasons[stop] : 'STOP'
    const { inputTokens, outputTokens, cachedTokens } = usage
    const usageMetadata = {
      promptTokenCount: inputTokens,
      candidatesTokenCount: outputTokens,
      totalTokenCount: inputTokens + outputTokens,
      ...(cachedTokens > 0 && { cachedContentTokenCount: cachedTokens }),
    }
    yield { data: this.#response([{ text: '' }], { finishReason }, { usageMetadata }) }
    this.#whole = this.#response(this.#parts, { finishReason }, { usageMetadata })
  }

  error(message: string): Frame {
    return { data: { error: { code: 500, message, status: 'INTERNAL' } } }
  }

  whole(): unknown {
    return this.#whole
  }

  #say(part: Fields): Frame {
    this.#parts.push(part)
    return { data: this.#response([part]) }
  }

  #response(parts: readonly Fields[], candidate: Fields = {}, extra: Fields = {}): Fields {
    const { request, id } = this.#answering
    const candidates = [{ index: 0, content: { role: 'model', parts }, ...candidate }]
    return { candidates, modelVersion: request.model, responseId: id, ...extra }
  }
}

const reasons: Readonly<Record<Stop, string>> = {
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'PROHIBITED_CONTENT',
}
