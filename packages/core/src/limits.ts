/** Bounds that `decide` enforces. Each refusal names the limit. Times are milliseconds, sizes UTF-16 units or counts. */
export interface SessionLimits {
  /** Most characters of content in one event: the text of a delta, or parts and fields as JSON. */
  readonly eventChars: number
  /** Most operations in one write batch. */
  readonly opsPerWrite: number
  /** Most runs of one session that are queued at the same time. */
  readonly queuedRuns: number
  /** Most runs of one session that are active at the same time. */
  readonly activeRuns: number
  /** Most parts in one message. */
  readonly partsPerMessage: number
  /** Most characters of content in one message that a run writes. */
  readonly messageChars: number
  /** Most messages that one run may write. */
  readonly messagesPerRun: number
  /** Most messages that one run may have open at the same time. */
  readonly openMessagesPerRun: number
  /** Most characters of session metadata as JSON. */
  readonly metadataChars: number
  /** Most devices shown as present at the same time. */
  readonly presentDevices: number
}

export const defaultSessionLimits: SessionLimits = {
  eventChars: 262_144,
  opsPerWrite: 1_000,
  queuedRuns: 100,
  activeRuns: 64,
  partsPerMessage: 2_000,
  messageChars: 4_194_304,
  messagesPerRun: 1_000,
  openMessagesPerRun: 16,
  metadataChars: 16_384,
  presentDevices: 200,
}

/**
 * How much of a session stays in a room's memory and in a joiner's snapshot. These are part of the fold, so they are
 * constants of the format and not options: every server and client must forget the same things at the same event.
 */
export const hot = {
  /** Newest messages kept, closed or open. */
  messages: 50,
  /** Characters of message content kept; the newest `minMessages` stay whatever their size. */
  chars: 262_144,
  minMessages: 8,
  /** Ended runs kept. */
  endedRuns: 50,
  /** Accepted commands remembered, so that a retry gets the first answer. */
  commands: 1_024,
} as const
