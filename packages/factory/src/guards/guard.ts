import type { LaneKind } from '../floor/task.ts'
import type { Change } from '../work/change.ts'
import type { PutBack } from '../work/put-back.ts'
import type { PathMatcher } from '../paths.ts'

/** What a guard found, quoted. */
export interface Finding {
  /** What is wrong, in words for a person and for the agent. */
  readonly what: string
  readonly path?: string
  /** Line from 1, in the new file; in the old one for what was removed. */
  readonly line?: number
  /** What stands there, at most 200 characters. Never a secret. */
  readonly quote?: string
  /** `sure` does what the policy says. `maybe` is for a human to look at: it never blocks by itself. */
  readonly certainty: 'sure' | 'maybe'
}

/** What guards may know beside the change. Plain data and pure functions. */
export interface GuardContext {
  /** What the lane may touch; everything if empty. */
  readonly allowed: readonly string[]
  /** What it may not. */
  readonly forbidden: readonly string[]
  readonly isTest: PathMatcher
  readonly putBack: readonly PutBack[]
  readonly budget: DiffBudget
  /** What was to be done, where that is known. Its title is of whoever wrote it. */
  readonly task?: JudgedTask
}

/** The task of a change. */
export interface JudgedTask {
  readonly kind: LaneKind
  readonly title: string
}

/** The most that a change may be. */
export interface DiffBudget {
  readonly files: number
  readonly lines: number
  /** Bytes of one file. */
  readonly fileBytes: number
  /** Packages that it may begin to depend on. */
  readonly newDependencies: number
}

/**
 * Looks at a change and says what it found. Pure: the same change and context give the same findings, so a verdict can be
 * repeated. The guards here and those of others use this one interface.
 */
export interface Guard {
  /** How it is named in the policy: lower case with dashes. */
  readonly name: string
  /** What it looks for, in a sentence. */
  readonly about: string
  /** What is done about a finding unless the policy says otherwise. */
  readonly policy: GuardPolicy
  check(change: Change, context: GuardContext): readonly Finding[]
}

/** A guard that takes its time, as one of a plugin does. It gets globs where others get a function. */
export interface SlowGuard extends Omit<Guard, 'check'> {
  /** Rejects where it can't say: then the change is blocked. */
  check(change: Change, context: SlowGuardContext): Promise<readonly Finding[]>
}

/** What a {@link SlowGuard} may know beside the change: plain data. */
export type SlowGuardContext = Omit<GuardContext, 'isTest'> & { readonly testGlobs: readonly string[] }

/** `block`: the change is not merged. `ask`: a human decides. `warn`: it is written down. */
export type GuardPolicy = 'block' | 'ask' | 'warn'

export type Verdict = 'pass' | GuardPolicy

export interface GuardVerdict {
  readonly guard: string
  readonly verdict: Verdict
  /** At most 20; `more` says how many were left out. */
  readonly findings: readonly Finding[]
  readonly more: number
}
