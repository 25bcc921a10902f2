import type { WorkDiff } from '../foreman/work-note.ts'
import type { Git } from '../git/create-git.ts'

/**
 * Everybody who looks at the lane reads it, so it is no place for megabytes. An event may have 262,144 characters of JSON,
 * and a character of a file can take six of them there.
 */
const maxChars = 40_000

/** Compares two commits of the vault. */
export async function workDiff(git: Git, base: string, head: string): Promise<WorkDiff> {
  const kept: Uint8Array[] = []
  let bytes = 0
  const onStdout = (chunk: Uint8Array): void => {
    if (bytes <= maxChars) kept.push(chunk)
    bytes += chunk.length
  }
  // A diff driver or a text conversion would be a program of the repository.
  await git.run(['diff', '--no-ext-diff', '--no-textconv', base, head], { onStdout, maxOutputBytes: 1_073_741_824 })
  const text = Buffer.concat(kept).toString('utf8')
  if (bytes <= maxChars) return { base, head, patch: text }
  // Whole lines: half of one would look like another change.
  return { base, head, patch: text.slice(0, text.lastIndexOf('\n', maxChars - 1) + 1), cut: true }
}
