import type { ErrorCode, HeadraceError } from '@headrace/core'

const codes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'fenced',
  'run_ended',
  'run_not_found',
  'session_not_found',
  'forbidden',
])

/** Whether a refusal says that this attempt does not hold the run, or may not write it any more. */
export function isLost({ code }: HeadraceError): boolean {
  return codes.has(code)
}
