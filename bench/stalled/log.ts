import { createHash } from 'node:crypto'

/** How the load process reaches the server: the ready line of `headrace serve --json`. */
export interface Address {
  readonly url: string
  readonly token: string
}

interface Page {
  readonly events: readonly { readonly seq: number }[]
  readonly head: number
}

/** The seq of a session's last event. */
export async function headOf(address: Address, session: string): Promise<number> {
  return (await pageOf(address, session, 0, 1)).head
}

/** The fingerprints of all events after a seq, as the server's history has them. */
export async function fingerprintsAfter(address: Address, session: string, after: number): Promise<readonly string[]> {
  const found: string[] = []
  for (let at = after; ;) {
    const { events, head } = await pageOf(address, session, at, 10_000)
    found.push(...events.map(fingerprint))
    at = events.at(-1)?.seq ?? head
    if (at >= head) return found
  }
}

/** Equal for events that are equal in every field, and small where events are large. */
export function fingerprint(event: { readonly seq: number }): string {
  return createHash('sha256').update(JSON.stringify(event)).digest('base64')
}

async function pageOf({ url, token }: Address, session: string, after: number, limit: number): Promise<Page> {
  const path = `/v1/sessions/${session}/events?after=${after}&limit=${limit}`
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`GET ${path} was answered with ${response.status}.`)
  return (await response.json()) as Page // a server of this protocol wrote it
}
