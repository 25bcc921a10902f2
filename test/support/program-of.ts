import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const root = path.join(import.meta.dirname, '../..')

/**
 * The file to start for a program of the repository: what a run of all tests has bundled of it, else its source. Either wants
 * `--conditions=@headrace/source`.
 *
 * @param source - path in the repository, such as `packages/cli/src/bin.ts`
 */
export function programOf(source: string): string {
  const bundled = path.join(process.env['HEADRACE_PROGRAMS'] ?? '', source.replace(/\.ts$/, '.js'))
  return process.env['HEADRACE_PROGRAMS'] !== undefined && existsSync(bundled) ? bundled : path.join(root, source)
}
