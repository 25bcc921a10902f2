import { HeadraceError, type ErrorCode } from '@headrace/core'

/** Takes what was thrown for done where it has one of these codes, and throws anything else again. */
export function ignoring(...codes: readonly ErrorCode[]): (thrown: unknown) => void {
  return (thrown) => {
    const error = HeadraceError.from(thrown)
    if (!codes.includes(error.code)) throw error
  }
}
