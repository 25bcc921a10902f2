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
  const [x, y] = [new Set(telling(a)), new Set(telling(b))]
  const union = new Set([...x, ...y]).size
  return union === 0 || [...x].filter((part) => y.has(part)).length / union >= same
}

/** As many parts are compared and kept; of the same many the same ones. */
const maxParts = 40

function telling({ parts }: Signature): readonly string[] {
  return parts.toSorted().slice(0, maxParts)
}

/** Decisions that are kept. A rejection is worth more than an acceptance, whose task is there. */
const keptDecisions = 150
const maxReason = 300
/** Characters of all of them: the document holds the tasks as well. */
const maxChars = 40_000

/** The decisions with another one; of too many the oldest leave, acceptances first. */
export function withDecision(decisions: readonly Decision[], decision: Decision): readonly Decision[] {
  const { reason, signature, ...rest } = decision
  const bounded = { ...signature, parts: telling(signature) }
  const kept: Decision = {
    ...rest,
    signature: bounded,
    ...(reason !== undefined && { reason: reason.slice(0, maxReason) }),
  }
  const all = [...decisions.filter((other) => !isSameProposal(other.signature, kept.signature)), kept]
  while (all.length > 1 && (all.length > keptDecisions || JSON.stringify(all).length > maxChars)) {
    const leaving = all.findIndex((other) => other.decision === 'accepted')
    all.splice(Math.max(0, leaving), 1)
  }
  return all
}

/** What a person decided about this proposal, if somebody did. */
export function decisionOn(decisions: readonly Decision[], signature: Signature): Decision | undefined {
  return decisions.findLast((other) => isSameProposal(other.signature, signature))
}
