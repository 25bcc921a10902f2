/**
 * The streams of this server. A stream is a log of its own; this is what takes more than one of them.
 *
 *   create ─▶ live ──its time is up, or DELETE──▶ deleted ──no forks left──▶ removed, and its path is free
 *
 * A fork is noted in its source before it is made, and is let go there before it is removed, so that what it inherits is
 * never gone while it is alive. Whatever a stop leaves half done is found when the stream is used or due.
 */
import { randomUUID } from 'node:crypto'
import {
  HeadraceError,
  defaultContentType,
  mediaType,
  parseOffset,
  splitKey,
  streamStatus,
  useLagMs,
  type ProducerMark,
  type Store,
  type StreamAnswer,
  type StreamContent,
  type StreamLife,
  type StreamSegment,
  type StreamState,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Meter } from '../hub-types.ts'
import { LogRooms } from './log-rooms.ts'
import { ignoring } from './ignoring.ts'
import { firstOf, mustRead, readable, readContent } from './stream-content.ts'
import { listedTenant, streamKey } from './stream-key.ts'
import { readPieces, type StreamPiece } from './stream-reader.ts'
import { streamRules, type StreamRoom } from './stream-rules.ts'

/** What a stream is asked to be. */
export interface CreateRequest extends StreamLife {
  readonly contentType?: string
  readonly closed: boolean
  readonly body: Buffer
  readonly fork?: { readonly path: string; readonly offset?: string; readonly sub: number }
}

export interface AppendRequest {
  readonly contentType: string
  readonly body: Buffer
  readonly streamSeq?: string
  readonly producer?: ProducerMark
  readonly close: boolean
}

/** Told of what happens to streams. */
export interface StreamWatcher {
  /** It must not block. */
  grown(tenant: string, path: string): void
  /** Nobody could tell whether it grew, or will yet. It must not block. */
  doubted(tenant: string, path: string): void
  /** A stream is over; its path is not free before this is done. It may be told more than once. */
  removed(tenant: string, path: string): Promise<void>
}

/** A stream as somebody reads it. */
export interface OpenStream {
  /** What it is now. */
  readonly state: StreamState
  /** Whether it is still the stream that was opened. */
  readonly isLive: boolean
  pieces(from: { readonly after: number; readonly maxChars: number }): Promise<readonly StreamPiece[]>
  follow(wake: () => void): () => void
}

export interface StreamsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly meter: Pick<Meter, 'appended'>
  readonly onError: (error: HeadraceError) => void
}

/** A fork that is being made is noted in its source for less than this before it is there. */
const forkingMs = 60_000

