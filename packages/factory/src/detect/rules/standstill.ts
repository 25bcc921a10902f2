/** Time and tokens go, and nothing moves. */
import { hashOf, quoted } from '../text.ts'
import type { Rule } from './rule.ts'

/** One call after the other fails. */
export const errorStreak: Rule = ({ now, memory, limits }) => {
  memory.failures = now.result.failed ? memory.failures + 1 : 0
  if (memory.failures < limits.streak) return undefined
  return {
    kind: 'error-streak',
    score: 0.4,
    weight: 0.3,
    evidence: `${memory.failures} calls in a row failed, the last one as well`,
  }
}

/** Words without a call. */
export const talk: Rule = ({ now, step, memory, limits }) => {
  const { text = '' } = step
  if (now.call.kind !== 'talk') {
    memory.talk = { count: 0, last: 0 }
    return undefined
  }
  const hash = hashOf(text.trim())
  const isSame = memory.talk.count > 0 && memory.talk.last === hash
  memory.talk = { count: memory.talk.count + 1, last: hash }
  if (!isSame && memory.talk.count < Math.max(2, limits.streak - 2)) return undefined
  return {
    kind: 'talk',
    score: isSame ? 0.9 : 0.6,
    weight: 1,
    evidence: `${memory.talk.count} messages in a row without a call${isSame ? ', the last two the same' : ''}: "${quoted(text)}"`,
  }
}

const success =
  /\b(?:(?:is|are|now|been|successfully|bug|issue|problem) (?:now )?(?:fixed|solved|resolved|passing)|all tests (?:are )?(?:pass|passing|green)|tests? (?:now )?pass(?:es)?\b)/i
const doubt = /\b(?:not|n't|still|should|whether|if|once|until|to (?:be|make|see|verify))\b/i

/** It says that it works, and the last run says that it does not. */
export const claimsSuccess: Rule = ({ now, step, memory }) => {
  const before = memory.red
  if (now.result.red !== undefined) {
    memory.red = now.result.red ? { number: now.number, text: quoted((step.result ?? '').slice(-300), 100) } : undefined
  }
  const { text = '' } = step
  const claim = success.exec(text.slice(0, 2_000))
  if (!before || !claim) return undefined
  const sentence = text.slice(Math.max(0, claim.index - 60), claim.index + claim[0].length + 20)
  // Only what ends its work, or does not look again, is a claim.
  if (doubt.test(sentence) || now.call.kind === 'execute') return undefined
  return {
    kind: 'claims-success',
    score: 0.4,
    weight: 0.7,
    evidence: `it says "${quoted(sentence)}", and the last run, ${now.number - before.number} steps ago, ended with "${before.text}"`,
  }
}

/** Tokens go while difference and failing tests stand. */
export const tokensWithoutChange: Rule = ({ now, step, memory, limits }) => {
  if (step.diff === undefined) return undefined
  const key = `${step.diff}\n${step.failing?.join('\n') ?? ''}`
  const { still } = memory
  if (still.key !== key) {
    memory.still = { key, since: now.number, tokens: 0, ...(step.at !== undefined && { at: step.at }) }
    return undefined
  }
  still.tokens += step.tokens ?? 0
  if (still.tokens < limits.tokens) return undefined
  const minutes =
    step.at !== undefined && still.at !== undefined ? Math.round((step.at - still.at) / 60_000) : undefined
  return {
    kind: 'tokens-without-change',
    score: 0.4,
    weight: 0.5,
    evidence: `${still.tokens} tokens in ${now.number - still.since} steps${minutes === undefined ? '' : ` and ${minutes} min`} with diff and tests unchanged`,
  }
}

/** A plan of which nothing gets done. */
export const planStill: Rule = ({ now, step, memory, limits }) => {
  if (step.plan === undefined) return undefined
  if (memory.plan.key !== step.plan) {
    memory.plan = { key: step.plan, since: now.number }
    return undefined
  }
  const steps = now.number - memory.plan.since
  // A single entry of a plan may well be a good many steps.
  if (steps < 6 * limits.streak) return undefined
  return { kind: 'plan-still', score: 0.3, weight: 0.2, evidence: `the plan has been the same for ${steps} steps` }
}

/** It changes what it was not sent to change. */
export const outOfScope: Rule = ({ now, limits }) => {
  const { kind, path } = now.call
  if (limits.allows === undefined || path === undefined || (kind !== 'edit' && kind !== 'delete')) return undefined
  if (limits.allows(path)) return undefined
  return { kind: 'out-of-scope', score: 0.2, weight: 0.5, evidence: `${path} is outside of the mandate` }
}
