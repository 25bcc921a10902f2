/**
 * The one writer: group commit, and what happens when a write fails.
 *
 * Writes queue while one is on its way to the disk; all that wait then go together as the next group, one atomic batch
 * with one sync. A group commit writes a mark of its own, so that after a failure the mark on disk says whether the group
 * is there.
 *
 *   ready ──a write fails──▶ (reopen, look for the mark)
 *             mark found: the group is durable and resolves
 *             not found:  nothing of it was written; it and all that queued behind it are refused
 *             can't open: the group ends as `unknown_outcome`
 *   failing ──an append comes, after a back-off──▶ (hold the reserve, reopen) ──▶ ready, or failing for longer
 *
 * While failing, appends are refused at once with the reason. There is no timer: the next append is the probe.
 */
import { randomUUID } from 'node:crypto'
import { HeadraceError } from '@headrace/core'
import type { ErrorCode } from '@headrace/core'
import type { Backoff } from './backoff.ts'
import type { Op, Reader } from './engine.ts'
import { engineError } from './engine-error.ts'
import { finishBlobs } from './blobs.ts'
import { commitKey } from './keys.ts'
import { finishCompactions } from './compaction.ts'
import { finishPurges } from './purge.ts'
import type { Reserve } from './reserve.ts'
import { seal, unseal } from './seal.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Slot } from './slot.ts'

export interface Write {
  readonly session: Session
  readonly ops: readonly Op[]
  /** What goes before `ops`, and depends on what is stored: read when all that was queued before is on disk. */
  readonly prepare?: ((reader: Reader) => Promise<readonly Op[]>) | undefined
  /** Where the log ends when this is durable. */
  readonly head?: number
  readonly resolve: () => void
  readonly reject: (error: HeadraceError) => void
}

export interface Writer {
  /** Why appends are refused now. */
  readonly failing: HeadraceError | undefined
  /** Holds the reserve; without room for it the writer begins as failing. */
  start(): Promise<void>
  /** Tries to get from failing to ready. @throws HeadraceError the reason why not, or why not yet */
  recover(): Promise<void>
  /** Whether the queue takes a write of this size; if not, why not. */
  admit(ops: readonly Op[]): HeadraceError | undefined
  /** Queues a write that was admitted. The session must say already what it will be when the write is done. */
  submit(write: Write): void
  /** Runs a task between two groups; `commit` writes one group. */
  exclusive<T>(task: (commit: (ops: readonly Op[]) => Promise<void>) => Promise<T>): Promise<T>
  /** Resolves when nothing is queued or in flight. */
  drained(): Promise<void>
}

export interface WriterOptions {
  readonly directory: string
  readonly slot: Slot
  readonly sessions: Sessions
  readonly reserve: Reserve
  readonly backoff: Backoff
  /** Most characters of waiting writes. */
  readonly maxQueuedChars: number
  /** Called when the writer begins to refuse appends. */
  readonly onError: (error: HeadraceError) => void
}

interface Task {
  readonly run: () => Promise<void>
  readonly reject: (error: HeadraceError) => void
}

type Queued = { readonly write: Write; readonly chars: number } | { readonly task: Task }

/** A group larger than this waits longer for its sync than the next group would save. */
const groupChars = 4_194_304