export class Streams {
  readonly #options: StreamsOptions
  readonly #rooms
  #watcher: StreamWatcher = {
    grown: () => undefined,
    doubted: () => undefined,
    removed: () => Promise.resolve(),
  }

  constructor(options: StreamsOptions) {
    this.#options = options
    // What was read shortly before the log was last opened was perhaps not written down.
    this.#rooms = new LogRooms(streamRules, options, (room) => {
      room.usedAt = room.state.usedAt + useLagMs(room.state)
    })
  }

  watch(watcher: StreamWatcher): void {
    this.#watcher = watcher
  }

  async create(tenant: string, path: string, request: CreateRequest): Promise<StreamAnswer> {
    const found = await this.#settled(tenant, path)
    const room = found.state.deleted ? await this.#freed(tenant, path) : found
    const answer = await this.#grows(
      tenant,
      path,
      () =>
        request.fork ? this.#fork(tenant, room, { ...request, fork: request.fork, path }) : this.#create(room, request),
      ({ created, tail }) => created === true && tail > 0,
    )
    this.#use(room)
    return answer
  }

  /** Tells of what a request brings, also where nobody can tell whether it did. */
  async #grows(
    tenant: string,
    path: string,
    write: () => Promise<StreamAnswer>,
    isMore: (answer: StreamAnswer) => boolean,
  ): Promise<StreamAnswer> {
    try {
      const answer = await write()
      if (isMore(answer)) this.#watcher.grown(tenant, path)
      return answer
    } catch (thrown) {
      if (HeadraceError.from(thrown).code === 'unknown_outcome') this.#watcher.doubted(tenant, path)
      throw thrown
    }
  }

  #create(room: StreamRoom, request: CreateRequest): Promise<StreamAnswer> {
    const { contentType = defaultContentType, closed, body } = request
    const content = readContent(contentType, body)
    return room.submit(
      { type: 'create', id: randomUUID(), contentType, closed, ...life(request), ...(content && { content }) },
      body.length,
    )
  }

  async #fork(
    tenant: string,
    room: StreamRoom,
    request: CreateRequest & { readonly path: string; readonly fork: NonNullable<CreateRequest['fork']> },
  ): Promise<StreamAnswer> {
    const { fork, body, closed, path } = request
    const offset = fork.offset === undefined ? undefined : parseOffset(fork.offset)
    if (fork.offset !== undefined && offset === undefined)
      throw new HeadraceError('bad_request', 'Stream-Fork-Offset is no offset of a stream.')
    const asked = { sub: fork.sub, ...(fork.offset !== undefined && { offset: fork.offset }) }
    const isThere = room.state.id !== ''
    const source = isThere ? undefined : await this.#settled(tenant, fork.path)
    if (!source) {
      // Its source may be gone by now; whether this is the same request again can be told without it.
      const origin = { path: fork.path, id: room.state.origin?.id ?? '', seq: offset ?? 0, asked }
      const contentType = request.contentType ?? room.state.contentType
      return room
        .submit({
          type: 'create',
          id: '',
          contentType,
          closed,
          ...life(request),
          fork: { origin, inherited: [] },
        })
        .catch((thrown: unknown) => {
          // Another server had removed it before.
          if (room.state.id === '') return this.#fork(tenant, room, request)
          throw thrown
        })
    }
    await source.refresh()
    const { state } = source
    // Refused here as the source refuses it, but before anything is noted in it.
    if (state.id === '') throw notFound(`There is no stream ${fork.path} to fork.`)
    const contentType = request.contentType ?? state.contentType
    if (mediaType(contentType) !== mediaType(state.contentType)) {
      const text = `A fork has the content type of its source, ${state.contentType}, and not ${contentType}.`
      throw new HeadraceError('stream_conflict', text)
    }
    const seq = offset ?? state.tail
    if (seq > state.tail) throw new HeadraceError('bad_request', 'Stream-Fork-Offset is behind the end of the source.')
    const content = readContent(contentType, body)
    const beginning = fork.sub === 0 ? undefined : await this.#beginning(tenant, source, seq, fork.sub)
    const lifetime = request.ttlSeconds === undefined && request.expiresAt === undefined ? life(state) : life(request)
    const id = randomUUID()
    await source.submit({ type: 'fork', id, path })
    const letGo = (): Promise<unknown> => source.submit({ type: 'end-fork', id })
    try {
      const answer = await room.submit(
        {
          type: 'create',
          id,
          contentType,
          closed,
          ...lifetime,
          ...(content && { content }),
          fork: {
            origin: { path: fork.path, id: state.id, seq, asked },
            inherited: inheritedUpTo(state, fork.path, seq),
            ...(beginning && { beginning }),
          },
        },
        body.length,
      )
      if (answer.created !== true) await letGo()
      return answer
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      // Where it may have been made after all, the note must stay.
      if (error.code !== 'unknown_outcome') await letGo().catch(() => undefined)
      throw thrown
    }
  }

  async #beginning(
    tenant: string,
    source: StreamRoom,
    after: number,
    count: number,
  ): Promise<StreamContent | undefined> {
    const [next] = await readPieces(source, this.#roomOf(tenant), { after, maxChars: 1 })
    if (!next) throw new HeadraceError('bad_request', 'Stream-Fork-Sub-Offset needs content after the fork offset.')
    return firstOf(next.content, count)
  }

  async append(tenant: string, path: string, request: AppendRequest): Promise<StreamAnswer> {
    const room = await this.#settled(tenant, path)
    const { contentType, body, streamSeq, producer, close } = request
    const isOther = room.state.id !== '' && mediaType(contentType) !== mediaType(room.state.contentType)
    const content = isOther ? readable(contentType, body) : mustRead(contentType, body)
    const append = {
      type: 'append',
      contentType,
      close,
      ...(content && { content }),
      ...(streamSeq !== undefined && { streamSeq }),
      ...(producer && { producer }),
    } as const
    const answer = await this.#grows(
      tenant,
      path,
      () => room.submit(append, body.length),
      ({ repeated }) => repeated !== true,
    )
    this.#use(room)
    return answer
  }

  async close(tenant: string, path: string, producer: ProducerMark | undefined): Promise<StreamAnswer> {
    const room = await this.#settled(tenant, path)
    const answer = await room.submit({ type: 'close', ...(producer && { producer }) })
    this.#use(room)
    return answer
  }

  async remove(tenant: string, path: string): Promise<void> {
    const room = await this.#freed(tenant, path)
    await room.submit({ type: 'delete' })
    await this.#finish(tenant, room)
  }

  /**
   * @throws HeadraceError `stream_not_found`, `stream_gone`
   * @param use - whether looking at it keeps it alive
   */
  async open(tenant: string, path: string, use: boolean): Promise<OpenStream> {
    const room = await this.#settled(tenant, path)
    await room.refresh()
    const { id } = room.state
    if (id === '') throw notFound(`There is no stream ${path}. Create it with PUT.`)
    if (room.state.deleted) throw new HeadraceError('stream_gone', `The stream ${path} was deleted.`)
    if (use) this.#use(room)
    const roomOf = this.#roomOf(tenant)
    return {
      get state() {
        return room.state
      },
      get isLive() {
        return room.state.id === id && !room.state.deleted
      },
      pieces: (from) => readPieces(room, roomOf, from),
      follow: (wake) => room.follow(wake),
    }
  }

  /**
   * Where a stream ends; 0 where there is none.
   *
   * @param known - a place that it is known to have reached: where nothing was written since, it need not be opened
   */
  async tail(tenant: string, path: string, known = 0): Promise<number> {
    if (known > 0 && (await this.#options.store.head(streamKey(tenant, path))) === known) return known
    const room = await this.#settled(tenant, path)
    await room.refresh()
    return room.state.deleted ? 0 : room.state.tail
  }

  /** Paths of a tenant's streams, a page at a time, newest first. */
  async list(
    tenant: string,
    cursor: string | undefined,
  ): Promise<{ readonly paths: readonly string[]; readonly cursor?: string }> {
    const query = { tenant: listedTenant(tenant, 'ds'), limit: 1_000, ...(cursor !== undefined && { cursor }) }
    const { rows, ...rest } = await this.#options.store.list(query)
    return { paths: rows.map(({ id }) => id), ...rest }
  }

  /** A stream's time may be up. */
  async due(tenant: string, path: string): Promise<void> {
    await this.#settled(tenant, path)
  }

  #roomOf(tenant: string): (path: string) => Promise<StreamRoom> {
    return (path) => this.#rooms.room(streamKey(tenant, path))
  }

  /** The room of a path, after what is over there has been removed. */
  async #settled(tenant: string, path: string): Promise<StreamRoom> {
    for (;;) {
      const room = await this.#rooms.room(streamKey(tenant, path))
      const status = streamStatus(room.state, room.now(), room.usedAt)
      if (status === 'over') {
        // Somebody may be using it at this moment, also on another server.
        await room.submit({ type: 'expire' }).catch(ignoreOvertaken)
        await this.#finish(tenant, room)
        continue
      }
      if (!room.state.deleted || room.state.forks.length > 0) return room
      // Another server may have done what is left, and made another stream here since.
      await room.refresh().catch(ignoreLetGo)
      await this.#finish(tenant, room)
    }
  }

  /** The same, after notes of forks that were never made are gone: it may have been there for them only. */
  async #freed(tenant: string, path: string): Promise<StreamRoom> {
    await this.#dropLostForks(tenant, await this.#settled(tenant, path))
    return this.#settled(tenant, path)
  }

  /**
   * What is left to do where a stream was deleted: tells of it, and removes it and what only it kept alive, unless it has
   * forks. In this order: what is made in its place must not be taken for it.
   */
  async #finish(tenant: string, room: StreamRoom): Promise<void> {
    if (!room.state.deleted) return
    await this.#watcher.removed(tenant, splitKey(room.key).session)
    const { origin, id, forks } = room.state
    if (forks.length > 0) return
    if (origin) {
      const source = await this.#rooms.room(streamKey(tenant, origin.path))
      await source.refresh()
      if (source.state.id === origin.id) {
        await source.submit({ type: 'end-fork', id })
        await this.#finish(tenant, source)
      }
    }
    await this.#rooms.remove(room)
  }

  /** A stop between noting a fork and making it leaves a note of nothing. */
  async #dropLostForks(tenant: string, room: StreamRoom): Promise<void> {
    const old = room.state.forks.filter(({ at }) => room.now() - at > forkingMs)
    for (const { id, path } of old) {
      const fork = await this.#rooms.room(streamKey(tenant, path))
      await fork.refresh()
      if (fork.state.id !== id) await room.submit({ type: 'end-fork', id })
    }
    await this.#finish(tenant, room)
  }

  #use(room: StreamRoom): void {
    room.usedAt = room.now()
    const { state } = room
    const isWorthWriting = state.ttlSeconds !== undefined && room.usedAt - state.usedAt >= useLagMs(state)
    // Who reads does not wait for it, and a log that can't be written now can still be read.
    if (isWorthWriting && state.id !== '' && !state.deleted) void room.submit({ type: 'use' }).catch(() => undefined)
  }

  shutDown(): Promise<void> {
    return this.#rooms.close()
  }
}

function life({ ttlSeconds, expiresAt }: StreamLife): StreamLife {
  return { ...(ttlSeconds !== undefined && { ttlSeconds }), ...(expiresAt !== undefined && { expiresAt }) }
}

function inheritedUpTo(source: StreamState, path: string, seq: number): readonly StreamSegment[] {
  const all = [...source.inherited, { path, id: source.id, last: seq }]
  const end = all.findIndex(({ last }) => last >= seq)
  return all.slice(0, end + 1).map((segment) => (segment.last > seq ? { ...segment, last: seq } : segment))
}

/** Another server, or another request, did it first. */
const ignoreOvertaken = ignoring('stream_not_found', 'stream_gone')
/** Its removal is under way. */
const ignoreLetGo = ignoring('draining')

function notFound(text: string): HeadraceError {
  return new HeadraceError('stream_not_found', text)
}
