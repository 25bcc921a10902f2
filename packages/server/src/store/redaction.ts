import { HeadraceError } from '@headrace/core'
import type { Redaction, SearchWords, SessionKey } from '@headrace/core'

/** Where a session stands when it is redacted. */
export interface RedactedLog {
  readonly key: SessionKey
  readonly head: number
  readonly floor: number
  /** Seq of the newest snapshot, where several servers can write one. */
  readonly snapshot?: number
}

/** @throws HeadraceError `bad_request`, `version_conflict` */
export function assertRedactable({ key, head, floor, snapshot }: RedactedLog, redaction: Redaction): void {
  const { since } = redaction
  if (since && (since.floor !== floor || (snapshot !== undefined && since.snapshot !== snapshot))) {
    const text = `since: ${key} was compacted or redacted by somebody else meanwhile. Nothing was written. Read it again.`
    throw new HeadraceError('version_conflict', text, { retry: 'later', detail: { floor } })
  }
  const { seq } = redaction.snapshot
  if (!(Number.isSafeInteger(seq) && seq > 0 && floor <= seq && seq <= head)) {
    throw refusal(`snapshot: ${seq} is not between the floor of ${key}, ${floor}, and the end of its log, ${head}.`)
  }
  if (redaction.floor !== undefined && redaction.floor.seq !== floor) {
    throw refusal(`floor: the state is that at ${redaction.floor.seq}, but the floor of ${key} is ${floor}.`)
  }
}

/** What becomes of search words: none for the messages that are replaced, except what is given. */
export function wordsAfter(redaction: Redaction): readonly SearchWords[] {
  const gone = redaction.messages.map(({ seq }): [number, SearchWords] => [seq, { seq, at: 0, words: [] }])
  const given = redaction.words?.map((entry): [number, SearchWords] => [entry.seq, entry]) ?? []
  return [...new Map([...gone, ...given]).values()]
}

export function missing(what: 'event' | 'message row', seq: number, key: SessionKey): HeadraceError {
  return refusal(`There is no ${what} ${seq} in ${key} to replace.`)
}

function refusal(text: string): HeadraceError {
  return new HeadraceError('bad_request', `${text} Nothing was written.`)
}
