import { HeadraceError } from '@headrace/core'

/** The one place where an error of LevelDB or of the file system becomes an error of ours. */
export function engineError(thrown: unknown, directory: string): HeadraceError {
  if (thrown instanceof HeadraceError) return thrown
  const codes = new Set<unknown>()
  const texts: string[] = []
  // abstract-level wraps what the binding reported when it opens, several levels deep.
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error) codes.add(error.code)
    texts.push(error.message)
  }
  const text = texts.at(-1) ?? String(thrown)
  const options = { cause: thrown, detail: { directory } }

  if (codes.has('LEVEL_LOCKED')) {
    return new HeadraceError('store_locked', `Another server holds the data directory ${directory}.`, options)
  }
  if (codes.has('LEVEL_CORRUPTION') || /does not exist \(create_if_missing|No such file or directory/.test(text)) {
    return new HeadraceError('store_corrupt', `The data in ${directory} is damaged: ${text}`, options)
  }
  if (codes.has('ENOSPC') || codes.has('EDQUOT') || /No space left on device|[Qq]uota exceeded/.test(text)) {
    return new HeadraceError('store_full', `The disk of ${directory} is full: ${text}`, options)
  }
  return new HeadraceError('store_unavailable', `The data in ${directory} can't be used now: ${text}`, options)
}
