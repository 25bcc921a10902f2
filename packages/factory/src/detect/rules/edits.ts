/** Edits that go in circles. */
import { hashOf, nth, quoted, similarity } from '../text.ts'
import type { Rule } from './rule.ts'

/** Looks for a text that an earlier edit looked for, and it is not there. */
export const editAgain: Rule = ({ now, memory }) => {
  const { seeks, path = '' } = now.call
  if (now.call.kind !== 'edit' || seeks === undefined) return undefined
  const key = `${path}\n${hashOf(seeks)}`
  const earlier = memory.sought.get(key)
  // The same change in other words: the text that is looked for begins or ends elsewhere.
  const near = earlier ?? nearIn(memory.sought, `${path}\n`, now.words())
  memory.seek(key, now)
  if (!near || !now.result.failed || memory.last?.exact === now.exact) return undefined
  const ago = now.number - near.number
  return {
    kind: 'edit-again',
    score: earlier ? (earlier.failed ? 0.75 : 0.6) : 0.55,
    weight: 0.5,
    evidence: `the edit of ${path === '' ? 'a file' : path} was tried ${ago} steps ago${near.failed ? ' and failed then' : ''}; the text it looks for is not there: \`${quoted(seeks, 60)}\``,
  }
}

type Sought = ReadonlyMap<string, { number: number; failed: boolean; similarWords: ReadonlyMap<number, number> }>

function nearIn(sought: Sought, of: string, words: ReadonlyMap<number, number>) {
  let newest: { readonly number: number; readonly failed: boolean } | undefined
  for (const [key, edit] of sought) {
    if (key.startsWith(of) && similarity(edit.similarWords, words) >= 0.8) newest = edit
  }
  return newest
}

/** A file that is made and removed over and over. */
export const scratchChurn: Rule = ({ now, memory }) => {
  const { kind, path, command, seeks } = now.call
  if (now.result.failed) return undefined
  const removed = kind === 'delete' ? (path ?? /\s(?!-)(\S+)\s*$/.exec(command ?? '')?.[1]) : undefined
  const made = kind === 'edit' && seeks === undefined ? path : undefined
  const name = (removed ?? made)?.split('/').at(-1)
  if (name === undefined || name === '') return undefined
  // A file that is written again without having been removed is an edit.
  if (made !== undefined && (memory.churned.get(name)?.removed ?? 0) < (memory.churned.get(name)?.made ?? 0)) {
    return undefined
  }
  const counts = memory.churn(name, removed === undefined ? 'made' : 'removed')
  if (counts.made < 2 || (removed !== undefined && counts.removed < 2)) return undefined
  return {
    kind: 'scratch-churn',
    score: 0.45,
    weight: 0.5,
    evidence: `${name} was made ${counts.made} times and removed ${counts.removed} times`,
  }
}

/** Edit, run, edit, run, and the same failure each time. */
export const sameFailure: Rule = ({ now, step, memory, limits }) => {
  if (now.call.kind === 'edit' && !now.result.failed && memory.failure) memory.failure.edits++
  const isRed = now.result.red === true
  if (now.result.red === undefined) return undefined
  const shape = step.failing ? hashOf([...step.failing].toSorted().join('\n')) : now.result.shape
  const before = memory.failure
  if (!isRed) memory.failure = undefined
  else if (before?.shape !== shape) memory.failure = { shape, runs: 1, edits: 0 }
  else if (before.edits > 0) memory.failure = { shape, runs: before.runs + 1, edits: 0 }
  const { runs } = memory.failure ?? { runs: 0 }
  if (runs < Math.max(3, limits.streak - 1)) return undefined
  return {
    kind: 'same-failure',
    score: 0.4,
    weight: 0.7,
    evidence: `${nth(runs)} run with the same failure, each after another edit${step.failing ? `: ${quoted(step.failing.join(', '))}` : ''}`,
  }
}
