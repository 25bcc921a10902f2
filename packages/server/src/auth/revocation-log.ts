import type { Json } from '@headrace/core'
import { systemKey } from '../system-session.ts'
import type { SystemLog } from '../system-log.ts'
import { readRevocation, type Revocation } from './revocation.ts'

/** Where revocations are kept, for as long as sessions are. */
export interface RevocationLog {
  /** Whether other servers add to it as well: then it must be read again and again. */
  readonly isShared: boolean
  /** Revocations after a place in the log, and the place after them. */
  read(tenant: string, after: number): Promise<{ readonly revocations: readonly Revocation[]; readonly after: number }>
  /** Durable when it resolves. */
  add(tenant: string, revocation: Revocation): Promise<void>
}

const name = 'revocation'

/** Keeps revocations in a session of the tenant that only the server can name. */
export function createRevocationLog(log: SystemLog, isShared: boolean): RevocationLog {
  const keyOf = (tenant: string): ReturnType<typeof systemKey> => systemKey(tenant, 'revocations')
  return {
    isShared,
    async read(tenant, start) {
      const { entries, after } = await log.read(keyOf(tenant), start)
      return {
        revocations: entries.filter((entry) => entry.name === name).map(({ value }) => readRevocation(value)),
        after,
      }
    },
    async add(tenant, revocation) {
      const { id } = revocation
      const value: Json = 'all' in revocation ? { ...revocation, all: 1 } : { ...revocation }
      await log.append(keyOf(tenant), id, { name, value })
    },
  }
}
