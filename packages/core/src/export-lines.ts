/**
 * The lines of an export (S5), in this order, each a JSON object:
 *
 *   {"export":…}   what it is
 *   {"view":…}     only for a log that has a floor: the view there
 *   {"message":…}  the messages that were cold there, oldest first
 *   events         as they are stored, from the beginning of the log; one that the reader may not see as
 *                  `{seq, at, type: "hidden", was}`
 *   {"gap":…}      where compaction dropped events: the link of the chain before and after them
 *   {"end":…}      counts, the last link of the chain, and a digest of all lines before
 */
import { chainStart, linkAfter, type Hash } from './chain.ts'
import type { Gap, HiddenEvent, SessionEvent } from './events.ts'
import type { Actor, SessionId } from './ids.ts'
import type { Message, SessionView } from './view.ts'

/** Number of the format. */
export const exportVersion = 1

export interface ExportHeader {
  readonly session: SessionId
  /** The log begins after this seq: 0, or for a copy that of the original. */
  readonly origin: number
  /** Up to where events may be missing. */
  readonly floor: number
  /** Who it was made for. */
  readonly reader: Actor
}

/** An event that the reader may not see. `was`: its hash, so that the chain goes on. */
export interface HiddenLine extends HiddenEvent {
  readonly was: string
}

/** What an export holds. */
export interface ExportCounts {
  /** Seq of the last event. */
  readonly head: number
  readonly events: number
  /** Events without their content. */
  readonly redacted: number
  /** Events that the reader may not see. */
  readonly hidden: number
  /** Events that compaction dropped. */
  readonly dropped: number
  /** Messages that were cold at the floor. */
  readonly messages: number
}

export interface ExportEnd extends ExportCounts {
  /** The link of the hash chain after the last event. */
  readonly link: string
  /** Of all lines before. */
  readonly digest: string
}

/** Makes the lines of an export, and counts what is in them. */
export class ExportWriter {
  readonly #hash: Hash
  #digest: string = chainStart
  #counts: { -readonly [K in keyof ExportCounts]: number } = {
    head: 0,
    events: 0,
    redacted: 0,
    hidden: 0,
    dropped: 0,
    messages: 0,
  }

  constructor(hash: Hash) {
    this.#hash = hash
  }

  header({ session, origin, floor, reader }: ExportHeader): string {
    this.#counts.head = origin
    return this.#line(JSON.stringify({ export: 'headrace', version: exportVersion, session, origin, floor, reader }))
  }

  view(view: SessionView): string {
    return this.#line(JSON.stringify({ view }))
  }

  message(message: Message): string {
    this.#counts.messages += 1
    return this.#line(JSON.stringify({ message }))
  }

  event(event: SessionEvent, json: string): string {
    this.#counts.head = event.seq
    this.#counts.events += 1
    if (event.was !== undefined) this.#counts.redacted += 1
    return this.#line(json)
  }

  hidden({ seq, at, type, was }: HiddenLine): string {
    this.#counts.head = seq
    this.#counts.events += 1
    this.#counts.hidden += 1
    return this.#line(JSON.stringify({ seq, at, type, was }))
  }

  gap({ first, last, before, after }: Gap): string {
    this.#counts.dropped += last - first + 1
    return this.#line(JSON.stringify({ gap: { first, last, before, after } }))
  }

  /** The last line. */
  end(link: string): string {
    return JSON.stringify({ end: { ...this.#counts, link, digest: this.#digest } satisfies ExportEnd })
  }

  #line(line: string): string {
    this.#digest = linkAfter(this.#digest, this.#hash(line), this.#hash)
    return line
  }
}
