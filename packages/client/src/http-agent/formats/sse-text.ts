import { HeadraceError, type JsonObject } from '@headrace/core'
import { quoted } from '../failure.ts'
import { wordsOf } from './speakers.ts'
import type { WireFormat } from '../wire-format.ts'

/**
 * The simplest that there is: the messages as JSON, and text as the answer. As server-sent events each `data` is a piece of
 * it, an event `error` says what failed, and `[DONE]` may end it; as `text/plain` the body is the text.
 */
export const sseText: WireFormat = {
  accept: ['text/event-stream', 'text/plain'],
  body({ session, run, attempt, messages }): JsonObject {
    const said = messages.flatMap((message) => {
      const content = wordsOf(message, messages)
      return content === '' ? [] : [{ role: message.role, name: message.name, content }]
    })
    return { session, run, attempt, messages: said }
  },
  read() {
    let isOver = false
    return {
      push({ event, data }) {
        if (isOver) return []
        if (event === 'error')
          throw new HeadraceError('upstream_failed', `The agent's endpoint failed: ${quoted(data)}.`)
        if (data === '[DONE]') {
          isOver = true
          return []
        }
        return event === 'message' ? [{ type: 'text', text: data }] : []
      },
      end: () => [],
      get isOver() {
        return isOver
      },
      asks: [],
      elsewhere: new Set(),
    }
  },
}
