/**
 * The rules of a stream (D1–D10 of SPEC.md). Pure: time, ids and when it was last read are given.
 *
 * What is refused for more than one reason is refused for the first of these: it is gone, it is closed, it has another
 * content type, its producer is out of turn, `Stream-Seq` does not go up.
 */
import { HeadraceError } from '../errors.ts'
import { defaultContentType, mediaType } from './content-type.ts'
import { foldStream } from './fold.ts'
import { streamStatus } from './life.ts'
import { formatOffset } from './offset.ts'
import { judgeProducer } from './producer.ts'
import { streamLimits } from './limits.ts'
import type {
  AppendToStream,
  CloseStream,
  CreateStream,
  StreamAnswer,
  StreamCommand,
  StreamDecision,
} from './commands.ts'
import type { ProducerMark, StreamEvent, StreamEventData, StreamEventType } from './events.ts'
import type { StreamState } from './state.ts'

type Decision = StreamDecision<StreamEvent, StreamState, StreamAnswer>
type Draft = { [T in StreamEventType]: { readonly type: T; readonly data: StreamEventData[T] } }[StreamEventType]

export interface StreamMoment {
  /** Milliseconds since 1970. */
  readonly now: number
  /** When the stream was last read, where that is later than the log says. */
  readonly usedAt: number
}

export function decideStream(state: StreamState, command: StreamCommand, { now, usedAt }: StreamMoment): Decision {
  const status = streamStatus(state, now, usedAt)
  if (command.type === 'end-fork') return endFork(state, command.id, now)
  if (command.type === 'create') {
    if (status === 'none') return command.id === '' ? notThere() : create(state, command, now)
    if (status === 'live') return confirm(state, command)
    return refuse(
      'stream_conflict',
      'The stream was deleted, but forks of it are alive: its path is free when they are gone.',
    )
  }
  if (status === 'deleted') {
    if (command.type === 'delete' || command.type === 'expire')
      return refuse('stream_gone', 'The stream was deleted already.')
    if (command.type === 'fork')
      return refuse('stream_conflict', 'The stream was deleted: what it holds is for its forks only.')
    return refuse('stream_gone', 'The stream was deleted.')
  }
  // Whoever removes a stream whose time is up, and finds that it has forks, deletes it for everybody else.
  const ends = command.type === 'delete' || command.type === 'expire'
  if (ends && status === 'over') return accept(state, now, [{ type: 'stream.deleted', data: {} }])
  if (status !== 'live') return notThere()
  switch (command.type) {
    case 'append':
      return append(state, command, now)
    case 'close':
      return close(state, command, now)
    case 'use':
      return accept(state, now, [{ type: 'stream.used', data: {} }])
    case 'fork':
      return fork(state, command, now)
    case 'delete':
      return accept(state, now, [{ type: 'stream.deleted', data: {} }])
    case 'expire':
      return { outcome: 'noop', answer: answerOf(state) }
    default:
      return command satisfies never
  }
}

