import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exitCode } from './exit-code.ts'
import { Problem } from './problem.ts'

/** Where `serve` keeps sessions unless told otherwise: beside the project that uses them. */
export const defaultData = './.headrace/data'

/** Where `demo` keeps its own. */
export const demoData = './.headrace/demo'

/**
 * Makes a data directory, one folder after the other. Node's own way does not come back where a file system says that a
 * folder is missing in which none can be made, as that of /proc does. What else goes wrong is told by the store.
 *
 * @throws Problem where that is so
 */
export function makeDataDirectory(directory: string): void {
  const missing: string[] = []
  for (let place = path.resolve(directory); !existsSync(place); place = path.dirname(place)) missing.unshift(place)
  for (const place of missing) {
    try {
      // Sessions are private to whoever runs the server.
      mkdirSync(place, { mode: 0o700 })
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) return
      const text = `${directory} can't be the data directory: no folder can be made in ${path.dirname(place)}. Choose another directory with --data.`
      throw new Problem(exitCode.notStarted, text, { cause })
    }
  }
}

/** A data directory stands in a project and holds a signing secret: git must not take it up. */
export function hideFromGit(directory: string): void {
  try {
    writeFileSync(path.join(directory, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 })
  } catch {
    // It is there already, or the directory can't be written; then the store says so.
  }
}
