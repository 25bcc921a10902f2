import type { IncomingMessage } from 'node:http'
import {
  HeadraceError,
  readTime,
  parseOffset,
  readTtl,
  streamLimits,
  type ProducerMark,
  type StreamLife,
} from '@headrace/core'
import { readStreamPath } from '../streams/stream-key.ts'
import type { CreateRequest } from '../streams/streams.ts'

/** All that the protocol's requests bring beside a body. */
export const requestHeaders = [
  'If-None-Match',
  'Producer-Epoch',
  'Producer-Id',
  'Producer-Seq',
  'Stream-Closed',
  'Stream-Expires-At',
  'Stream-Fork-Offset',
  'Stream-Fork-Sub-Offset',
  'Stream-Forked-From',
  'Stream-Seq',
  'Stream-TTL',
] as const

/** What a page of another origin must be let see of an answer. */
export const answerHeaders = [
  'ETag',
  'Producer-Epoch',
  'Producer-Expected-Seq',
  'Producer-Received-Seq',
  'Producer-Seq',
  'Stream-Closed',
  'Stream-Cursor',
  'Stream-Expires-At',
  'Stream-Next-Offset',
  'Stream-SSE-Data-Encoding',
  'Stream-TTL',
  'Stream-Up-To-Date',
] as const

/** A header of the protocol: none of them may come twice. */
function one({ headersDistinct }: IncomingMessage, name: (typeof requestHeaders)[number]): string | undefined {
  const values = headersDistinct[name.toLowerCase()]
  if (values !== undefined && values.length > 1) throw wrong(name, 'must be given once')
  return values?.[0]
}

export function readClosed(request: IncomingMessage): boolean {
  return one(request, 'Stream-Closed') === 'true'
}

export function readStreamSeq(request: IncomingMessage): string | undefined {
  const seq = one(request, 'Stream-Seq')
  if (seq !== undefined && seq.length > streamLimits.markChars)
    throw wrong('Stream-Seq', `has at most ${streamLimits.markChars} characters`)
  return seq
}

export function readProducer(request: IncomingMessage): ProducerMark | undefined {
  const [id, epoch, seq] = (['Producer-Id', 'Producer-Epoch', 'Producer-Seq'] as const).map((name) =>
    one(request, name),
  )
  if (id === undefined && epoch === undefined && seq === undefined) return undefined
  if (id === undefined || epoch === undefined || seq === undefined)
    throw wrong('Producer-Id, Producer-Epoch and Producer-Seq', 'come together or not at all')
  if (id === '' || id.length > streamLimits.markChars)
    throw wrong('Producer-Id', `has 1 to ${streamLimits.markChars} characters`)
  return { id, epoch: whole(epoch, 'Producer-Epoch'), seq: whole(seq, 'Producer-Seq') }
}

export function readLife(request: IncomingMessage): StreamLife {
  const ttl = one(request, 'Stream-TTL')
  const expiresAt = one(request, 'Stream-Expires-At')
  if (ttl !== undefined && expiresAt !== undefined)
    throw wrong('Stream-TTL and Stream-Expires-At', 'exclude each other')
  if (expiresAt !== undefined && readTime(expiresAt) === undefined)
    throw wrong('Stream-Expires-At', 'is a time as RFC 3339 writes it, such as 2030-01-31T12:00:00Z')
  const ttlSeconds = ttl === undefined ? undefined : readTtl(ttl)
  if (ttl !== undefined && ttlSeconds === undefined)
    throw wrong('Stream-TTL', 'is a whole number of seconds, without sign or zeros before it')
  return { ...(ttlSeconds !== undefined && { ttlSeconds }), ...(expiresAt !== undefined && { expiresAt }) }
}

/** @param root - what stands before the path of a stream in an address */
export function readFork(request: IncomingMessage, root: string): CreateRequest['fork'] {
  const from = one(request, 'Stream-Forked-From')
  const offset = one(request, 'Stream-Fork-Offset')
  const sub = one(request, 'Stream-Fork-Sub-Offset')
  if (from === undefined) {
    if (offset !== undefined || sub !== undefined)
      throw wrong('Stream-Fork-Offset and Stream-Fork-Sub-Offset', 'need Stream-Forked-From')
    return undefined
  }
  if (!from.startsWith(root)) throw wrong('Stream-Forked-From', `is the path of a stream, as ${root}name`)
  if (offset !== undefined && parseOffset(offset) === undefined)
    throw wrong('Stream-Fork-Offset', 'is an offset as the server gave it')
  return {
    path: readStreamPath(from.slice(root.length)),
    sub: sub === undefined ? 0 : whole(sub, 'Stream-Fork-Sub-Offset', /^(?:0|[1-9]\d*)$/),
    ...(offset !== undefined && { offset }),
  }
}

function whole(text: string, name: string, pattern = /^\d+$/): number {
  const number = pattern.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(number)) return number
  throw wrong(name, 'is a whole number from 0 to 2^53-1')
}

function wrong(name: string, text: string): HeadraceError {
  return new HeadraceError('bad_request', `${name} ${text}.`, { detail: { path: name } })
}
