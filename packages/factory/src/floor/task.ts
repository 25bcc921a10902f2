/**
 * What is to be done, and how far it is.
 *
 *   proposed ──accept──▶ ready ──dispatch──▶ working ──merged──▶ done
 *      │                  ▲ ▲                  │ │└──propose, branch──▶ review ──accept──▶ done
 *      │                  │ └──again, with the lesson──┘ └──no try left, stopped──▶ parked ──accept──▶ ready
 *      └──reject──▶ rejected ◀──reject── ready, review, parked
 *
 * Only one attempt holds a task: `working` names it, and what another one reports is not taken.
 */
import type { Actor, JsonObject, Usage } from '@headrace/core'
import type { Arm } from '../choice/arm.ts'
import type { FindingKind } from '../detect/detector.ts'
import type { Rung } from '../detect/ladder.ts'
import type { Signature } from './signature.ts'

/** What kind of work a lane takes. */
export type LaneKind = 'ci' | 'feature' | 'bug' | 'horizon' | 'docs' | 'custom'

/** P0 interrupts what is under way; P3 waits for everything else. */
export type Priority = 0 | 1 | 2 | 3

/** Where a task came from. `ref` is its name there, so that what is imported again is known. */
export interface TaskSource {
  readonly kind: string
  readonly ref: string
}

export interface Task {
  /** `T1`, `T2`, … */
  readonly id: string
  readonly title: string
  /** What is wanted, in Markdown. */
  readonly body: string
  readonly kind: LaneKind
  readonly priority: Priority
  /** Where a person put it among tasks of the same urgency: the lower the sooner. Default: when it was added. */
  readonly rank?: number
  readonly source: TaskSource
  /** Tasks that must be done before. */
  readonly dependsOn: readonly string[]
  /** What must hold when it is done: a line each. */
  readonly acceptance: readonly string[]
  /** By what a proposal is known again. */
  readonly signature?: Signature
  /** Only this lane may take it. */
  readonly lane?: string
  readonly by: Actor
  /** Milliseconds since 1970. */
  readonly at: number
  readonly state: TaskState
  /** Oldest first. */
  readonly attempts: readonly EndedAttempt[]
  /** Verdicts of going in circles that a person took back, the newest last. */
  readonly overrules?: readonly Overrule[]
}

/** What was said of an attempt that goes in circles: the last of its verdicts. */
export interface Waffling {
  /** Its number within the attempt, from 1. */
  readonly verdict: number
  readonly rung: Rung
  /** The heaviest fact, in words that can be checked. */
  readonly evidence: string
  readonly kinds: readonly FindingKind[]
}

/** A person says that an attempt did not go in circles. */
export interface Overrule extends Waffling {
  readonly attempt: number
  readonly by: Actor
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export type TaskState =
  /** Somebody must accept it first. */
  | { readonly status: 'proposed' }
  /** `after`: not before this time, in milliseconds since 1970. */
  | {
      readonly status: 'ready'
      readonly after?: number
      /** Attempts are counted from this one: somebody gave it another set. Default 1. */
      readonly countFrom?: number
    }
  | (TryPart & {
      readonly status: 'working'
      readonly lane: string
      /** 1 the first time. */
      readonly attempt: number
      readonly since: number
      /** As when it was ready. */
      readonly countFrom?: number
      /** It holds still for this more urgent task. */
      readonly pausedFor?: string
      /** It goes in circles, and this was done about it last. */
      readonly waffling?: Waffling
      /** Somebody has had enough of it: what it did is put away, and it begins anew with this lesson. */
      readonly nuked?: { readonly by: Actor; readonly reason: string }
    })
  /** The work is there, and a person decides what becomes of it. `why`: what the gate said, where it judged it. */
  | { readonly status: 'review'; readonly ref: string; readonly why?: string; readonly at: number }
  | { readonly status: 'done'; readonly commit?: string; readonly at: number }
  | { readonly status: 'parked'; readonly why: string; readonly at: number }
  | { readonly status: 'rejected'; readonly why: string; readonly by: Actor; readonly at: number }

export type TaskStatus = TaskState['status']

/** How an attempt ended: the stamp that reports and choices are made from. */
export type Outcome =
  /** In the base branch. */
  | 'merged'
  /** The gate did not take it. */
  | 'rejected'
  /** A diff for a person to look at. */
  | 'proposed'
  /** A branch for a person to merge. */
  | 'branched'
  /** The gate would take it. It is one of several tries, and the best of them is landed when all are over. */
  | 'judged'
  /** The gate would have taken it, and another try at the same task was better. */
  | 'spare'
  /** It ended without any change. */
  | 'empty'
  /** Its budget was used up. */
  | 'budget'
  /** It went in circles, and one with a fresh context takes its place. */
  | 'replaced'
  /** It was put away with all it did. */
  | 'nuked'
  /** It went in circles for so long that it is left to a person. */
  | 'parked'
  /** Somebody stopped it. */
  | 'cancelled'
  /** Its agent failed, or could not be started. */
  | 'failed'
  /** It went silent, and no try was left. */
  | 'lost'

/** What an attempt came to. */
export interface AttemptResult {
  readonly outcome: Outcome
  /** Why, in words for a person; what the next attempt is told. */
  readonly why: string
  /** What kind of failure it was, where there was one: `product`, `flake`, `conflict`, the name of a guard, … */
  readonly failure?: string
  /** The commit that is in the base, or the ref that holds the work. */
  readonly commit?: string
  readonly ref?: string
  /** The commit that it began from, where it is one of several tries. */
  readonly base?: string
  /** Facts beside: counts of tests, size of the diff. */
  readonly facts?: JsonObject
  /** Which agent worked on it. */
  readonly agent?: string
  /** What shut its agent in, in words. */
  readonly confined?: string
  /** Versions of the skills that it was given, as in `test-fixer@3f2a9c01b7de`. */
  readonly skills?: readonly string[]
  /** Files that its work changes: the first ten. */
  readonly touched?: readonly string[]
  /** What was done last about it because it went in circles. */
  readonly waffling?: Waffling
  /** How it was chosen to work in this way, where there were several. */
  readonly arm?: Arm
  /** The part of its budget that it used, 0 to 1; of tokens or of money, whichever is more. */
  readonly share?: number
  /** What it used, as the model proxy and the runner counted it. */
  readonly used?: Usage
}

/** Several tries at one task, one after the other and from the same base, of which the best is landed. */
export interface Try {
  /** Which of them, from 1. */
  readonly number: number
  /** How many there are. */
  readonly of: number
}

/** What an attempt is besides one that works on the task by itself: a try among several, or the landing of the best of them. */
export interface TryPart {
  readonly try?: Try
  /** The attempt whose work it lands. */
  readonly lands?: number
}

export interface EndedAttempt extends AttemptResult, TryPart {
  readonly attempt: number
  readonly lane: string
  readonly startedAt: number
  readonly endedAt: number
  /** What it was worth, 0 to 1. Absent where nobody can say. */
  readonly reward?: number
}

/** The number of the attempt that comes next. */
export function nextAttempt({ attempts }: Task): number {
  return (attempts.at(-1)?.attempt ?? 0) + 1
}
