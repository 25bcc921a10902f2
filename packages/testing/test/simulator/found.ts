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
        paceMs: 0,
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
        paceMs: 0,
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
  {
    bug: 'a session that another server compacted while it was opened was called corrupt',
    plan: {
      seed: 700548,
      setup: {
        servers: 2,
        people: 1,
        sessions: 1,
        agents: ['assistant', 'critic'],
        workers: 2,
        capacity: 1,
        leaseMs: 6000,
        policies: ['queue', 'queue'],
        maxAttempts: 2,
        delayMs: [1, 60],
        storeDelayMs: [5, 250],
        idleMs: 6000,
        paceMs: 20,
        faults: ['flaky'],
      },
      moves: [
        { at: 0, name: 'create', roll: 2252065178 },
        { at: 1834, name: 'cancel', roll: 3633145755 },
        { at: 4286, name: 'create', roll: 4287589406 },
        { at: 5694, name: 'whisper', roll: 2043862084 },
        { at: 5982, name: 'look', roll: 4110112545 },
        { at: 5982, name: 'whisper', roll: 3899940238 },
        { at: 6362, name: 'whisper', roll: 4192612113 },
        { at: 7645, name: 'patch', roll: 2372628166 },
        { at: 8117, name: 'pull', roll: 1904842365 },
        { at: 8117, name: 'send', roll: 3044950781 },
        { at: 8117, name: 'send', roll: 2843509004 },
        { at: 8600, name: 'cancel', roll: 1343161431 },
        { at: 8600, name: 'post', roll: 2036685884 },
        { at: 12272, name: 'send', roll: 2021382628 },
      ],
    },
  },
  {
    bug: 'a worker that came back while the store did not answer never heard of the answer to its request',
    plan: {
      seed: 301701,
      setup: {
        servers: 1,
        people: 2,
        sessions: 1,
        agents: ['assistant'],
        workers: 2,
        capacity: 3,
        leaseMs: 6000,
        policies: ['parallel', 'queue'],
        maxAttempts: 3,
        delayMs: [1, 60],
        storeDelayMs: [0, 0],
        idleMs: 30000,
        faults: ['restart', 'flaky', 'agent-death'],
        paceMs: 0,
      },
      moves: [
        { at: 0, name: 'create', roll: 2045715807 },
        { at: 2256, name: 'agent-death', roll: 2760586569 },
        { at: 3883, name: 'send', roll: 560629631 },
        { at: 6215, name: 'send', roll: 1005521068 },
        { at: 8314, name: 'restart', roll: 3461785108 },
        { at: 14877, name: 'select', roll: 572526734 },
      ],
    },
  },
  {
    bug: 'a later attempt that asked again what an earlier one had asked in private never heard of the answer',
    plan: {
      seed: 8287,
      setup: {
        servers: 2,
        people: 2,
        sessions: 2,
        agents: ['assistant'],
        workers: 3,
        capacity: 2,
        leaseMs: 6000,
        policies: ['interrupt', 'reject'],
        maxAttempts: 2,
        delayMs: [1, 60],
        storeDelayMs: [0, 3],
        idleMs: 6000,
        paceMs: 0,
        faults: [],
      },
      moves: [
        { at: 0, name: 'create', roll: 2776824236 },
        { at: 2349, name: 'send', roll: 3067723501 },
        { at: 3545, name: 'send', roll: 3264107624 },
        { at: 18580, name: 'answer', roll: 3943945406 },
      ],
    },
  },
]
