import type { LogCopy } from '../journals.ts'
import { logged, type PlainEvent } from './marks.ts'
import { Stuck, within } from './progress.ts'

export interface LogSource {
  readonly url: string
  readonly token: string
}

/** Reads a session from its first event on, as somebody would who was never there before. */
export async function readLog(from: LogSource, session: string, patienceMs: number): Promise<LogCopy> {
  const events: PlainEvent[] = []
  for (;;) {
    const after = events.at(-1)?.seq ?? 0
    const page = await within(readPage(from, session, after), patienceMs, `what is in ${session} after ${after}`)
    // Only damage that is named is a loss that is signalled; a session that is gone is lost.
    if (page.error?.code === 'store_corrupt') return { session, refused: page.error.code }
    if (page.error) return { session, events: [] }
    if (page.events.length === 0) return { session, events: events.map((event) => logged(session, event)) }
    events.push(...page.events)
  }
}

type Page =
  | { readonly events: readonly PlainEvent[]; readonly error?: undefined }
  | { readonly error: { readonly code: string } }

async function readPage({ url, token }: LogSource, session: string, after: number): Promise<Page> {
  const address = new URL(`/v1/sessions/${encodeURIComponent(session)}/events?after=${after}&limit=10000`, url)
  try {
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
    return (await response.json()) as Page // PROTOCOL.md: HTTP
  } catch (cause) {
    throw new Stuck(`nobody answers who is asked for ${session}`, { cause })
  }
}
