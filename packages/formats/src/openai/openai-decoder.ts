import { createChatDecoder } from './chat-decoder.ts'
import { createResponsesDecoder } from './responses-decoder.ts'
import type { Decoder } from '../decoder.ts'
import type { DecoderOptions } from '../guarded.ts'

/** Reads either of OpenAI's streams: the first event tells which one it is. */
export function createOpenAiDecoder(options?: DecoderOptions): Decoder<unknown> {
  let decoder: Decoder<unknown> | undefined
  return {
    push(event) {
      decoder ??= isResponses(event) ? createResponsesDecoder(options) : createChatDecoder(options)
      return decoder.push(event)
    },
    end: () => (decoder ?? createResponsesDecoder(options)).end(),
  }
}

function isResponses(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string'
}
