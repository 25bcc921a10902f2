/** Looking around that brings nothing. */
import { quoted } from '../text.ts'
import type { Call } from '../call.ts'
import type { Rule } from './rule.ts'

/** One folder listed after the other, with no question. */
export const listingElsewhere: Rule = ({ now, memory }) => {
  const before = memory.last
  if (before?.call.kind !== 'list' || now.call.kind !== 'list' || before.core === now.core) return undefined
  if (before.step.tool !== now.step.tool || question(before.call) !== question(now.call)) return undefined
  return {
    kind: 'listing-elsewhere',
    score: 0.6,
    weight: 0.1,
    evidence: `the same listing of another place: \`${quoted(now.call.command ?? now.call.path ?? now.step.tool)}\``,
  }
}

/** What is asked, without where. */
function question({ command, path, parts }: Call): string {
  if (command !== undefined) return command.replaceAll(/\s(?!-)\S+/g, ' @')
  return [...parts]
    .map(([key, value]) => (path !== undefined && value.includes(path) ? key : `${key}=${value}`))
    .join(' ')
}

/** Read in the way that was cut off just before, and cut off again. */
export const cutAgain: Rule = ({ now, memory }) => {
  const before = memory.last
  if (!before?.result.cut || !now.result.cut || before.step.tool !== now.step.tool) return undefined
  if (before.call.kind !== now.call.kind) return undefined
  return {
    kind: 'cut-again',
    score: 0.8,
    weight: 0.3,
    evidence: 'the output was cut off, and the same way of asking was cut off again',
  }
}

/** Steps from which nothing new was learnt and that changed nothing. */
export const nothingNew: Rule = ({ now, step, memory, limits }) => {
  const { result = '' } = step
  const fresh = memory.learn(result)
  const { kind } = now.call
  const isLook = kind !== 'edit' && kind !== 'delete' && kind !== 'talk'
  // Many a good command says nothing at all.
  if (isLook && result.trim() === '') return undefined
  memory.barren = isLook && fresh === 0 ? memory.barren + 1 : 0
  if (memory.barren < limits.streak) return undefined
  return {
    kind: 'nothing-new',
    score: 0.45,
    weight: 0.5,
    evidence: `${memory.barren} calls in a row whose outputs had nothing in them that was not there before`,
  }
}
