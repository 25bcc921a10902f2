/** By what a proposal is known again, so that what a person decided about it goes on to count (F10b). Pure. */
import type { Actor } from '@headrace/core'

/** What a proposal is about. */
export interface Signature {
  /** `dependencies`, `ci`, `todo`, `issues`, … */
  readonly source: string
  /** What it is about there, such as the name of a package with its major version. */
  readonly subject: string
  /** What it rests on, as short words: numbers of issues, digests of lines. Empty where the subject says it all. */
  readonly parts: readonly string[]
}

/** What a person decided about a proposal. */
export interface Decision {
  readonly signature: Signature
  readonly title: string
  readonly decision: 'accepted' | 'rejected'
  readonly reason?: string
  readonly by: Actor
  /** Milliseconds since 1970. */
  readonly at: number
}

/** From this part of what two proposals rest on together, they are the same one. */
const same = 0.6

/** Whether two proposals are the same one: of the same thing, and resting on mostly the same. */
export function isSameProposal(a: Signature, b: Signature): boolean {
  if (a.source !== b.source || a.subject !== b.subject) return false
  const [x, y] = [new Set(a.parts), new Set(b.parts)]
  const union = new Set([...x, ...y]).size
  return union === 0 || [...x].filter((part) => y.has(part)).length / union >= same
}

/** Decisions that are kept. A rejection is worth more than an acceptance, whose task is there. */
const keptDecisions = 150
const maxReason = 300

/** The decisions with another one; of too many the oldest leave, acceptances first. */
export function withDecision(decisions: readonly Decision[], decision: Decision): readonly Decision[] {
  const { reason, ...rest } = decision
  const kept: Decision = { ...rest, ...(reason !== undefined && { reason: reason.slice(0, maxReason) }) }
  const all = [...decisions.filter((other) => !isSameProposal(other.signature, kept.signature)), kept]
  if (all.length <= keptDecisions) return all
  const leaving = all.findIndex((other) => other.decision === 'accepted')
  return all.filter((_, index) => index !== Math.max(0, leaving))
}

/** What a person decided about this proposal, if somebody did. */
export function decisionOn(decisions: readonly Decision[], signature: Signature): Decision | undefined {
  return decisions.findLast((other) => isSameProposal(other.signature, signature))
}
