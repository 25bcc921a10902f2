/** Bounds of one connection and of all of them. Times are milliseconds. */
export interface ConnectionLimits {
  /** Most connections of this server at the same time. */
  readonly maxConnections: number
  /** Most of them that have not said hello yet. */
  readonly maxStrangers: number
  /**
   * Most connections and waiting requests from one address (an IPv6 network of /64). Loopback is not counted: behind it
   * may be a proxy. See `trustedProxies`.
   */
  readonly connectionsPerAddress: number
  /** Most connections and waiting requests of one tenant. */
  readonly connectionsPerTenant: number
  /** Wrong tokens and tickets that are taken from one address in a minute. Loopback is not counted. */
  readonly failuresPerMinute: number
  /** Frames of one connection in a second, for ever; `frameBurst` at once after a rest. */
  readonly framesPerSecond: number
  readonly frameBurst: number
  /** Commands of one identity in a second, over all doors and connections; `commandBurst` at once after a rest. */
  readonly commandsPerSecond: number
  readonly commandBurst: number
  /** A connection must say hello within this time. */
  readonly helloMs: number
  /** Most characters of a frame before hello. */
  readonly maxHelloChars: number
  /** Most bytes that a connection may send before it is welcomed, finished frames or not. */
  readonly maxHelloBytes: number
  /** Most bytes of a frame. */
  readonly maxFrameBytes: number
  /** Most pieces (fragments) that one message may come in. */
  readonly maxFragments: number
  /** Most sessions that one connection follows. */
  readonly maxSubscriptions: number
  /** Most workers (an agent and a process) that one connection offers. */
  readonly maxWorkers: number
  /** Commands of one connection that may be unanswered before the server stops reading from it. */
  readonly maxUnanswered: number
  /** Unsent bytes of one connection at which the server stops reading logs for it. */
  readonly maxUnsentBytes: number
  /** A reader that takes nothing for so long is cut off; it can resume. */
  readonly stallMs: number
  /** A peer that is silent for so long is taken for dead. It is asked at a third of it. */
  readonly idleMs: number
}

export const defaultConnectionLimits: ConnectionLimits = {
  maxConnections: 20_000,
  maxStrangers: 2_000,
  connectionsPerAddress: 2_000,
  connectionsPerTenant: 20_000,
  failuresPerMinute: 300,
  framesPerSecond: 20_000,
  frameBurst: 40_000,
  commandsPerSecond: 50_000,
  commandBurst: 100_000,
  helloMs: 5_000,
  maxHelloChars: 32_768,
  maxHelloBytes: 65_536,
  maxFrameBytes: 1_048_576,
  maxFragments: 1_024,
  maxSubscriptions: 1_000,
  maxWorkers: 1_000,
  maxUnanswered: 1_024,
  maxUnsentBytes: 262_144,
  stallMs: 30_000,
  idleMs: 30_000,
}
