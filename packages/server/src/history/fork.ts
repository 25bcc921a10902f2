/**
 * A copy of a session as it was (S5): a log of its own that begins with that state. What was under way there is not here.
 * One write makes all of it, so a copy is there whole or not at all.
 */
import {
  AppendConflict,
  HeadraceError,
  decide,
  defaultSessionLimits,
  sessionRow,
  splitKey,
  systemGrant,
  type Grant,
  type Message,
  type MessageRow,
  type SessionKey,
  type SessionLimits,
  type SessionView,
  type Store,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Room } from '../room.ts'
import { wordsOfMessage } from './changed-words.ts'
import { isRedactedSince } from './pending.ts'
import { stateAt } from './state-at.ts'

export interface ForkOptions {
  readonly store: Store
  readonly clock: Clock
  readonly limits?: SessionLimits
  readonly source: Room
  readonly target: SessionKey
  /** The copy is as the session was after this event. Default: as it is now. */
  readonly at?: number
  /** Who makes the copy. */
  readonly grant: Grant
}

export interface Forked {
  readonly outcome: 'accepted' | 'noop'
  /** What the copy is of. */
  readonly at: number
  /** Seq of the first event of the copy's own log. */
  readonly seq: number
}

/** Most characters of cold messages that are copied: they are written at once. */
const maxChars = 67_108_864
const pageSize = 500

/**
 * Resolves to `undefined` when something was redacted meanwhile: what was read may hold it, and nobody would take it out of
 * the copy.
 *
 * @throws HeadraceError `bad_request` when `at` is past the end; `compacted` when it is below the floor; `limit_exceeded`
 */
export async function forkSession(options: ForkOptions): Promise<Forked | undefined> {
  const { store, clock, source, target, grant, limits = defaultSessionLimits } = options
  const { head, state: now } = source
  const from = now.view.id
  const { at = head } = options
  if (at < 1 || at > head) {
    const text = `at is ${at}, but the log of ${from} ends at ${head}. Name an event from 1 to ${head}.`
    throw new HeadraceError('bad_request', text, { detail: { path: 'at', at, head } })
  }
  if (now.guard.erasing.length > 0) return undefined
  const base = at === head ? now : await stateAt(store, source.key, at)
  const { tenant, session } = splitKey(target)
  const copy = { ...base, view: { ...base.view, id: session } }
  const by = { ...systemGrant(tenant), actor: grant.actor }
  const decision = decide(copy, { grant: by, body: { type: 'forked', from, at } }, clock.now(), { limits })
  if (decision.outcome === 'refused') throw decision.error
  if (decision.outcome !== 'accepted') throw new HeadraceError('internal', `forked was answered ${decision.outcome}.`)
  const cold = [...(await coldMessages(store, source.key, base.view)), ...decision.cooled]
  const whole = [...cold, ...decision.state.view.messages].filter(({ status }) => status !== 'open')
  if (await isRedactedSince(store, source.key, head)) return undefined
  await store.begin(
    target,
    { seq: at, state: JSON.stringify(copy) },
    {
      events: decision.events.map((event) => JSON.stringify(event)),
      row: sessionRow(decision.state),
      messages: cold.map((message): MessageRow => ({ seq: message.seq, json: JSON.stringify(message) })),
      words: whole.map(wordsOfMessage),
    },
  )
  return { outcome: 'accepted', at, seq: at + 1 }
}

/** Whether an error of {@link forkSession} says that the id is in use. */
export function isTaken(thrown: unknown): boolean {
  return thrown instanceof AppendConflict
}

/**
 * The answer where there is a session under the id already: a retry finds its own copy.
 *
 * @throws HeadraceError `bad_request` when it is another session
 */
export function sameFork(view: SessionView, from: string, at: number | undefined): Forked {
  const { forkedFrom } = view
  if (forkedFrom?.session === from && (at === undefined || forkedFrom.seq === at))
    return { outcome: 'noop', at: forkedFrom.seq, seq: forkedFrom.seq + 1 }
  const text = `There is a session ${view.id} already, and it is not this copy of ${from}. Choose another id, or leave it out.`
  throw new HeadraceError('bad_request', text, { detail: { path: 'id', session: view.id } })
}

/** The messages that were cold already, as rows hold them: they never change. */
async function coldMessages(store: Store, key: SessionKey, { id, seq, messages }: SessionView): Promise<Message[]> {
  const hot = new Set(messages.map((message) => message.id))
  const found: Message[] = []
  let chars = 0
  let before = seq + 1
  for (;;) {
    const rows = await store.readMessages(key, before, pageSize)
    for (const row of rows) {
      const message = JSON.parse(row.json) as Message // written by a room
      if (hot.has(message.id)) continue
      chars += row.json.length
      found.push(message)
    }
    if (chars > maxChars) {
      const text = `A copy of ${id} has more than ${maxChars} characters of older messages (forkChars). Fork it at an earlier event, or export it.`
      throw new HeadraceError('limit_exceeded', text, { detail: { limit: 'forkChars', allowed: maxChars } })
    }
    const oldest = rows[0]
    if (!oldest || rows.length < pageSize) return found
    before = oldest.seq
  }
}
