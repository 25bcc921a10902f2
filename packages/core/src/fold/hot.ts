/** What stays in a room's memory and in a joiner's snapshot (S2a), and what goes cold. */
import { audienceKey } from '../audience.ts'
import { hot } from '../limits.ts'
import type { Message, SessionView } from '../view.ts'

/** A view, and the messages that have just left it. */
export interface Trimmed {
  readonly view: SessionView
  readonly cooled: readonly Message[]
}

/**
 * Lets the oldest messages go cold while more is hot than the bounds allow. Two kinds stay whatever the bounds say, and
 * the newest message: one that is still being written, and the input of a run that has not ended, because its agent
 * needs it.
 *
 * Messages of each audience are bounded by themselves. A reader sees all or none of an audience's messages, so what they
 * fold lets the same ones go at the same event.
 *
 * @param only - key of the one audience to look at. Default: all.
 */
export function trim(view: SessionView, only?: string): Trimmed {
  // No audience has more than all together.
  if (view.messages.length <= hot.minMessages) return { view, cooled: [] }
  const asked = new Set(view.runs.filter((run) => run.status !== 'ended').map((run) => run.input))
  const groups = Map.groupBy(view.messages, (message) => audienceKey(message.to))
  const gone = new Set<Message>()
  const older: Record<string, number> = {}
  for (const [key, messages] of groups) {
    if (only !== undefined && key !== only) continue
    const cooled = leaving(messages, asked)
    for (const message of cooled) gone.add(message)
    if (cooled.length > 0) older[key] = cooled.length
  }
  if (gone.size === 0) return { view, cooled: [] }
  const { '': shared = 0, ...others } = older
  return {
    view: {
      ...view,
      messages: view.messages.filter((message) => !gone.has(message)),
      older: view.older + shared,
      ...(Object.keys(others).length > 0 && { olderFor: addCounts(view.olderFor ?? {}, others) }),
    },
    cooled: [...gone].sort((a, b) => a.seq - b.seq),
  }
}

function leaving(messages: readonly Message[], asked: ReadonlySet<string>): readonly Message[] {
  let count = messages.length
  let chars = messages.reduce((sum, message) => sum + message.chars, 0)
  if (fits(count, chars)) return []
  const cooled: Message[] = []
  for (const message of messages.slice(0, -1)) {
    if (fits(count, chars)) break
    if (message.status === 'open' || asked.has(message.id)) continue
    cooled.push(message)
    count -= 1
    chars -= message.chars
  }
  return cooled
}

function fits(count: number, chars: number): boolean {
  return count <= hot.minMessages || (count <= hot.messages && chars <= hot.chars)
}

function addCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...a }
  for (const [key, count] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + count
  return sum
}