export function createWriter(options: WriterOptions): Writer {
  const { slot, sessions, reserve, backoff } = options
  const instance = randomUUID()
  let commits = 0
  let queue: Queued[] = []
  let queuedChars = 0
  let running: Promise<void> | undefined
  let failing: HeadraceError | undefined
  /** Whether a write has succeeded since the last complaint: a disk that stays full is one complaint. */
  let isWell = true
  let recovering: Promise<void> | undefined
  /** When the next group closes. */
  let closing: Promise<void> | undefined

  function fail(code: ErrorCode, cause: HeadraceError): HeadraceError {
    backoff.failed()
    if (isWell) options.onError(cause)
    isWell = false
    failing = new HeadraceError(code, `${cause.message} Nothing was written.`, { cause, detail: cause.detail ?? {} })
    return failing
  }

  async function commit(ops: readonly Op[]): Promise<void> {
    const engine = slot.engine()
    commits += 1
    const mark = `${instance}:${commits}`
    try {
      await engine.write([...ops, { type: 'put', key: commitKey, value: seal(commitKey, mark) }])
      backoff.succeeded()
      isWell = true
    } catch (thrown) {
      await settle(mark, engineError(thrown, options.directory)).catch((reason: unknown) => {
        refuseQueue(failing ?? engineError(reason, options.directory))
        throw reason
      })
    }
  }

  /** Finds out what became of a write that failed. Resolves when it is there all the same. */
  async function settle(mark: string, error: HeadraceError): Promise<void> {
    let found: string | undefined
    try {
      await slot.reopen()
      const sealed = await slot.read((reader) => reader.get(commitKey))
      found = sealed === undefined ? undefined : unseal(commitKey, sealed)
    } catch (thrown) {
      // The outcome is out of reach, and for those who come next the first reason is the one that counts.
      fail(error.code, error)
      throw new HeadraceError('unknown_outcome', `${error.message} Whether it was written is not known yet.`, {
        cause: thrown,
        detail: error.detail ?? {},
      })
    }
    if (found !== mark) throw fail(error.code, error)
    if (error.code === 'store_full') fail(error.code, error)
  }

  /** Ends everything that is queued: it was to be written after something that was not. */
  function refuseQueue(reason: HeadraceError): void {
    const refused = queue
    queue = []
    queuedChars = 0
    for (const item of refused) {
      if ('write' in item) drop(item.write, reason)
      else item.task.reject(reason)
    }
  }

  function drop(write: Write, reason: HeadraceError): void {
    sessions.forget(write.session)
    write.reject(reason)
    sessions.end(write.session)
  }

  async function runGroup(queued: readonly Write[]): Promise<void> {
    const group = queued.some((write) => write.prepare !== undefined) ? await prepareGroup(queued) : queued
    if (group.length === 0) return
    try {
      await commit(group.flatMap((write) => write.ops))
    } catch (thrown) {
      const error = engineError(thrown, options.directory)
      for (const write of group) drop(write, error)
      return
    }
    // Before anybody hears of it: what they do at the end of this turn, such as writing to sockets, comes after the next
    // group is handed to the disk, and so beside its work and not before it.
    closing = endOfTurn()
    for (const write of group) {
      if (write.head !== undefined) write.session.durable = write.head
      write.resolve()
      sessions.end(write.session)
    }
  }

  /** Puts before the ops of each write what it prepares. What can't be read ends the write, and what was built on it. */
  async function prepareGroup(group: readonly Write[]): Promise<Write[]> {
    const ready = await Promise.all(
      group.map(async (write): Promise<Write | undefined> => {
        const { prepare } = write
        if (prepare === undefined) return write
        try {
          const before = await slot.read(prepare)
          return { ...write, ops: [...before, ...write.ops] }
        } catch (thrown) {
          drop(write, engineError(thrown, options.directory))
          return undefined
        }
      }),
    )
    return withoutStale(ready.flatMap((write) => (write === undefined ? [] : [write])))
  }

  function takeGroup(): Write[] {
    const group: Write[] = []
    const preparing = new Set<Session>()
    let taken = 0
    let chars = 0
    for (const item of queue) {
      if (!('write' in item) || (taken > 0 && chars + item.chars > groupChars)) break
      if (item.write.prepare !== undefined) {
        // The second one would not see what the first one writes.
        if (preparing.has(item.write.session)) break
        preparing.add(item.write.session)
      }
      group.push(item.write)
      taken += 1
      chars += item.chars
    }
    queue.splice(0, taken)
    queuedChars -= chars
    return withoutStale(group)
  }

  function withoutStale(group: readonly Write[]): Write[] {
    return group.filter((write) => {
      if (write.session.isStale) drop(write, failing ?? builtOnNothing())
      return !write.session.isStale
    })
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      // Those whom the last group answered get to queue their next write before the next group closes.
      await (closing ?? endOfTurn())
      closing = undefined
      const [first] = queue
      if (first === undefined) break
      if ('task' in first) {
        queue.shift()
        await first.task.run()
      } else {
        const group = takeGroup()
        if (group.length > 0) await runGroup(group)
      }
    }
    closing = undefined
    running = undefined
  }

  function enqueue(item: Queued): void {
    queue.push(item)
    running ??= run()
  }

  function exclusive<T>(task: (write: typeof commit) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const runTask = (): Promise<void> => task(commit).then(resolve, reject)
      enqueue({ task: { run: runTask, reject } })
    })
  }

  async function tryAgain(): Promise<void> {
    // Without the reserve the next failure might leave nothing to open with. And a little room is not enough: the disk
    // would be full again after a few writes, each time with a recovery.
    const isFull = failing?.code === 'store_full'
    if (!(await reserve.hold()) || (isFull && !(await reserve.hasRoom()))) throw fail('store_full', noRoom())
    // On a disk that was full, LevelDB has stopped merging tables and takes it up only when opened.
    await slot.reopen().catch((thrown: unknown) => {
      const error = engineError(thrown, options.directory)
      throw fail(error.code, error)
    })
    failing = undefined
    await finishPurges({ slot, commit })
    await finishCompactions({ slot, commit })
    await finishBlobs({ slot, commit })
  }

  function noRoom(): HeadraceError {
    const text = `The disk of ${options.directory} is full: the store keeps ${reserve.bytes} bytes free (reserveBytes).`
    return new HeadraceError('store_full', text, { detail: { directory: options.directory, bytes: reserve.bytes } })
  }

  return {
    get failing() {
      return failing
    },

    async start() {
      if (!(await reserve.hold())) fail('store_full', noRoom())
    },

    async recover() {
      if (failing === undefined) return
      if (recovering === undefined && !backoff.isDue()) throw failing
      recovering ??= exclusive(tryAgain).finally(() => (recovering = undefined))
      await recovering
    },

    admit(ops) {
      // One write is taken whatever its size: it could never go otherwise.
      if (queuedChars === 0 || queuedChars + charsOf(ops) <= options.maxQueuedChars) return undefined
      return new HeadraceError(
        'store_unavailable',
        `More than ${options.maxQueuedChars} characters wait for the disk (maxQueuedChars). Nothing was written; slow down.`,
        { detail: { limit: options.maxQueuedChars } },
      )
    },

    submit(write) {
      const chars = charsOf(write.ops)
      sessions.begin(write.session)
      queuedChars += chars
      enqueue({ write, chars })
    },

    exclusive,

    async drained() {
      while (running !== undefined) await running
    },
  }
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function builtOnNothing(): HeadraceError {
  return new HeadraceError('store_unavailable', 'What this write was to follow failed. Nothing was written.')
}

function charsOf(ops: readonly Op[]): number {
  return ops.reduce((sum, op) => sum + op.key.length + (op.type === 'put' ? op.value.length : 0), 0)
}
