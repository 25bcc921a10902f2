import { HeadraceError, type SessionEvent, type SessionKey, type Store } from '@headrace/core'

/** An event, and the JSON that it is stored as. */
export interface StoredEvent {
  readonly json: string
  readonly event: SessionEvent
}

const page = { maxEvents: 1_000, maxChars: 1_048_576 }

/** What the log has after a seq, page by page, up to `last` or to where it ends. Below the floor there are gaps. */
export async function* scanLog(
  store: Pick<Store, 'read'>,
  key: SessionKey,
  after: number,
  last: number = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<readonly StoredEvent[]> {
  let position = after
  while (position < last) {
    const found = (await store.read(key, position, page)).map((json) => ({ json, event: parse(key, position, json) }))
    const events = found.filter(({ event }) => event.seq <= last)
    if (events.length > 0) yield events
    if (events.length === 0 || events.length < found.length) return
    position = events.at(-1)?.event.seq ?? last
  }
}

function parse(key: SessionKey, after: number, json: string): SessionEvent {
  try {
    return JSON.parse(json) as SessionEvent // written by `decide` of this format version
  } catch (cause) {
    throw new HeadraceError('store_corrupt', `An event of ${key} after ${after} is not readable.`, { cause })
  }
}
