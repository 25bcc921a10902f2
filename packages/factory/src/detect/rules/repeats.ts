/** Calls that repeat one before, by what was called and by what came of it. */
import type { Fact, Memory } from '../memory.ts'
import { nth, similarity } from '../text.ts'
import type { Rule } from './rule.ts'

/** The same call as just before. */
export const sameCall: Rule = ({ now, memory }) => {
  const before = memory.last
  if (!before || before.exact !== now.exact || now.call.kind === 'talk') return undefined
  const count = inARow(memory, (fact) => fact.exact === now.exact) + 1
  const isSame = before.result.shape === now.result.shape
  return {
    kind: 'same-call',
    score: isSame ? 0.9 + 0.02 * Math.min(count, 5) : now.result.failed ? (count > 2 ? 0.95 : 0.9) : 0.8,
    // Once can be a slip; what counts is that it goes on.
    weight: isSame || now.result.failed ? (count > 2 ? 1 : 0.5) : 0.3,
    evidence: `same call, ${isSame ? 'same output' : 'another output'}, ${nth(count)} time${unchanged(now, memory, count)}`,
  }
}

/** The same call with other spaces, order, empty arguments, folder or variables before the command. */
export const sameCallRewritten: Rule = ({ now, memory }) => {
  const before = memory.last
  if (!before || before.core !== now.core || before.exact === now.exact || now.call.kind === 'talk') return undefined
  const isSame = before.result.shape === now.result.shape
  return {
    kind: 'same-call-rewritten',
    score: isSame ? 0.92 : 0.85,
    weight: 0.5,
    evidence: `same call, written in another way, ${isSame ? 'same output' : 'another output'}${unchanged(now, memory, 2)}`,
  }
}

/** What failed is called again with something put before it or taken away, or an argument more or less. */
export const retriedAround: Rule = ({ now, memory }) => {
  const before = memory.last
  if (!before?.result.failed || before.core === now.core || before.step.tool !== now.step.tool) return undefined
  const around = now.call.command === undefined ? argumentMore(now, before) : prefixMore(now, before)
  if (around === undefined) return undefined
  return {
    kind: 'retried-around',
    score: 0.7,
    weight: 0.3,
    evidence: `what had just failed was called again, only ${around}`,
  }
}

function prefixMore(now: Fact, before: Fact): string | undefined {
  const a = now.call.command ?? ''
  const b = before.call.command ?? ''
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (!short.includes(' ') || !long.endsWith(` ${short}`)) return undefined
  const extra = long.slice(0, -short.length - 1)
  // One program more before it, not a whole command.
  return /\s/.test(extra) ? undefined : `${a.length < b.length ? 'without' : 'with'} \`${extra}\` before it`
}

function argumentMore(now: Fact, before: Fact): string | undefined {
  const a = now.call.parts
  const b = before.call.parts
  const [short, long] = a.size < b.size ? [a, b] : [b, a]
  if (short.size === 0 || short.size === long.size) return undefined
  for (const [key, value] of short) if (long.get(key) !== value) return undefined
  const extra = [...long.keys()].filter((key) => !short.has(key)).join(', ')
  return `${a.size < b.size ? 'without' : 'with'} the argument ${extra}`
}

/** Nearly the same as before. By itself it is how work looks; with the same failure again and again it is not. */
export const similarCall: Rule = ({ now, memory, limits }) => {
  const before = memory.last
  if (!before || before.step.tool !== now.step.tool || before.core === now.core || now.call.kind === 'talk') {
    return undefined
  }
  const near = similarity(now.words(), before.words())
  const isSame = before.result.shape === now.result.shape
  const isStuck = near >= limits.similar && isSame && now.result.failed
  const alike = isStuck ? 1 + inARow(memory, (fact) => fact.result.shape === now.result.shape && fact.result.failed) : 1
  return {
    kind: 'similar-call',
    // Never enough to be flagged alone: it orders what is below the threshold.
    score: (isSame ? 0.45 : 0.3) * near,
    weight: alike > 3 ? 0.5 : 0,
    evidence:
      alike > 1
        ? `nearly the same call, the same failure, ${nth(alike)} time`
        : `a call that is ${Math.round(100 * near)} % the same as the one before`,
  }
}

/** A, B, A, B or longer, with the same results. */
export const cycle: Rule = ({ now, memory }) => {
  const repeats = 3
  for (let length = 2; length <= 5; length++) {
    const needed = length * repeats
    const all = [...memory.facts.slice(-(needed - 1)), now]
    if (all.length < needed) return undefined
    const isCycle = all.every((fact, index) => {
      const other = all[index % length]
      return other !== undefined && fact.exact === other.exact && fact.result.shape === other.result.shape
    })
    if (!isCycle || new Set(all.slice(0, length).map(({ exact }) => exact)).size === 1) continue
    return {
      kind: 'cycle',
      // It repeats what was a round ago, and not the step before.
      score: 0.48,
      weight: 1,
      evidence: `the same ${length} calls in turn, same outputs, ${nth(repeats)} round${unchanged(now, memory, needed)}`,
    }
  }
  return undefined
}

/** How many of the newest facts are so. */
function inARow(memory: Memory, fits: (fact: Fact) => boolean): number {
  let count = 0
  for (let index = memory.facts.length - 1; index >= 0; index--) {
    const fact = memory.facts[index]
    if (!fact || !fits(fact)) break
    count++
  }
  return count
}

/** What stood still meanwhile, where the lane tells. */
function unchanged(now: Fact, memory: Memory, steps: number): string {
  const start = memory.back(steps - 1) ?? memory.facts[0]
  if (!start || now.step.diff === undefined || start.step.diff !== now.step.diff) return ''
  const { at } = now.step
  const since = start.step.at
  if (at === undefined || since === undefined || at - since < 60_000) return '; diff unchanged'
  return `; diff unchanged for ${Math.round((at - since) / 60_000)} min`
}
