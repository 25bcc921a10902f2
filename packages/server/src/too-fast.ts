import { HeadraceError } from '@headrace/core'

export interface TooFast {
  /** Name of the limit. */
  readonly limit: string
  readonly allowed: number
  readonly waitMs: number
  /** As in `commands of yours`. */
  readonly what: string
}

/** The error for more than a rate allows. It says when there is room again. */
export function tooFast({ limit, allowed, waitMs, what }: TooFast): HeadraceError {
  const per = limit.endsWith('PerMinute') ? 'minute' : 'second'
  const text = `More than ${allowed} ${what} in a ${per} (${limit}). Try again in ${waitMs} ms.`
  return new HeadraceError('too_many_requests', text, { detail: { limit, allowed, retryAfterMs: waitMs } })
}
