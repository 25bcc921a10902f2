import type { HeadraceError } from '@headrace/core'

/** What of the host this file looks for; neither is everywhere. */
interface Host {
  readonly reportError?: (error: unknown) => void
  readonly process?: { readonly emitWarning?: (warning: Error) => void }
}

/**
 * Where background failures go when there is no `onError`: to the page's `error` event, or to Node's warnings. Neither
 * ends the program.
 */
export function reportError(error: HeadraceError): void {
  const host = globalThis as Host // both are optional, and checked before the call
  if (host.reportError) host.reportError(error)
  else host.process?.emitWarning?.(error)
}
