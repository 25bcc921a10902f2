import type { Chunk } from './chunk.ts'

/**
 * Reads the stream of one protocol, event by event, and says in chunks what it means. It holds what it needs of the events
 * before; one decoder is for one stream.
 */
export interface Decoder<Event> {
  /**
   * What an event says; nothing where it is about the protocol's own workings, or of a kind that is not known.
   *
   * @throws HeadraceError `upstream_failed` when the stream says that it failed, or says what it may not
   */
  push(event: Event): readonly Chunk[]
  /**
   * What was held back, when the stream is over.
   *
   * @throws HeadraceError `upstream_failed` when it ended before it was complete
   */
  end(): readonly Chunk[]
}
