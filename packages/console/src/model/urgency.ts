import type { InboxItem } from '@headrace/core'

/** What waits for the reader, the most urgent first. */
export interface Inbox {
  /** Somebody stands still until they answer: what runs out first comes first, then what waits longest. */
  readonly requests: readonly InboxItem[]
  /** What they asked for and did not get, newest first. */
  readonly failed: readonly InboxItem[]
  readonly mentions: readonly InboxItem[]
  readonly unread: readonly InboxItem[]
  /** How many of these want something of the reader: all but what is only unread. */
  readonly count: number
}

export function byUrgency(entries: readonly InboxItem[]): Inbox {
  const of = (kind: InboxItem['kind']): readonly InboxItem[] => entries.filter((entry) => entry.kind === kind)
  const newest = (items: readonly InboxItem[]): readonly InboxItem[] => items.toSorted((a, b) => b.at - a.at)
  const requests = of('request').toSorted((a, b) => endOf(a) - endOf(b) || a.at - b.at)
  const [failed, mentions, unread] = [newest(of('failed')), newest(of('mention')), newest(of('unread'))]
  return { requests, failed, mentions, unread, count: requests.length + failed.length + mentions.length }
}

function endOf({ request }: InboxItem): number {
  return request?.expiresAt ?? Number.MAX_SAFE_INTEGER
}
