import type { HeadraceError } from '@headrace/core'

/** What of the host this file looks for; neither is everywhere. */
interface Host {
  readonly reportError?: (error: unknown) => void
  readonly process?: { readonly emitWarning?: (warning: Error) => void; exitCode?: number | string | null | undefined }
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

/** Makes Node end with exit code 1, once nothing keeps it: for a program that has nothing left to do, and did not want that. */
export function failProcess(): void {
  const { process } = globalThis as Host // as above
  if (process?.emitWarning) process.exitCode ||= 1
}
