import { isUtf8 } from 'node:buffer'
import { HeadraceError, beginningOf, isJsonType, jsonContent, type StreamContent } from '@headrace/core'
import { parseJson } from '../door/json-text.ts'

/**
 * What a body brings to a stream of a content type; `undefined` for nothing.
 *
 * @throws HeadraceError `bad_request` when a stream of JSON is given anything else
 */
export function readContent(contentType: string, body: Buffer): StreamContent | undefined {
  if (body.length === 0) return undefined
  if (isJsonType(contentType)) {
    if (!isUtf8(body)) throw new HeadraceError('bad_request', 'The body is not UTF-8, which JSON always is.')
    const text = body.toString('utf8')
    parseJson(text)
    return jsonContent(text)
  }
  return ofBytes(body)
}

/** @throws HeadraceError `bad_request` for nothing, and as `readContent` */
export function mustRead(contentType: string, body: Buffer): StreamContent {
  const content = readContent(contentType, body)
  if (content) return content
  throw new HeadraceError('bad_request', 'The body is an empty array: an append brings one message or more.')
}

/** What is refused for its content type anyway, as far as this server knows, need not be readable. */
export function readable(contentType: string, body: Buffer): StreamContent | undefined {
  try {
    return readContent(contentType, body)
  } catch {
    return undefined
  }
}

function ofBytes(bytes: Buffer): StreamContent {
  return isUtf8(bytes)
    ? { kind: 'text', text: bytes.toString('utf8') }
    : { kind: 'bytes', base64: bytes.toString('base64') }
}

/** Content as the bytes that came in. JSON is the inside of an array. */
function contentBytes(content: StreamContent): Buffer {
  switch (content.kind) {
    case 'json':
      return Buffer.from(content.json.slice(1, -1), 'utf8')
    case 'text':
      return Buffer.from(content.text, 'utf8')
    case 'bytes':
      return Buffer.from(content.base64, 'base64')
    default:
      return content satisfies never
  }
}

/** Pieces of a stream as one body: an array of all messages, or all bytes. */
export function joinContents(contentType: string, contents: readonly StreamContent[]): Buffer {
  const pieces = contents.map(contentBytes)
  if (!isJsonType(contentType)) return Buffer.concat(pieces)
  const comma = Buffer.from(',')
  const parts = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [comma, piece]))
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')])
}

/** The first messages or bytes of what one append brought. */
export function firstOf(content: StreamContent, count: number): StreamContent | undefined {
  return beginningOf(content, count, (whole) => {
    const bytes = contentBytes(whole)
    return { length: bytes.length, first: (some) => ofBytes(bytes.subarray(0, some)) }
  })
}
