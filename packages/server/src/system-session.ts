import type { SessionKey } from '@headrace/core'

/**
 * The key of a session that the server keeps for itself. `~` is in no session id, so no door can name it; it has no row,
 * so no list, timer or worker meets it. In all else it is a session like any other: ordered, durable, on every server.
 */
export function systemKey(tenant: string, name: string): SessionKey {
  return `${tenant}!~${name}`
}

export function isSystemKey(key: SessionKey): boolean {
  return key.startsWith('~', key.indexOf('!') + 1)
}
