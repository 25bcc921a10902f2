import {
  HeadraceError,
  isJsonType,
  isTextType,
  sessionKey,
  type Grant,
  type SessionId,
  type StreamLife,
} from '@headrace/core'
import { joinContents } from '../streams/stream-content.ts'
import type { Streams } from '../streams/streams.ts'
import type { Follower, Hub } from '../hub-types.ts'

/** Something that is read as a stream: a stream, or a session. */
export interface StreamSource {
  /** Tells it from others that had this path before. */
  readonly id: string
  readonly contentType: string
  readonly isJson: boolean
  readonly isText: boolean
  readonly life: StreamLife
  /** Whether what was read once is the same for everybody and for ever. */
  readonly isImmutable: boolean
  /** The place behind all that there is. */
  tail(): number
  isClosed(): boolean
  /** @throws HeadraceError when it is there no more */
  read(after: number, maxChars: number): Promise<SourcePage>
  /** Calls `wake` when there is more, or it is there no more. */
  follow(after: number, wake: () => void): Promise<() => void>
}

export interface SourcePage {
  readonly body: Buffer
  readonly isEmpty: boolean
  /** The place behind it. */
  readonly next: number
}

/** @throws HeadraceError `stream_not_found`, `stream_gone` */
export async function plainSource(
  streams: Streams,
  { tenant, path, use }: { readonly tenant: string; readonly path: string; readonly use: boolean },
): Promise<StreamSource> {
  const stream = await streams.open(tenant, path, use)
  const { id, contentType, ttlSeconds, expiresAt } = stream.state
  return {
    id,
    contentType,
    isJson: isJsonType(contentType),
    isText: isTextType(contentType),
    life: { ...(ttlSeconds !== undefined && { ttlSeconds }), ...(expiresAt !== undefined && { expiresAt }) },
    isImmutable: true,
    tail: () => stream.state.tail,
    isClosed: () => stream.state.closed,
    async read(after, maxChars) {
      if (!stream.isLive) throw new HeadraceError('stream_not_found', `The stream ${path} is there no more.`)
      const { tail } = stream.state
      const pieces = await stream.pieces({ after, maxChars })
      return {
        body: joinContents(
          contentType,
          pieces.map(({ content }) => content),
        ),
        isEmpty: pieces.length === 0,
        next: pieces.at(-1)?.seq ?? tail,
      }
    },
    follow: async (_after, wake) => stream.follow(wake),
  }
}

/**
 * The events of a session, as this reader may see them, as a stream of JSON: the place of an event is its seq.
 *
 * @throws HeadraceError `session_not_found`
 */
export async function sessionSource(hub: Hub, grant: Grant, session: SessionId): Promise<StreamSource> {
  const key = sessionKey(grant.tenant, session)
  const { seq, createdAt } = await hub.view(key, grant)
  let head = seq
  let follower: Follower | undefined
  return {
    id: `session.${createdAt}`,
    contentType: 'application/json',
    isJson: true,
    isText: true,
    life: {},
    // Readers see different things, and what is redacted must be nowhere.
    isImmutable: false,
    tail: () => head,
    isClosed: () => false,
    async read(after, maxChars) {
      // Whoever keeps up reads from memory, and what others read too.
      const isAtFollower = follower !== undefined && follower.cursor === after
      const events = isAtFollower ? ((await follower?.next())?.events ?? []) : await stored(after, maxChars)
      const last = events.at(-1)
      const next = last === undefined ? Math.max(after, head) : (JSON.parse(last) as { readonly seq: number }).seq // every event has one
      // Whether that is the end, the follower says by having no more.
      if (isAtFollower) head = last === undefined ? after : next + 1
      return {
        body: Buffer.from(`[${events.join(',')}]`, 'utf8'),
        isEmpty: last === undefined,
        next: last === undefined && isAtFollower ? after : next,
      }
    },
    async follow(after, wake) {
      // From the beginning there may be less than all, which nobody can follow; then it begins at the end.
      follower = await hub.follow(key, grant, { after, wake }).catch((thrown: unknown) => {
        if (after > 0) throw thrown
        return hub.follow(key, grant, { after: head, wake })
      })
      return () => follower?.close()
    },
  }

  async function stored(after: number, maxChars: number): Promise<readonly string[]> {
    // From the beginning there is what compaction left; whoever goes on from a place must not miss anything.
    const found = await hub.events(key, grant, { after, maxEvents: 1_000, maxChars, sparse: after === 0 })
    head = found.head
    return found.events
  }
}
