import type { Chunk, Decoder } from '@headrace/formats'

/** What a decoder makes of a whole stream. */
export function read(decoder: Decoder<unknown>, events: Iterable<unknown>): readonly Chunk[] {
  const chunks: Chunk[] = []
  for (const event of events) chunks.push(...decoder.push(event))
  return [...chunks, ...decoder.end()]
}

/** What it makes of one that fails: what came before, and the failure. */
export function readFailing(
  decoder: Decoder<unknown>,
  events: Iterable<unknown>,
): { readonly chunks: readonly Chunk[]; readonly thrown: unknown } {
  const chunks: Chunk[] = []
  try {
    for (const event of events) chunks.push(...decoder.push(event))
    chunks.push(...decoder.end())
    return { chunks, thrown: undefined }
  } catch (thrown) {
    return { chunks, thrown }
  }
}

/** The text of all chunks of a kind. */
export function textOf(chunks: readonly Chunk[], type: 'text' | 'reasoning' = 'text'): string {
  return chunks.map((chunk) => (chunk.type === type ? chunk.text : '')).join('')
}
