import type { Change } from '../work/change.ts'
import type { Finding, Guard } from './guard.ts'
import { dependenciesOf } from './package-json.ts'

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
    const fresh = newDependencies(change)
    if (fresh.length > budget.newDependencies) {
      for (const { path, name } of fresh) found.push({ what: 'a new dependency', path, quote: name, certainty: 'sure' })
    }
    return found
  },
}

function newDependencies(change: Change): readonly { readonly path: string; readonly name: string }[] {
  return change.files.flatMap(({ path, before, after, added }) => {
    if (/(^|\/)package\.json$/.test(path)) {
      const known = dependenciesOf(before?.text)
      return [...dependenciesOf(after?.text)].filter((name) => !known.has(name)).map((name) => ({ path, name }))
    }
    if (/(^|\/)requirements[\w-]*\.txt$/.test(path)) {
      const names = added.map(({ text }) => /^([A-Za-z0-9][\w.-]*)/.exec(text)?.[1])
      const known = new Set((before?.text ?? '').split('\n').map((line) => /^([A-Za-z0-9][\w.-]*)/.exec(line)?.[1]))
      return names.flatMap((name) => (name === undefined || known.has(name) ? [] : [{ path, name }]))
    }
    return []
  })
}
