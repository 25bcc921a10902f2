import type { LogCopy } from '../journals.ts'
import { logged, type PlainEvent } from './marks.ts'

export interface LogSource {
  readonly url: string
  readonly token: string
}

/** Reads a session from its first event on, as somebody would who was never there before. */
export async function readLog({ url, token }: LogSource, session: string): Promise<LogCopy> {
  const events: PlainEvent[] = []
  for (;;) {
    const after = events.at(-1)?.seq ?? 0
    const address = new URL(`/v1/sessions/${encodeURIComponent(session)}/events?after=${after}&limit=10000`, url)
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } })
    const page = (await response.json()) as
      | { readonly events: readonly PlainEvent[]; readonly error?: undefined }
      | { readonly error: { readonly code: string } } // PROTOCOL.md: HTTP
    if (page.error) return { session, refused: page.error.code }
    if (page.events.length === 0) return { session, events: events.map((event) => logged(session, event)) }
    events.push(...page.events)
  }
}
