/** Reading a stream by HTTP: what is there, or as soon as there is more (long-poll). Server-sent events: `stream-sse.ts`. */
import { HeadraceError, formatOffset, parseOffset, type Grant } from '@headrace/core'
import { nextCursor } from './stream-cursor.ts'
import { streamSse } from './stream-sse.ts'
import type { Answer, RawCall } from './http-route.ts'
import type { Reply } from './http-reply.ts'
import type { HttpServices } from './http-services.ts'
import type { SourcePage, StreamSource } from './stream-source.ts'

export interface StreamQuery {
  /** Where the reader stands; `now`: behind all that there is. */
  readonly offset: number | 'now'
  readonly live: 'sse' | 'long-poll' | undefined
  readonly cursor: string | undefined
}

/** A request to read a stream that was found. */
export interface StreamReading {
  readonly call: RawCall
  readonly grant: Grant
  readonly query: StreamQuery
  readonly source: StreamSource
  /** Whether whoever reads next may be given the same answer: nobody needs a token here. */
  readonly isPublic: boolean
}

/** @throws HeadraceError `bad_request` */
export function readStreamQuery(query: string): StreamQuery {
  const parameters = new URLSearchParams(query)
  for (const name of ['offset', 'live', 'cursor'])
    if (parameters.getAll(name).length > 1) throw wrong(name, 'must be given once')
  const offset = parameters.get('offset')
  const live = parameters.get('live')
  if (live !== null && live !== 'sse' && live !== 'long-poll') throw wrong('live', 'is sse or long-poll')
  if (live !== null && offset === null) throw wrong('offset', 'is needed with live')
  return { offset: readOffset(offset), live: live ?? undefined, cursor: parameters.get('cursor') ?? undefined }
}

function readOffset(text: string | null): StreamQuery['offset'] {
  if (text === null || text === '-1') return 0
  if (text === 'now') return 'now'
  const seq = parseOffset(text)
  if (seq === undefined) throw wrong('offset', 'is -1, now, or an offset as the server gave it')
  return seq
}

function wrong(name: string, text: string): HeadraceError {
  return new HeadraceError('bad_request', `query.${name} ${text}.`, { detail: { path: `query.${name}` } })
}

export async function readStream(services: HttpServices, reading: StreamReading): Promise<Answer> {
  const { call, query, source } = reading
  if (call.request.method === 'HEAD') return describeStream(source)
  switch (query.live) {
    case 'sse':
      return streamSse(services, reading)
    case 'long-poll':
      return poll(services, reading)
    case undefined:
      return query.offset === 'now' ? atTail(source) : catchUp(services, reading, query.offset)
    default:
      return query.live satisfies never
  }
}

function describeStream(source: StreamSource): Reply {
  const { ttlSeconds, expiresAt } = source.life
  return {
    status: 200,
    headers: {
      ...streamHeaders(source, source.tail()),
      'Cache-Control': 'no-store',
      ...(source.isClosed() && { 'Stream-Closed': 'true' }),
      ...(ttlSeconds !== undefined && { 'Stream-TTL': String(ttlSeconds) }),
      ...(expiresAt !== undefined && { 'Stream-Expires-At': expiresAt }),
    },
  }
}

function atTail(source: StreamSource): Reply {
  return {
    status: 200,
    headers: {
      ...streamHeaders(source, source.tail()),
      'Cache-Control': 'no-store',
      'Stream-Up-To-Date': 'true',
      ...(source.isClosed() && { 'Stream-Closed': 'true' }),
    },
    body: source.isJson ? '[]' : '',
  }
}

async function catchUp({ limits }: HttpServices, reading: StreamReading, after: number): Promise<Reply> {
  const page = await reading.source.read(after, limits.pageChars)
  return answerPage(reading, after, page)
}

function answerPage({ call, source, isPublic, query }: StreamReading, after: number, page: SourcePage): Reply {
  const isAtEnd = page.next >= source.tail()
  const isOver = isAtEnd && source.isClosed()
  const etag = `"${source.id}:${after}:${page.next}${isOver ? ':c' : ''}"`
  // What is full, or the end of what is closed, never changes; what ends at the tail is asked for again.
  const isFinal = !isAtEnd || isOver || query.live === 'long-poll'
  const scope = isPublic ? 'public' : 'private'
  const caching = isFinal ? `${scope}, max-age=60, stale-while-revalidate=300` : `${scope}, no-cache`
  const place = {
    ...streamHeaders(source, page.next),
    ...(isAtEnd && { 'Stream-Up-To-Date': 'true' }),
    ...(isOver && { 'Stream-Closed': 'true' }),
  }
  if (!source.isImmutable) return { status: 200, headers: { ...place, 'Cache-Control': 'no-store' }, body: page.body }
  const headers = { ...place, ETag: etag, 'Cache-Control': caching }
  if (isKnown(call.request.headers['if-none-match'], etag))
    return { status: 304, headers: { ETag: etag, 'Cache-Control': caching } }
  return { status: 200, headers, body: page.body }
}

function isKnown(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

/** Answers when there is more, when the stream is closed, or when the time is over. */
async function poll(services: HttpServices, reading: StreamReading): Promise<Reply> {
  const { clock, waits, traffic, limits, streams } = services
  const { call, grant, query, source } = reading
  const after = query.offset === 'now' ? source.tail() : query.offset
  const cursor = { 'Stream-Cursor': nextCursor(clock.now(), query.cursor, Math.random()) }
  const found = async (): Promise<Reply | undefined> => {
    const page = await source.read(after, limits.pageChars)
    if (!page.isEmpty) {
      const reply = answerPage(reading, after, page)
      return { ...reply, headers: { ...reply.headers, ...cursor } }
    }
    // Who stands somewhere else than at the end, and finds nothing there, is told where that is.
    return source.isClosed() || page.next < after ? nothing(source, cursor) : undefined
  }
  const now = await found()
  if (now) return now
  const wait = waits.open(grant, call.response, traffic.addressOf(call.request))
  try {
    const ms = Math.max(0, Math.min(streams.longPollTimeoutMs, grant.expiresAt - clock.now()))
    let isOver = false
    let wake = Promise.withResolvers<void>()
    const stop = await source.follow(after, () => wake.resolve())
    const cancel = clock.after(ms, () => {
      isOver = true
      wake.resolve()
    })
    wait.signal.addEventListener('abort', () => wake.resolve())
    try {
      for (;;) {
        const reply = await found()
        if (reply) return reply
        if (isOver) return nothing(source, cursor)
        wait.signal.throwIfAborted()
        await wake.promise
        wait.signal.throwIfAborted()
        wake = Promise.withResolvers()
        if (isOver) wake.resolve()
      }
    } finally {
      cancel()
      stop()
    }
  } finally {
    wait.close()
  }
}

function nothing(source: StreamSource, cursor: Readonly<Record<string, string>>): Reply {
  const { 'Content-Type': _none, ...headers } = streamHeaders(source, source.tail())
  return {
    status: 204,
    headers: {
      ...headers,
      ...cursor,
      'Cache-Control': 'no-store',
      'Stream-Up-To-Date': 'true',
      ...(source.isClosed() && { 'Stream-Closed': 'true' }),
    },
  }
}

function streamHeaders(source: StreamSource, next: number): Record<string, string> {
  return {
    'Content-Type': source.contentType,
    'Stream-Next-Offset': formatOffset(next),
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
}
