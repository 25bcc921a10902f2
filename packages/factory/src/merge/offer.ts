/** What is offered to the gate, and what it says: data parts in the merge session. */
import { textOf, type Json, type Run, type SessionView } from '@headrace/core'
import { noteIn } from '../foreman/notes.ts'
import type { LaneKind } from '../floor/task.ts'
import type { Oversight } from '../floor/plan-floor.ts'

/** A change that is offered. The work itself stands in the vault, at `refs/agents/<attempt>`. */
export interface Offer {
  /** The attempt's id, and which time it offers work. */
  readonly attempt: string
  readonly round: number
  readonly lane: string
  readonly task: string
  readonly title: string
  /** Of the task. */
  readonly kind?: LaneKind
  readonly oversight: Oversight
  /** It is judged and goes nowhere: one of several tries. */
  readonly only?: 'judge'
  /** The commit that it began from, and its newest. */
  readonly base: string
  readonly head: string
  /** Of the task. */
  readonly acceptance?: readonly string[]
  /** How many commits the agent made of it. */
  readonly commits?: number
}

/** What the gate says of a change. */
export interface Verdict {
  /**
   * `merged`: it is in the base. `branched`: it would be, and is on a branch for a person to merge. `judged`: it would be, and
   * no more was asked. `red`: tests. `blocked`: a
   * guard. `conflict`: it does not fit the base any more. `nothing`: nothing is left of it once protected paths are put back.
   * `refused`: a person, or the gate itself failed. `base`: the base itself is not green, was rewritten, or takes nothing, so
   * no change can be merged.
   */
  readonly verdict: 'merged' | 'branched' | 'judged' | 'red' | 'blocked' | 'conflict' | 'nothing' | 'refused' | 'base'
  /** In words for a person, and for the agent. */
  readonly why: string
  /** `product`, `harness`, `setup`, `environment`, `flake`, or the name of a guard. */
  readonly failure?: string
  /** The commit in the base, or on the branch. */
  readonly commit?: string
  /** Name of the branch at the origin. */
  readonly branch?: string
  /** The end of what was printed, or what a guard quotes. */
  readonly evidence?: string
  /** Counts of tests, size of the diff, time. */
  readonly facts?: { readonly [name: string]: Json }
}

export const offerNotes = { change: 'factory.change', verdict: 'factory.verdict' } as const

/** The line in a commit's message by which a merged change is found again. */
export function offerTrailer({ attempt, round }: Pick<Offer, 'attempt' | 'round'>): string {
  return `Headrace-Change: ${attempt}.${round}`
}

/** Id of the command by which a change is offered: offered again, it is the same one. */
export function offerId({ attempt, round }: Pick<Offer, 'attempt' | 'round'>): string {
  return `change:${attempt}.${round}`
}

/** The run that judges what was offered. */
export function offerRun(view: SessionView, { attempt, round }: Pick<Offer, 'attempt' | 'round'>): Run | undefined {
  return view.runs.find((run) => {
    const offer = offerIn(view, run)
    return offer?.attempt === attempt && offer.round === round
  })
}

/** The runs that judge, or have judged, what an attempt has offered. */
export function offersOf(view: SessionView, attempt: string): readonly Run[] {
  return view.runs.filter((run) => offerIn(view, run)?.attempt === attempt)
}

/** What a run of the merge session was given to judge. */
export function offerIn(view: SessionView, run: Run): Offer | undefined {
  const input = view.messages.find(({ id }) => id === run.input)
  return input && (noteIn([input], offerNotes.change) as unknown as Offer | undefined)
}

/** What the run that judged a change came to; `undefined` while it is under way. */
export function verdictOf(view: SessionView, run: Run): Verdict | undefined {
  if (run.status !== 'ended') return undefined
  const own = view.messages.filter((message) => message.run === run.id)
  const said = noteIn(own, offerNotes.verdict)
  if (run.reason === 'complete' && said !== undefined) return said as unknown as Verdict
  const why = run.detail ?? (own.map(textOf).join('\n') || `the gate's run ended as ${run.reason}`)
  return { verdict: 'refused', why, failure: 'environment' }
}
