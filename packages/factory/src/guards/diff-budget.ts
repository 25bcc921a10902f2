import type { Finding, Guard } from './guard.ts'
import { newDependencies } from './dependencies/new-dependencies.ts'

/** Files that nobody writes by hand: their lines do not count. */
const generated =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|Cargo\.lock|go\.sum|poetry\.lock|uv\.lock|Gemfile\.lock|composer\.lock)$/

/** A change is as large as it may be, and brings in no more than it may. */
export const diffBudgetGuard: Guard = {
  name: 'diff-budget',
  about: 'More files, lines or new dependencies than a change may have.',
  policy: 'ask',
  check(change, { budget }) {
    const counted = change.files.filter(({ path }) => !generated.test(path))
    const lines = counted.reduce((sum, { added, removed }) => sum + added.length + removed.length, 0)
    const found: Finding[] = []
    if (counted.length > budget.files)
      found.push({ what: `${counted.length} files; at most ${budget.files}`, certainty: 'sure' })
    if (lines > budget.lines) found.push({ what: `${lines} lines; at most ${budget.lines}`, certainty: 'sure' })
    const { fresh, unreadable } = newDependencies(change)
    for (const path of unreadable) found.push({ what: 'what it depends on can’t be read', path, certainty: 'sure' })
    if (fresh.length > budget.newDependencies) {
      for (const { path, name } of fresh) found.push({ what: 'a new dependency', path, quote: name, certainty: 'sure' })
    }
    return found
  },
}
