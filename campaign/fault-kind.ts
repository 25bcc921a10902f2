import type { Journals } from './journals.ts'
import type { MutantName } from './mutants/mutant-name.ts'

/** What can be done to a server, its disk, its network and its clock. */
export const faultNames = ['kill', 'power', 'corruption', 'disk', 'network', 'loss', 'control', 'clock'] as const
export type FaultName = (typeof faultNames)[number]

export interface RoundOptions {
  /** Faults to inject in this round, at most: none any more when the time of the campaign is over. */
  readonly faults: number
  readonly isOver: () => boolean
  readonly random: () => number
  /** An empty directory of the round's own; removed afterwards. */
  readonly directory: string
  /** Names what the round makes, so that no two rounds have a mark in common. */
  readonly name: string
  /** How long anything may take before it counts as stuck, in milliseconds in which the campaign was let run. */
  readonly patienceMs: number
  /** The long form: many times the load, where that shows more. */
  readonly isLong: boolean
  /** The deliberate fault that the server has. Default: none. */
  readonly mutant?: MutantName
}

/** What a round gives to judge. */
export interface Round {
  /** Judged one by one: a damaged copy of a disk has journals of its own. */
  readonly journals: Iterable<Journals>
  /** Counts of this kind beside the verdict, in words. */
  readonly notes: Readonly<Record<string, number>>
}

/** One way to break things. */
export interface FaultKind {
  readonly name: FaultName
  /** Faults of one round: small enough to keep its journals in memory. */
  readonly perRound: number
  /** Faults of the short form. */
  readonly short: number
  /** Faults of the long form; and of a round of it, where its journals are longer. */
  readonly long: { readonly faults: number; readonly perRound?: number }
  /** Why it can't be done on this machine; `undefined` when it can. */
  missing(): Promise<string | undefined>
  run(options: RoundOptions): Promise<Round>
}
