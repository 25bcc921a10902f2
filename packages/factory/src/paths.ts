import path from 'node:path'
import picomatch from 'picomatch'

/** Says whether a path of a repository is one of those that were named by globs. */
export type PathMatcher = (file: string) => boolean

export interface PathMatcherOptions {
  /**
   * Also matches what differs in upper and lower case only. For what is protected or forbidden: there are disks where
   * that is the same file. Default false.
   */
  readonly ignoreCase?: boolean
}

/**
 * Globs with `*`, `**`, `?`, `[…]` and `{a,b}`, matched against the whole path from the root of the repository. Names
 * that begin with a dot are matched like others. `docs/**` is everything below `docs`, and `docs` itself.
 */
export function createPathMatcher(globs: readonly string[], options: PathMatcherOptions = {}): PathMatcher {
  if (globs.length === 0) return () => false
  const matches = picomatch([...globs], { dot: true, nonegate: true, nocase: options.ignoreCase ?? false })
  return (file) => matches(file)
}

/** Why a symbolic link of a repository leads out of it; `undefined` if it stays inside wherever other links lead. */
export function linkFault(file: string, target: string): string | undefined {
  if (target === '' || target.includes('\0')) return 'it leads nowhere'
  if (target.startsWith('/')) return 'it leads to an absolute path'
  const parts = target.split('/')
  const firstName = parts.findIndex((part) => part !== '..' && part !== '.' && part !== '')
  const ups = parts.slice(0, firstName === -1 ? parts.length : firstName).filter((part) => part === '..').length
  if (ups >= file.split('/').length) return 'it leads out of the repository'
  // After a name, `..` is the parent of wherever that name leads, which another link decides.
  if (firstName !== -1 && parts.slice(firstName).includes('..')) return 'it goes up again after a name'
  const resolved = path.posix.join(path.posix.dirname(file), target)
  if (resolved.split('/').some((part) => part.toLowerCase() === '.git')) return 'it leads into .git'
  return undefined
}
