import type { HeadraceError, HiddenEvent, SessionEvent } from '@headrace/core'
import type { AgUiEncoder, AgUiEvent } from '@headrace/formats/ag-ui'
import type { StreamFormat } from './event-stream.ts'

/**
 * What a stream of AG-UI says of a session.
 *
 * @param notices - what else the client should know, said before all but the first
 */
export function agUiStream(encoder: AgUiEncoder, notices: readonly AgUiEvent[]): StreamFormat {
  return {
    begin() {
      const [first, ...rest] = encoder.begin()
      return sse(first ? [first, ...notices, ...rest] : [])
    },
    page: ({ events }) =>
      Buffer.from(sse(encoder.push(events.map((event) => JSON.parse(event) as SessionEvent | HiddenEvent))), 'utf8'), // as they were stored
    get isOver() {
      return encoder.isDone
    },
    failed: ({ code, message }: HeadraceError) => sse([{ type: 'RUN_ERROR', message, code }]),
  }
}

function sse(events: readonly AgUiEvent[]): string {
  return events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
}
