/** What a file becomes when lines are added at its end, and the difference as people and `git apply` read it. */
export interface Appended {
  readonly after: string
  /** In the unified format. */
  readonly diff: string
}

const context = 3

/** @param lines - without their ends; at least one */
export function appendLines(path: string, before: string, lines: readonly string[]): Appended {
  const old = before === '' ? [] : before.replace(/\n$/, '').split('\n')
  const isOpen = before !== '' && !before.endsWith('\n')
  const kept = old.slice(-context)
  const from = old.length - kept.length + 1
  const last = kept.at(-1)
  const unchanged = isOpen ? kept.slice(0, -1) : kept
  const hunk = [
    `@@ -${kept.length === 0 ? 0 : from},${kept.length} +${from},${kept.length + lines.length} @@`,
    ...unchanged.map((line) => ` ${line}`),
    // A file without an end of line: its last line is another one afterwards.
    ...(isOpen ? [`-${last}`, '\\ No newline at end of file', `+${last}`] : []),
    ...lines.map((line) => `+${line}`),
  ]
  const head = [`diff --git a/${path} b/${path}`, `--- a/${path}`, `+++ b/${path}`]
  return {
    after: `${[...old, ...lines].join('\n')}\n`,
    diff: `${[...head, ...hunk].join('\n')}\n`,
  }
}
