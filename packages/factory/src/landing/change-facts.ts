import type { DiffBudget } from '../guards/guard.ts'
import type { PathMatcher } from '../paths.ts'
import type { Change } from '../work/change.ts'
import type { ChangeFacts } from '../choice/reward.ts'

export interface ChangeFactsOptions {
  readonly budget: DiffBudget
  readonly isTest: PathMatcher
  /** What must hold when the task is done, a line each. */
  readonly acceptance: readonly string[]
}

/** Shorter ones are in any text. */
const minChars = 8

/** How large a change is, and which lines of acceptance its tests name. Pure. */
export function changeFacts(change: Change, { budget, isTest, acceptance }: ChangeFactsOptions): ChangeFacts {
  const tests = change.files
    .filter(({ path }) => isTest(path))
    .flatMap(({ added }) => added.map(({ text }) => plain(text)))
    .join('\n')
  const named = acceptance.map(plain).filter((line) => line.length >= minChars && tests.includes(line)).length
  return {
    files: change.files.length,
    lines: change.addedLines + change.removedLines,
    maxFiles: budget.files,
    maxLines: budget.lines,
    accepted: [named, acceptance.length],
  }
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
