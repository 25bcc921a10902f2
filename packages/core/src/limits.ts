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
  /** Most characters of one message that not everybody who sees it sees. */
  readonly privateChars: number
  /** Most audiences, beside everybody, that hot messages have. */
  readonly audiences: number
  /** Most requests that wait for an answer at the same time. */
  readonly openRequests: number
  /** Most steers of one run, taken or not. */
  readonly steersPerRun: number
  /** Most runs that one run starts. */
  readonly childRuns: number
  /** Most characters of the shared document as JSON. */
  readonly documentChars: number
  /** Most suspended runs of one session. */
  readonly suspendedRuns: number
  /** Most people who wait for the floor. */
  readonly floorRequests: number
  /** Most redactions whose content the server has not yet erased. */
  readonly pendingErasures: number
  /** Most runs from one that a person asked for down to one that agents started: 1 is no run of agents. */
  readonly runDepth: number
  /** Most events in one session's log. */
  readonly logEvents: number
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
  privateChars: 262_144,
  audiences: 16,
  openRequests: 100,
  steersPerRun: 64,
  childRuns: 100,
  documentChars: 262_144,
  suspendedRuns: 100,
  floorRequests: 32,
  pendingErasures: 1_000,
  runDepth: 16,
  logEvents: 100_000_000,
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
  /** Closed requests kept. */
  closedRequests: 50,
  /** Participants whose cursor is kept: those that moved last. */
  cursors: 200,
  /** Participants whose use is counted against `participantBudget`; limits refuse more before. */
  participants: 1_000,
  /** Notices that wait to be delivered: the newest. */
  notices: 200,
} as const
