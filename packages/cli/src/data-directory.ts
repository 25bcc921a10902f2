import { writeFileSync } from 'node:fs'
import path from 'node:path'

/** Where `serve` keeps sessions unless told otherwise: beside the project that uses them. */
export const defaultData = './.headrace/data'

/** Where `demo` keeps its own. */
export const demoData = './.headrace/demo'

/** A data directory stands in a project and holds a signing secret: git must not take it up. */
export function hideFromGit(directory: string): void {
  try {
    writeFileSync(path.join(directory, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 })
  } catch {
    // It is there already, or the directory can't be written; then the store says so.
  }
}
