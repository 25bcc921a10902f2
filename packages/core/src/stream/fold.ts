import { streamLimits } from './limits.ts'
import type { ProducerMark, StreamEvent } from './events.ts'
import type { StreamState } from './state.ts'

/** The only place where the state of a stream changes. */
export function foldStream(before: StreamState, event: StreamEvent): StreamState {
  const state = { ...before, seq: event.seq, at: event.at }
  switch (event.type) {
    case 'stream.created': {
      const { inherited = [], origin, ...rest } = event.data
      const started = { ...state, ...rest, inherited, createdAt: event.at, usedAt: event.at }
      return origin ? { ...started, origin, tail: origin.seq } : started
    }
    case 'stream.appended': {
      const { producer, streamSeq, closes } = event.data
      const written = {
        ...used(state, producer),
        tail: event.seq,
        ...(streamSeq !== undefined && { streamSeq }),
      }
      return closes ? { ...written, closed: true, ...(producer && { closedBy: producer }) } : written
    }
    case 'stream.closed': {
      const { producer } = event.data
      return { ...used(state, producer), closed: true, ...(producer && { closedBy: producer }) }
    }
    case 'stream.used':
      return used(state, undefined)
    case 'stream.forked':
      return { ...state, forks: [...state.forks, { ...event.data, at: event.at }] }
    case 'stream.fork-ended':
      return { ...state, forks: state.forks.filter(({ id }) => id !== event.data.id) }
    case 'stream.deleted':
      return { ...state, deleted: true, producers: [] }
    default:
      return event satisfies never
  }
}

function used(state: StreamState, producer: ProducerMark | undefined): StreamState {
  if (!producer) return { ...state, usedAt: state.at }
  const others = state.producers.filter(({ id }) => id !== producer.id)
  const kept = others.length < streamLimits.producers ? others : others.slice(1)
  return { ...state, usedAt: state.at, producers: [...kept, { ...producer, at: state.at }] }
}
