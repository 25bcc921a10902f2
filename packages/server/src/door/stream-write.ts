/** Making, appending to, closing and deleting streams: requests of the protocol as commands, and back. */
import { HeadraceError, defaultContentType, formatOffset, readContentType, type StreamAnswer } from '@headrace/core'
import type { Streams } from '../streams/streams.ts'
import { readBytes } from './http-body.ts'
import { problem, type Reply } from './http-reply.ts'
import { readClosed, readFork, readLife, readProducer, readStreamSeq } from './stream-headers.ts'
import type { RawCall } from './http-route.ts'
import type { HttpLimits } from './http-limits.ts'

/** A stream that a request names. */
export interface StreamTarget {
  readonly streams: Streams
  readonly tenant: string
  readonly path: string
  readonly call: RawCall
  readonly limits: HttpLimits
  /** What stands before the path in the address. */
  readonly root: string
  /** Scheme and host of this server, as the caller sees them. */
  readonly base: string
}

/** @param mayRead - throws when the source of a fork is not for the caller */
export async function putStream(target: StreamTarget, mayRead: (path: string) => void): Promise<Reply> {
  const { streams, tenant, path, call, root, base } = target
  const { request } = call
  const fork = readFork(request, root)
  if (fork) mayRead(fork.path)
  const asked = readContentType(request.headers['content-type'])
  // A fork that names no type has that of its source.
  const contentType = asked ?? (fork ? undefined : defaultContentType)
  const closed = readClosed(request)
  const life = readLife(request)
  const body = await readBody(target)
  const answer = await streams.create(tenant, path, {
    closed,
    body,
    ...life,
    ...(contentType !== undefined && { contentType }),
    ...(fork && { fork }),
  })
  return {
    status: answer.created ? 201 : 200,
    headers: {
      ...place(answer),
      'Content-Type': answer.contentType,
      ...(answer.created && { Location: `${base}${root}${path}` }),
    },
  }
}

export async function postStream(target: StreamTarget): Promise<Reply> {
  const { streams, tenant, path, call } = target
  const { request } = call
  const producer = readProducer(request)
  const close = readClosed(request)
  const streamSeq = readStreamSeq(request)
  const body = await readBody(target)
  try {
    if (body.length === 0 && close) return appended(await streams.close(tenant, path, producer), 204)
    if (body.length === 0) throw new HeadraceError('bad_request', 'The body is empty; an append brings something.')
    const contentType = request.headers['content-type']
    if (contentType === undefined || contentType === '')
      throw new HeadraceError('bad_request', 'Content-Type must say what is appended, as the stream has it.')
    const answer = await streams.append(tenant, path, {
      contentType,
      body,
      close,
      ...(streamSeq !== undefined && { streamSeq }),
      ...(producer && { producer }),
    })
    return appended(answer, producer && answer.repeated !== true ? 200 : 204)
  } catch (thrown) {
    return refused(HeadraceError.from(thrown))
  }
}

export async function deleteStream({ streams, tenant, path }: StreamTarget): Promise<Reply> {
  await streams.remove(tenant, path)
  return { status: 204 }
}

async function readBody({ call, limits }: StreamTarget): Promise<Buffer> {
  if (!['', 'identity'].includes(call.request.headers['content-encoding'] ?? ''))
    throw new HeadraceError('bad_request', 'The body must not be compressed: send it without Content-Encoding.')
  return readBytes(call.request, { limit: 'streamBytes', maxBytes: limits.streamBytes })
}

function appended(answer: StreamAnswer, status: number): Reply {
  const { producer } = answer
  return {
    status,
    headers: {
      ...place(answer),
      ...(producer && { 'Producer-Epoch': String(producer.epoch), 'Producer-Seq': String(producer.seq) }),
    },
  }
}

function place({ tail, closed }: StreamAnswer): Record<string, string> {
  return {
    'Stream-Next-Offset': formatOffset(tail),
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(closed && { 'Stream-Closed': 'true' }),
  }
}

/** A producer reads from headers why it was refused. */
function refused(error: HeadraceError): Reply {
  const { code } = error
  const told = (name: string): string => {
    const value = error.detail?.[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  switch (code) {
    case 'stream_closed':
      return problem(error, { 'Stream-Closed': 'true', 'Stream-Next-Offset': told('offset') })
    case 'producer_fenced':
      return problem(error, { 'Producer-Epoch': told('epoch') })
    case 'out_of_order':
      return problem(error, { 'Producer-Expected-Seq': told('expected'), 'Producer-Received-Seq': told('received') })
    default:
      throw error
  }
}
