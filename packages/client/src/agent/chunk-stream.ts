import type { Chunk } from '@headrace/formats'

/** What `pipe` reads: anything that gives chunks, or plain text, one after the other. */
export type ChunkStream = AsyncIterable<string | Chunk> | ReadableStream<string | Chunk>
