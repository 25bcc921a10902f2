import type { Running } from '../tokens/system.ts'

/** Somebody who follows the one session of the bench. */
export interface Watcher {
  /** Events that have come, over all connections. */
  readonly heard: number
  /** The connection breaks off, without a word to the other side. */
  drop(): void
  /** Connects again and goes on behind what was heard. Resolves when the connection is there; events may still be on their way. */
  resume(): Promise<void>
}

/** A system with one session that people watch. */
export interface WatchedSystem {
  readonly name: string
  readonly use: string
  /** Why it can't be tested on this machine. */
  missing?(): string | undefined
  start(directory: string): Promise<Running>
  /** Makes the session and returns what adds events to it, which resolves when all are accepted. */
  writer(address: string): Promise<(count: number) => Promise<void>>
  watch(address: string): Promise<Watcher>
}

/** A watcher whose connections are opened and broken off by these; `heard` counts over all of them. */
export async function watcher<Connection>(parts: {
  readonly open: () => Promise<Connection>
  readonly drop: (connection: Connection) => void
  readonly heard: () => number
}): Promise<Watcher> {
  let connection = await parts.open()
  return {
    get heard() {
      return parts.heard()
    },
    drop: () => parts.drop(connection),
    async resume() {
      connection = await parts.open()
    },
  }
}

/** Each event has one of these in it, and nothing else that travels has. */
const marker = '~'

/** What an event carries: about 150 bytes with what is around it. */
export const payload = `${marker}${'x'.repeat(80)}`

export function countMarkers(text: string): number {
  let count = 0
  for (let at = text.indexOf(marker); at !== -1; at = text.indexOf(marker, at + 1)) count += 1
  return count
}
