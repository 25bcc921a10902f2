import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HeadraceError } from '@headrace/core'
import { createMessagesDecoder } from '@headrace/formats/anthropic'
import { createLangChainDecoder } from '@headrace/formats/langchain'
import { createChatDecoder, createResponsesDecoder } from '@headrace/formats/openai'
import { readFailing } from './read.ts'
import type { Chunk } from '@headrace/formats'

const decoders = {
  Anthropic: createMessagesDecoder,
  'OpenAI Responses': createResponsesDecoder,
  'OpenAI Chat Completions': createChatDecoder,
  LangChain: createLangChainDecoder,
}

/** What the protocols call things, so that random events get far enough in. */
const words = `
  message_start content_block_start content_block_delta content_block_stop message_delta message_stop text
  thinking tool_use text_delta input_json_delta citations_delta web_search_tool_result response.output_item.added
  response.output_item.done response.output_text.delta response.completed response.function_call_arguments.delta response.failed function_call message
  mcp_call error on_chat_model_stream on_tool_end messages updates ai
  tool stop {"a":1} {"a"
`.split(/\s+/)
const fields = `
  type index delta content_block message usage item
  item_id text id call_id name arguments response
  choices content tool_calls function finish_reason event run_id
  data chunk output tool_call_id input_tokens output_tokens prompt_tokens
  input partial_json error
`.split(/\s+/)

const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5, depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom<unknown>(...words, 0, 1, -1, 0.5, null, true, Infinity),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...fields), tie('any'), { maxKeys: 5 }),
  ),
})).any

function isWellFormed(chunk: Chunk): boolean {
  const strings = ['text', 'id', 'callId', 'name', 'error', 'url', 'title', 'mediaType'] as const
  const whole: Readonly<Record<string, unknown>> = { ...chunk }
  if (chunk.type === 'usage')
    return Object.values(chunk.usage).every((count) => Number.isSafeInteger(count) && count >= 0)
  return strings.every((field) => !(field in whole) || typeof whole[field] === 'string')
}

test.each(Object.entries(decoders))(
  'B5: whatever is sent to the decoder of %s, only well-formed chunks come out',
  (_, create) => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), (events) => {
        const { chunks, thrown } = readFailing(create(), events)
        expect(chunks.every(isWellFormed)).toBe(true)
        if (thrown === undefined) return
        expect(thrown).toBeInstanceOf(HeadraceError)
        expect(thrown).toMatchObject({ code: 'upstream_failed' })
      }),
      { numRuns: 1_000 },
    )
  },
)
