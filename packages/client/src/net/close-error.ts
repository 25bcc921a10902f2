import { HeadraceError, errorTable, type ErrorCode } from '@headrace/core'

/** Close codes that say enough without a reason. */
const byCloseCode: Readonly<Record<number, ErrorCode>> = { 1009: 'frame_too_large', 1012: 'draining' }

interface Ending {
  /** Code of the close frame; 1006 when there was none. */
  readonly code: number
  /** The server puts the error's code here. */
  readonly reason: string
  /** The last `error` frame, if nothing came after it. */
  readonly said: HeadraceError | undefined
  readonly wasOpen: boolean
}

/** Why a connection ended, from what the server said last and how it closed. */
export function closeError({ code, reason, said, wasOpen }: Ending): HeadraceError {
  if (said) return said
  const named = isErrorCode(reason) ? reason : (byCloseCode[code] ?? byTable(code))
  if (named !== undefined) return new HeadraceError(named, errorTable[named].meaning)
  if (wasOpen) return new HeadraceError('connection_lost', `The connection ended (close code ${code}).`)
  return new HeadraceError(
    'connection_lost',
    'No connection to the server could be opened. Is it running, and does it allow this origin?',
  )
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text)
}

/** Codes from 4000 on are ours; several errors may share one, and the first is the plainest. */
function byTable(close: number): ErrorCode | undefined {
  return close < 4_000
    ? undefined
    : Object.keys(errorTable)
        .filter(isErrorCode)
        .find((code) => errorTable[code].close === close)
}
