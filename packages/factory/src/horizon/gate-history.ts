import type { SessionView } from '@headrace/core'
import { offerIn, verdictOf, type Verdict } from '../merge/offer.ts'
import { digest, named, type Proposal } from './proposal.ts'
import { triage } from './triage.ts'

/** A judgement of the gate. */
export interface GateRecord {
  readonly task: string
  readonly attempt: string
  readonly verdict: Verdict['verdict']
  readonly failure?: string
  readonly evidence: string
  /** How long the tests took, in ms. */
  readonly testMs?: number
}

/** What the gate has said, the oldest first, as far as its session still shows it. */
export function gateRecords(merge: SessionView): readonly GateRecord[] {
  return merge.runs.flatMap((run) => {
    // That somebody stopped it says nothing about the gate.
    if (run.status === 'ended' && run.reason === 'cancelled') return []
    const [offer, verdict] = [offerIn(merge, run), verdictOf(merge, run)]
    if (!offer || !verdict) return []
    const testMs = verdict.facts?.['testMs']
    const { failure, evidence = '' } = verdict
    return [
      {
        task: offer.task,
        attempt: `${offer.attempt}.${offer.round}`,
        verdict: verdict.verdict,
        evidence,
        ...(failure !== undefined && { failure }),
        ...(typeof testMs === 'number' && { testMs }),
      },
    ]
  })
}

/** As many judgements are looked at. */
const recent = 60
/** A test that failed in so many different tasks fails for a reason of its own. */
const manyTasks = 3
const slower = 1.5
const fewest = 9
const failed =
  /^\s*(?:not ok \d+ - (?<tap>.+)|✖ (?<node>.+?)(?: \(\d[\d.]*m?s\))?|FAIL\s+(?<file>\S.*)|--- FAIL: (?<go>\S+).*)$/gmu

/** What the history of the gate speaks for. Pure. */
export function gateProposals(history: readonly GateRecord[]): readonly Proposal[] {
  const records = history.slice(-recent)
  return [...sickGate(records), ...fragileTests(records), ...slowTests(records), ...strictGuards(records)]
}

function sickGate(records: readonly GateRecord[]): readonly Proposal[] {
  const last = records.slice(-20)
  const sick = last.filter(
    ({ verdict, failure = '' }) => verdict === 'base' || ['harness', 'setup', 'environment'].includes(failure),
  )
  if (sick.length < 3) return []
  return [
    {
      signature: { source: 'ci', subject: 'gate', parts: [...new Set(sick.map(({ failure = 'base' }) => failure))] },
      title: 'Find out why the gate fails for reasons of its own',
      why: `${sick.length} of the last ${last.length} judgements failed for reasons of the machine, the set-up or the base, and not of the change.`,
      kind: 'ci',
      priority: triage({ blocksAll: last.length >= 6 && sick.length >= last.length / 2, hit: sick.length }),
      evidence: sick.map(({ attempt, verdict, failure = verdict, evidence }) => ({
        where: attempt,
        what: `failed as ${failure}`,
        ...(evidence !== '' && { quote: lastLine(evidence) }),
      })),
      acceptance: ['The next ten judgements have no failure of the harness, the set-up or the environment.'],
    },
  ]
}

function fragileTests(records: readonly GateRecord[]): readonly Proposal[] {
  const red = records.filter(({ verdict }) => verdict === 'red')
  const byTest = new Map<string, GateRecord[]>()
  for (const record of red) {
    for (const name of failedTests(record.evidence)) byTest.set(name, [...(byTest.get(name) ?? []), record])
  }
  return [...byTest].flatMap(([name, hits]) => {
    const tasks = new Set(hits.map(({ task }) => task))
    if (tasks.size < manyTasks) return []
    return [
      {
        signature: { source: 'ci', subject: `test:${digest(name)}`, parts: [] },
        title: `Find out why a test fails in ${tasks.size} tasks`,
        why: `The test ${named(name)} was red in ${tasks.size} different tasks: it is flaky, or hard to keep.`,
        kind: 'ci' as const,
        priority: triage({ hit: tasks.size, isKnownWrong: true }),
        evidence: hits.map(({ attempt }) => ({ where: attempt, what: 'the test failed', quote: name })),
        acceptance: ['It is known why the test fails, and it fails for that reason only.'],
      },
    ]
  })
}

function slowTests(records: readonly GateRecord[]): readonly Proposal[] {
  const times = records.flatMap(({ testMs }) => testMs ?? [])
  if (times.length < fewest) return []
  const third = Math.floor(times.length / 3)
  const [before, now] = [middle(times.slice(0, third)), middle(times.slice(-third))]
  if (now < before * slower || now - before < 1_000) return []
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
  return [
    {
      // Again when it has doubled again.
      signature: { source: 'ci', subject: `slow:${Math.round(Math.log2(now))}`, parts: [] },
      title: 'Find out why the tests have become slow',
      why: `The tests took ${seconds(before)}, and take ${seconds(now)} now.`,
      kind: 'ci',
      priority: triage({}),
      evidence: [
        { where: 'gate', what: `the one in the middle of ${third} runs: ${seconds(before)}, then ${seconds(now)}` },
      ],
      acceptance: [`The tests take less than ${seconds((before + now) / 2)} in the gate.`],
    },
  ]
}

function strictGuards(records: readonly GateRecord[]): readonly Proposal[] {
  const blocked = records.filter(({ verdict, failure }) => verdict === 'blocked' && failure !== undefined)
  return [...Map.groupBy(blocked, ({ failure = '' }) => failure)].flatMap(([guard, hits]) => {
    const tasks = new Set(hits.map(({ task }) => task))
    if (tasks.size < manyTasks) return []
    return [
      {
        signature: { source: 'ci', subject: `guard:${guard}`, parts: [] },
        title: `Tell agents what the guard ${named(guard)} wants before it blocks them`,
        why: `It blocked the work of ${tasks.size} tasks: mandates do not say what it looks for, or its policy is not meant so.`,
        kind: 'custom' as const,
        priority: triage({ hit: tasks.size - 1 }),
        evidence: hits.map(({ attempt, evidence }) => ({
          where: attempt,
          what: 'was blocked',
          ...(evidence !== '' && { quote: evidence.split('\n')[0] ?? '' }),
        })),
        acceptance: ['The mandate of each lane names what the guard wants, or its policy is another one.'],
      },
    ]
  })
}

/** Names of tests that a runner says have failed. */
function failedTests(evidence: string): ReadonlySet<string> {
  const names = [...evidence.matchAll(failed)].map(
    ({ groups }) => groups?.['tap'] ?? groups?.['node'] ?? groups?.['file'] ?? groups?.['go'] ?? '',
  )
  return new Set(names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'failing tests:'))
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? 0
}
