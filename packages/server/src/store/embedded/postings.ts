/**
 * The index of words. A message has a posting for each stem of its words: their first 3 and first 5 characters, or the whole
 * of a shorter word, and the first and first 2 characters too in scripts where these say as much; and one for the empty stem,
 * by which all messages of a tenant are listed. All lists have the same order, newest first. What a posting promises is checked with the words of the message, which are kept with its session: so that
 * they go with it, and that purge and replacement find the postings. A posting has no value, so it has no checksum.
 */
import { splitKey } from '@headrace/core'
import type { SearchWords, SessionKey } from '@headrace/core'
import type { Op, Reader } from './engine.ts'
import { postingKeys, wordsKey } from './keys.ts'
import { seal, unseal } from './seal.ts'

/** Longest first. From Thai on, Unicode has mostly scripts without spaces, whose words are short, and syllables. */
function stemLengths(word: string): readonly number[] {
  return word >= '\u0e00' ? [5, 3, 2, 1] : [5, 3]
}

/** The stems of a word that a message is found by. */
function stemsOf(word: string): readonly string[] {
  const stems = stemLengths(word).flatMap((length) => (word.length < length ? [] : [word.slice(0, length)]))
  return stems.length === 0 ? [word] : stems
}

/** The longest stem that every word has which begins so. */
export function stemOfBeginning(beginning: string): string {
  const length = stemLengths(beginning).find((stem) => stem <= beginning.length) ?? 0
  return beginning.slice(0, length)
}

/** The longest stem of a word. */
export function stemOfWord(word: string): string {
  return stemsOf(word)[0] ?? ''
}

/** Writes what messages are found by. What they were found by before is deleted by {@link staleOps}. */
export function wordsOps(key: SessionKey, entries: readonly SearchWords[]): Op[] {
  return entries.flatMap((entry) => {
    const at = wordsKey(key, entry.seq)
    if (entry.words.length === 0) return [{ type: 'del', key: at }]
    return [
      put(at, JSON.stringify(entry)),
      ...postingsOf(key, entry).map((posting): Op => ({ type: 'put', key: posting, value: '' })),
    ]
  })
}

/** Deletes the postings of messages. */
export async function staleOps(reader: Reader, key: SessionKey, seqs: readonly number[]): Promise<Op[]> {
  const keys = seqs.map((seq) => wordsKey(key, seq))
  const stored = await reader.getMany(keys)
  return keys.flatMap((at, index) => postingDeletions(key, at, stored[index]))
}

/** Deletes the postings of a stored entry. Those of one that is damaged stay, and are passed over. */
export function postingDeletions(key: SessionKey, at: string, sealed: string | undefined): Op[] {
  try {
    if (sealed === undefined) return []
    return postingsOf(key, parseWords(unseal(at, sealed))).map((posting) => ({ type: 'del', key: posting }))
  } catch {
    return []
  }
}

export function parseWords(json: string): SearchWords {
  return JSON.parse(json) as SearchWords // its checksum says that wordsOps wrote it
}

function postingsOf(key: SessionKey, { seq, at, words }: SearchWords): string[] {
  const { tenant, session } = splitKey(key)
  return postingKeys(tenant, new Set(['', ...words.flatMap(stemsOf)]), { at, session, seq })
}

function put(key: string, value: string): Op {
  return { type: 'put', key, value: seal(key, value) }
}