function create(empty: StreamState, command: CreateStream, now: number): Decision {
  const { id, contentType, ttlSeconds, expiresAt, content, closed, fork } = command
  if (fork && fork.inherited.length > streamLimits.depth)
    return refuse('limit_exceeded', `A fork may inherit through ${streamLimits.depth} streams (depth).`)
  const born: Draft = {
    type: 'stream.created',
    data: {
      id,
      contentType,
      ...(ttlSeconds !== undefined && { ttlSeconds }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(fork && { origin: fork.origin, inherited: fork.inherited }),
    },
  }
  const contents = [fork?.beginning, content].filter((some) => some !== undefined)
  const appended = contents.map((some, index): Draft => ({
    type: 'stream.appended',
    data: { content: some, ...(closed && index === contents.length - 1 && { closes: true }) },
  }))
  const end: readonly Draft[] = closed && contents.length === 0 ? [{ type: 'stream.closed', data: {} }] : []
  // A fork goes on counting where it left its source, so that a place in one is a place in the other. Its log begins there.
  const state = fork ? { ...empty, seq: Math.max(1, fork.origin.seq) } : empty
  const decision = accept(state, now, [born, ...appended, ...end])
  return decision.outcome === 'accepted' ? { ...decision, answer: { ...decision.answer, created: true } } : decision
}

/** The same request again finds what it made; any other is a conflict. */
function confirm(state: StreamState, command: CreateStream): Decision {
  const { fork } = command
  // A fork that asks for no lifetime has that of its source, whatever that was.
  const inheritsLife = fork && command.ttlSeconds === undefined && command.expiresAt === undefined
  const isSame =
    mediaType(command.contentType || defaultContentType) === mediaType(state.contentType) &&
    (inheritsLife || (command.ttlSeconds === state.ttlSeconds && command.expiresAt === state.expiresAt)) &&
    command.closed === state.closed &&
    fork?.origin.path === state.origin?.path &&
    (fork?.origin.asked.sub ?? 0) === (state.origin?.asked.sub ?? 0) &&
    (fork?.origin.asked.offset === undefined || fork.origin.seq === state.origin?.seq)
  if (isSame === true) return { outcome: 'noop', answer: answerOf(state) }
  return refuse(
    'stream_conflict',
    'There is a stream of this path with another content type, lifetime, origin or state. Delete it first, or use another path.',
  )
}

function append(state: StreamState, command: AppendToStream, now: number): Decision {
  const { content, contentType, producer, streamSeq } = command
  if (state.closed) return toClosed(state, producer)
  if (mediaType(contentType) !== mediaType(state.contentType)) {
    const text = `The stream holds ${state.contentType}; ${contentType} can't be appended to it.`
    return refuse('stream_conflict', text, { contentType: state.contentType })
  }
  if (!content) return refuse('bad_request', `The body is no ${contentType}.`)
  const turn = producer && turnOf(state, producer)
  if (turn) return turn
  if (streamSeq !== undefined && state.streamSeq !== undefined && streamSeq <= state.streamSeq) {
    const text = `Stream-Seq must come after "${state.streamSeq}"; "${streamSeq}" does not.`
    return refuse('stream_conflict', text, { streamSeq: state.streamSeq })
  }
  return accept(
    state,
    now,
    [
      {
        type: 'stream.appended',
        data: {
          content,
          ...(streamSeq !== undefined && { streamSeq }),
          ...(producer && { producer }),
          ...(command.close && { closes: true }),
        },
      },
    ],
    producer,
  )
}

function close(state: StreamState, { producer }: CloseStream, now: number): Decision {
  if (state.closed) return producer ? toClosed(state, producer) : { outcome: 'noop', answer: answerOf(state) }
  const turn = producer && turnOf(state, producer)
  if (turn) return turn
  return accept(state, now, [{ type: 'stream.closed', data: { ...(producer && { producer }) } }], producer)
}

/** Only the very request that closed it may come again. */
function toClosed(state: StreamState, mark: ProducerMark | undefined): Decision {
  const { closedBy } = state
  const isRetry =
    mark && closedBy && mark.id === closedBy.id && mark.epoch === closedBy.epoch && mark.seq === closedBy.seq
  if (isRetry) return repeated(state, { epoch: mark.epoch, seq: mark.seq })
  return refuse('stream_closed', 'The stream is closed: nothing can be appended to it any more.', {
    offset: formatOffset(state.tail),
  })
}

/** What ends the command, or nothing when it is the producer's turn. */
function turnOf(state: StreamState, mark: ProducerMark): Decision | undefined {
  const judged = judgeProducer(state, mark)
  switch (judged.verdict) {
    case 'next':
      return undefined
    case 'repeat':
      return repeated(state, { epoch: mark.epoch, seq: judged.highest })
    case 'refused':
      return { outcome: 'refused', error: judged.error }
    default:
      return judged satisfies never
  }
}

function fork(state: StreamState, { id, path }: { readonly id: string; readonly path: string }, now: number): Decision {
  if (state.forks.some((known) => known.id === id)) return { outcome: 'noop', answer: answerOf(state) }
  if (state.forks.length >= streamLimits.forks)
    return refuse('limit_exceeded', `A stream may have ${streamLimits.forks} forks at the same time (forks).`)
  return accept(state, now, [{ type: 'stream.forked', data: { id, path } }])
}

function endFork(state: StreamState, id: string, now: number): Decision {
  if (!state.forks.some((known) => known.id === id)) return { outcome: 'noop', answer: answerOf(state) }
  return accept(state, now, [{ type: 'stream.fork-ended', data: { id } }])
}

function accept(before: StreamState, now: number, drafts: readonly Draft[], producer?: ProducerMark): Decision {
  let state = before
  const events = drafts.map((draft, index): StreamEvent => {
    const event = { seq: before.seq + index + 1, at: Math.max(now, before.at), ...draft } as StreamEvent // a draft is the rest of one
    state = foldStream(state, event)
    return event
  })
  const told = producer && { producer: { epoch: producer.epoch, seq: producer.seq } }
  return { outcome: 'accepted', events, state, answer: { ...answerOf(state), ...told } }
}

function repeated(state: StreamState, producer: { readonly epoch: number; readonly seq: number }): Decision {
  return { outcome: 'noop', answer: { ...answerOf(state), producer, repeated: true } }
}

function answerOf({ id, contentType, tail, closed }: StreamState): StreamAnswer {
  return { id, contentType, tail, closed }
}

function notThere(): Decision {
  return refuse('stream_not_found', 'There is no such stream. Create it with PUT.')
}

function refuse(
  code: ConstructorParameters<typeof HeadraceError>[0],
  text: string,
  detail?: Readonly<Record<string, string>>,
): Decision {
  return { outcome: 'refused', error: new HeadraceError(code, text, detail && { detail }) }
}
