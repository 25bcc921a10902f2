import type { Chunk } from '@headrace/formats'
import type { Stream } from './source.ts'

/**
 * What `pipe` reads: anything that gives chunks or plain text one after the other, the text as strings or as bytes in UTF-8,
 * cut anywhere: the body of a `fetch` too.
 */
export type ChunkStream = Stream<string | Uint8Array | Chunk>
