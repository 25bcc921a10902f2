import type { SearchHit, SearchPage, SearchQuery } from '@headrace/core'
import { formatSearchCursor, parseSearchCursor, type SearchPosition } from '../cursor.ts'
import { isFoundBy } from '../found-by.ts'
import type { Reader } from './engine.ts'
import { headKey, postingPosition, postingRange, wordsKey } from './keys.ts'
import { parseWords, stemOfBeginning, stemOfWord } from './postings.ts'
import { unseal } from './seal.ts'

/** Messages that one call looks at. */
const messagesPerCall = 1_000
/** Messages that are read at a time. */
const messagesPerRead = 100

/** Searches one moment of the database. */
export async function searchMessages(reader: Reader, query: SearchQuery): Promise<SearchPage> {
  const { tenant, limit } = query
  const after = query.cursor === undefined ? undefined : parseSearchCursor(query.cursor)
  const found: SearchPosition[] = []
  const scan = { range: postingRange(tenant, bestStem(query.words), after), limit: messagesPerCall + 1 }
  await reader.scan(scan, (key) => void found.push(postingPosition(key)))
  const hits: SearchHit[] = []
  let looked = 0
  while (looked < Math.min(found.length, messagesPerCall) && hits.length < limit) {
    const next = found.slice(looked, Math.min(looked + messagesPerRead, messagesPerCall))
    const matches = await whichMatch(reader, query, next)
    for (const [index, { session, seq }] of next.entries()) {
      if (hits.length === limit) break
      looked += 1
      if (matches[index] === true) hits.push({ session, seq })
    }
  }
  const last = found[looked - 1]
  return found.length > looked && last !== undefined ? { hits, cursor: formatSearchCursor(last) } : { hits }
}

/** The longest stem, because it is likely to be the rarest. */
function bestStem(words: readonly string[]): string {
  const stems = words.map((word, index) => (index === words.length - 1 ? stemOfBeginning(word) : stemOfWord(word)))
  return stems.reduce((best, stem) => (stem.length > best.length ? stem : best), '')
}

async function whichMatch(
  reader: Reader,
  { tenant, words }: SearchQuery,
  positions: readonly SearchPosition[],
): Promise<boolean[]> {
  const keys = positions.map(({ session, seq }) => wordsKey(`${tenant}!${session}`, seq))
  const stored = await reader.getMany(keys)
  const matches = positions.map(({ at }, index) => {
    const [key, sealed] = [keys[index], stored[index]]
    if (key === undefined || sealed === undefined) return false
    const entry = parseWords(unseal(key, sealed))
    // Another time: the posting is of a message that had this place before.
    return entry.at === at && isFoundBy(entry.words, words)
  })
  // A session that is being purged has no head any more.
  const heads = await reader.getMany(positions.map(({ session }) => headKey(`${tenant}!${session}`)))
  return matches.map((isMatch, index) => isMatch && heads[index] !== undefined)
}
