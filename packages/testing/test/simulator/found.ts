import type { Plan } from '@headrace/testing/simulator'

export interface Found {
  /** What was wrong. */
  readonly bug: string
  /** The least that showed it, as the report prints it. */
  readonly plan: Plan
}

/** Worlds that once broke an invariant. */
export const found: readonly Found[] = [
  {
    bug: 'a server refused what another one had made possible, from what it knew',
    plan: {
      seed: 4,
      setup: {
        servers: 2,
        people: 3,
        sessions: 1,
        agents: ['assistant'],
        workers: 1,
        capacity: 1,
        leaseMs: 6000,
        policies: ['interrupt', 'queue'],
        maxAttempts: 1,
        delayMs: [0, 0],
        storeDelayMs: [0, 0],
        idleMs: 6000,
        faults: [],
      },
      moves: [
        { at: 3790, name: 'create', roll: 4146965546 },
        { at: 3840, name: 'post', roll: 2528746873 },
      ],
    },
  },
  {
    bug: 'a batch of unknown outcome was written later, and its writer was told that it was missing',
    plan: {
      seed: 59,
      setup: {
        servers: 1,
        people: 2,
        sessions: 1,
        agents: ['assistant'],
        workers: 3,
        capacity: 2,
        leaseMs: 3000,
        policies: ['queue', 'reject'],
        maxAttempts: 4,
        delayMs: [1, 5],
        storeDelayMs: [1, 30],
        idleMs: 6000,
        faults: ['unknown'],
      },
      moves: [
        { at: 0, name: 'create', roll: 1813244237 },
        { at: 4317, name: 'twice', roll: 2847147918 },
        { at: 7192, name: 'send', roll: 3193419140 },
        { at: 7678, name: 'send', roll: 3409496992 },
        { at: 8996, name: 'cancel', roll: 2824047211 },
      ],
    },
  },
]
