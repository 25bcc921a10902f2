import { HeadraceError } from '../errors.ts'
import { jsonItems } from './json-items.ts'

/** What one append brought. */
export type StreamContent =
  /** Messages as JSON, in an array that has at least one. */
  | { readonly kind: 'json'; readonly json: string; readonly count: number }
  | { readonly kind: 'text'; readonly text: string }
  /** What is not UTF-8, as base64. */
  | { readonly kind: 'bytes'; readonly base64: string }

/**
 * The messages of a body that is valid JSON, flattened one level: an array is its items, anything else is one message.
 * `undefined` when there are none.
 */
export function jsonContent(text: string): StreamContent | undefined {
  return contentOf(jsonItems(text))
}

/**
 * The beginning of what one append brought, for a fork that begins in the middle of it.
 *
 * @param count - messages of JSON, bytes of anything else
 * @param bytes - content as bytes in base64, and back: the core can't tell how many bytes a text has
 * @throws HeadraceError `bad_request` when there is less
 */
export function beginningOf(content: StreamContent, count: number, bytes: BytesOf): StreamContent | undefined {
  if (content.kind === 'json') {
    const items = jsonItems(content.json)
    if (count > items.length) throw tooFar(count, items.length, 'messages')
    return contentOf(items.slice(0, count))
  }
  const { length, first } = bytes(content)
  if (count > length) throw tooFar(count, length, 'bytes')
  return count === 0 ? undefined : first(count)
}

/** Content as bytes: how many there are, and the first of them as content. */
export type BytesOf = (content: StreamContent) => {
  readonly length: number
  readonly first: (count: number) => StreamContent
}

function contentOf(items: readonly string[]): StreamContent | undefined {
  return items.length === 0 ? undefined : { kind: 'json', json: `[${items.join(',')}]`, count: items.length }
}

function tooFar(asked: number, there: number, unit: string): HeadraceError {
  const text = `Stream-Fork-Sub-Offset is ${asked}, but what follows the fork offset has ${there} ${unit}.`
  return new HeadraceError('bad_request', text, { detail: { asked, there } })
}
