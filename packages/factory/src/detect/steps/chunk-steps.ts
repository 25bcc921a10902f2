import type { Chunk } from '@headrace/client/agent'
import type { Json } from '@headrace/core'
import type { Step } from '../step.ts'
import { StepReader } from './step-reader.ts'

/** Steps of an agent at work, from the chunks in which it is heard. */
export class ChunkSteps extends StepReader {
  /** The step that is over with this chunk, if one is. */
  read(chunk: Chunk, at?: number): Step | undefined {
    switch (chunk.type) {
      case 'text':
      case 'reasoning':
        this.text(chunk.text)
        return undefined
      case 'tool-call':
        this.call(chunk.callId, chunk.name, asJson(chunk.input))
        return undefined
      case 'tool-result':
        return chunk.preliminary === true ? undefined : this.result(chunk.callId, asJson(chunk.output), false, at)
      case 'tool-error':
        return this.result(chunk.callId, chunk.error, true, at)
      case 'data':
        if (chunk.name === 'factory.plan') this.plan(chunk.value)
        return undefined
      case 'usage':
        this.know({ tokens: (chunk.usage.inputTokens ?? 0) + (chunk.usage.outputTokens ?? 0) })
        return undefined
      case 'tool-input':
      case 'source':
      case 'file':
        return undefined
      default:
        return chunk satisfies never
    }
  }
}

/** What JSON can't hold counts as nothing. */
function asJson(value: unknown): Json {
  const text = JSON.stringify(value) as string | undefined // its type does not say that it can be nothing
  return text === undefined ? null : (JSON.parse(text) as Json) // it is JSON
}
