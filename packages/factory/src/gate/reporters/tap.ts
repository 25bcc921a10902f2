import type { Reporter } from './reporter.ts'

/** TAP: the test points of the outermost level. What `node --test` adds at the end says it better, and wins. */
export function tapReporter(): Reporter {
  let [passed, failed, skipped] = [0, 0, 0]
  let isTap = false
  return {
    name: 'tap',
    line(text) {
      if (/^(TAP version \d+|1\.\.\d+)/.test(text)) isTap = true
      const point = /^(not )?ok \d+/.exec(text)
      if (!point) return
      if (/# (skip|todo)/i.test(text)) skipped += 1
      else if (point[1] === undefined) passed += 1
      else failed += 1
    },
    counts: () => (isTap && passed + failed + skipped > 0 ? { passed, failed, skipped } : undefined),
  }
}
