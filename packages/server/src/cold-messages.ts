import type { Message, MessageId, SessionKey, Store } from '@headrace/core'

const pageSize = 200

/** Reads the cold messages with these ids: page by page from the newest, because a command names old ones rarely. */
export async function findMessages(
  store: Store,
  key: SessionKey,
  ids: readonly MessageId[],
): Promise<readonly Message[]> {
  const wanted = new Set(ids)
  const found: Message[] = []
  let before = Number.MAX_SAFE_INTEGER
  while (wanted.size > 0) {
    const rows = await store.readMessages(key, before, pageSize)
    for (const row of rows) {
      const message = JSON.parse(row.json) as Message // written by a room
      if (wanted.delete(message.id)) found.push(message)
    }
    const oldest = rows[0]
    if (!oldest || rows.length < pageSize) break
    before = oldest.seq
  }
  return found
}
