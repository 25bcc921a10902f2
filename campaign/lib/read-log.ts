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
    const page = await within(readPage(from, session, { after }), patienceMs, `what is in ${session} after ${after}`)
    // Only damage that is named is a loss that is signalled; a session that is gone is lost.
    if (page.error?.code === 'store_corrupt') return { session, refused: page.error.code }
    if (page.error) return { session, events: [] }
    if (page.events.length === 0) return { session, events: events.map((event) => logged(session, event)) }
    events.push(...page.events)
  }
}

/** Where a session ends now; 0 where it can't be read. */
export async function readEnd(from: LogSource, session: string, patienceMs: number): Promise<number> {
  const page = await within(readPage(from, session, { after: 0, limit: 1 }), patienceMs, `the end of ${session}`)
  return page.error ? 0 : page.head
}

type Page =
  | { readonly events: readonly PlainEvent[]; readonly head: number; readonly error?: undefined }
  | { readonly error: { readonly code: string } }

async function readPage(
  { url, token }: LogSource,
  session: string,
  { after, limit = 10_000 }: { readonly after: number; readonly limit?: number },
): Promise<Page> {
  const address = new URL(`/v1/sessions/${encodeURIComponent(session)}/events?after=${after}&limit=${limit}`, url)
  try {
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
    return (await response.json()) as Page // PROTOCOL.md: HTTP
  } catch (cause) {
    throw new Stuck(`nobody answers who is asked for ${session}: ${reasonOf(cause)}`, { cause })
  }
}

/** `fetch` says why it failed in the cause of what it throws. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause === undefined ? thrown.message : reasonOf(thrown.cause)
}
