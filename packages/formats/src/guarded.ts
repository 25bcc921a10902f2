import { HeadraceError } from '@headrace/core'
import { notAllowed } from './failure.ts'
import type { Chunk } from './chunk.ts'
import type { Decoder } from './decoder.ts'

export interface DecoderOptions {
  /**
   * What becomes of a file that does not fit into an address of 8,192 characters. `omit`: a `data` part named
   * `file-omitted` stands in its place; `whole`: it comes as a long `data:` address all the same, for who stores it
   * elsewhere. Default `omit`.
   */
  readonly bigFiles?: 'omit' | 'whole'
}

/** An event before anybody has looked at more than that it is an object. */
export type RawEvent = Readonly<Record<string, unknown>>

/** What the session takes at most. */
const maxAddressChars = 8_192
const maxNameChars = 256
const maxTitleChars = 1_024

/**
 * A decoder for events from outside. The decoders of the protocols read events as their protocols promise them; whatever
 * an event really was, only well-formed chunks leave here. Everything else ends the stream as `upstream_failed`, and a
 * stream that has failed stays so.
 *
 * @param from - names the stream in errors
 */
export function guarded(from: string, decoder: Decoder<RawEvent>, options: DecoderOptions = {}): Decoder<unknown> {
  let failure: HeadraceError | undefined
  const guard = (what: string, read: () => readonly Chunk[]): readonly Chunk[] => {
    if (failure) throw failure
    try {
      return read().map((chunk) => fit(checked(chunk), options))
    } catch (thrown) {
      failure =
        thrown instanceof HeadraceError
          ? thrown
          : notAllowed(from, `sent ${what} that is not as its protocol says (${String(thrown)})`, thrown)
      throw failure
    }
  }
  return {
    push: (event) =>
      guard(nameOf(event), () => {
        if (typeof event !== 'object' || event === null || Array.isArray(event)) throw new TypeError('no JSON object')
        return decoder.push(event as RawEvent) // an object that is no array
      }),
    end: () => guard('an end', () => decoder.end()),
  }
}

function nameOf(event: unknown): string {
  const isNamed = typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string'
  return isNamed ? `an event ${String(event.type).slice(0, 100)}` : 'an event'
}

/** Holds a chunk against its type, which says what the protocol promised and not what was sent. */
function checked(chunk: Chunk): Chunk {
  const strings = Object.entries(chunk).filter(([key]) => isText(chunk.type, key))
  for (const [key, value] of strings) if (typeof value !== 'string') throw new TypeError(`${key} is no text`)
  if ('callId' in chunk && (chunk.callId === '' || chunk.callId.length > maxNameChars))
    throw new TypeError(`the id of a call must have 1 to ${maxNameChars} characters`)
  if (chunk.type !== 'usage') return chunk
  for (const [key, value] of Object.entries(chunk.usage))
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${key} is no count`)
  return chunk
}

function isText(type: Chunk['type'], key: string): boolean {
  switch (key) {
    case 'text':
    case 'id':
    case 'callId':
    case 'name':
    case 'error':
    case 'url':
    case 'title':
    case 'mediaType':
      return type !== 'usage'
    default:
      return false
  }
}

/** Makes what is right but too long for a session fit. */
function fit(chunk: Chunk, { bigFiles = 'omit' }: DecoderOptions): Chunk {
  switch (chunk.type) {
    case 'tool-input':
    case 'tool-call':
      return { ...chunk, name: chunk.name.slice(0, maxNameChars) || 'unknown' }
    case 'source': {
      const { url, title } = chunk
      if (url === '' || url.length > maxAddressChars)
        return { type: 'data', name: 'source-omitted', value: { addressChars: url.length, title: title ?? null } }
      return title === undefined ? chunk : { ...chunk, title: title.slice(0, maxTitleChars) }
    }
    case 'file':
      return bigFiles === 'whole' ? chunk : fileThatFits(chunk)
    case 'text':
    case 'reasoning':
    case 'tool-result':
    case 'tool-error':
    case 'data':
    case 'usage':
      return chunk
    default:
      return chunk satisfies never
  }
}

/** The file, or what stands in its place when its address is longer than a session takes. */
export function fileThatFits(file: Extract<Chunk, { readonly type: 'file' }>): Chunk {
  const { url, mediaType } = file
  if (url.length <= maxAddressChars) return file
  const content = url.startsWith('data:') ? url.slice(url.indexOf(',') + 1) : undefined
  const size = content === undefined ? { addressChars: url.length } : { base64Chars: content.length }
  return { type: 'data', name: 'file-omitted', value: { mediaType, ...size } }
}
