import { mkdir } from 'node:fs/promises'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'
import type { GateOptions, GateResult } from '../gate/run-gate.ts'
import type { TestCounts } from '../gate/test-counts.ts'
import type { DiffBudget, Guard, GuardPolicy, JudgedTask, SlowGuard } from '../guards/guard.ts'
import { askSlowGuards, runGuards, type GuardsVerdict } from '../guards/run-guards.ts'
import { createPathMatcher } from '../paths.ts'
import type { SandboxDemand } from '../process/run-confined.ts'
import type { Sandbox } from '../process/sandbox.ts'
import { advanceBase } from '../work/advance-base.ts'
import { mergeWork, type ConflictFile } from '../work/merge-work.ts'
import type { ChangeFacts } from '../choice/reward.ts'
import { boundaryGuard } from '../surfaces/boundary-guard.ts'
import { contractGate } from '../surfaces/contract-gate.ts'
import type { PluginSurfaces } from '../surfaces/surfaces-file.ts'
import type { PutBack } from '../work/put-back.ts'
import { readChange } from '../work/read-change.ts'
import { changeFacts } from './change-facts.ts'
import { testTree } from './test-tree.ts'

/** By what work is judged. All of it comes from the base branch. */
export interface LandingRules {
  /** Globs of what is taken from the base and from nowhere else. */
  readonly protectedPaths: readonly string[]
  /** Globs of what the lane may touch; everything if empty. */
  readonly allowed: readonly string[]
  readonly forbidden: readonly string[]
  readonly testGlobs: readonly string[]
  readonly budget: DiffBudget
  readonly guardPolicy: Readonly<Record<string, GuardPolicy>>
  /** Guards and gates of plugins. A change passes all of them, beside those that come with the factory. */
  readonly plugins?: { readonly guards: readonly SlowGuard[]; readonly gates: readonly Gate[] }
  /** Plugin surfaces and core of the repository. */
  readonly surfaces?: PluginSurfaces
  readonly gate: Pick<GateOptions, 'setup' | 'test' | 'junit' | 'readable' | 'programs' | 'env' | 'maxOutputBytes'>
}

/** What a human let through, bound to what they saw. */
export interface Approval {
  /** The tree that guards asked about. Another one is asked about again. */
  readonly tree: string
  /** Protected paths, with the hash of the content that was seen. */
  readonly paths?: ReadonlyMap<string, string>
  /** It is right that there are fewer tests now. */
  readonly fewerTests?: boolean
}

export interface JudgeOptions {
  readonly vault: Vault
  /** Commit of the base to judge on, and to follow. */
  readonly base: string
  /** Newest commit of the work, in the vault. */
  readonly head: string
  /** What was to be done. */
  readonly task?: JudgedTask
  /** What must hold when it is done, a line each. Default none. */
  readonly acceptance?: readonly string[]
  readonly rules: LandingRules
  /** A folder for what is made on the way. */
  readonly scratch: string
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  /** Tests of the base. Without it, that there are as many is not checked. */
  readonly baseline?: TestCounts
  readonly approval?: Approval
  /** `land` moves the base; `judge` says whether it would, for lanes in which a human merges. */
  readonly upTo: 'judge' | 'land'
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
  /** The time, in ms since 1970. */
  readonly now: () => number
  /** Default: those that come with the factory. */
  readonly guards?: readonly Guard[]
  readonly signal?: AbortSignal
  readonly onStep?: (step: LandingStep) => void
  /** Gets the output of the gate as it comes. */
  readonly onOutput?: (chunk: Uint8Array) => void
}

export type LandingStep = 'collect' | 'receive' | 'merge' | 'guards' | 'checkout' | 'gate' | 'advance'

/** What became of the work of an attempt. Only `landed` has moved the base. */
export type Landing =
  | {
      readonly outcome: 'landed' | 'ready'
      readonly commit: string
      readonly tests: TestCounts
      readonly guards: GuardsVerdict
      readonly gate: GateResult
      readonly putBack: readonly PutBack[]
      readonly change: ChangeFacts
    }
  /** There is nothing to merge, or nothing is left of it. */
  | { readonly outcome: 'empty'; readonly putBack: readonly PutBack[] }
  /** It was not even read: the clone, the bundle or the tree is not what work may be. */
  | { readonly outcome: 'refused'; readonly error: FactoryError }
  | { readonly outcome: 'conflict'; readonly files: readonly ConflictFile[]; readonly said: readonly string[] }
  /** `asked`: a human may let exactly this tree through, by {@link Approval}. */
  | {
      readonly outcome: 'blocked' | 'asked'
      readonly guards: GuardsVerdict
      readonly tree: string
      readonly putBack: readonly PutBack[]
    }
  | {
      readonly outcome: 'red'
      readonly gate: Extract<GateResult, { readonly verdict: 'red' }>
      readonly guards: GuardsVerdict
      readonly change: ChangeFacts
    }
  /** The base moved meanwhile: land it again. */
  | { readonly outcome: 'stale'; readonly head: string }
  /** The origin does not take it now, such as when somebody has changes where the base is checked out. */
  | { readonly outcome: 'held'; readonly why: string; readonly evidence: readonly string[] }

/**
 * Takes received work from the vault to the base branch: merged, guards, clean checkout, gate, base. The only way there. One
 * at a time for one vault; whoever calls it has the queue.
 *
 * @throws FactoryError for what is wrong with the machine or the rules: `sandbox_missing`, `git_failed`, …
 */
export async function judgeWork(options: JudgeOptions): Promise<Landing> {
  const { vault, base, head, rules, scratch, sandbox, demand, approval, baseline, signal, onOutput } = options
  const step = options.onStep ?? (() => undefined)
  await mkdir(scratch, { recursive: true })

  step('merge')
  const { message, author } = options
  const merged = await mergeWork({
    vault,
    base,
    head,
    protectedPaths: rules.protectedPaths,
    ...(approval?.paths && { approved: approval.paths }),
    message,
    author,
    now: options.now(),
    scratch,
  })
  if (merged.kind === 'conflict') return { outcome: 'conflict', files: merged.files, said: merged.said }
  const { wanted, putBack } = merged
  if (merged.kind === 'nothing' && putBack.length === 0) return { outcome: 'empty', putBack }

  step('guards')
  const change = await readChange({ vault, base, tree: wanted })
  const { allowed, forbidden, testGlobs, budget, guardPolicy: policy } = rules
  const { task } = options
  const context = { allowed, forbidden, putBack, budget, ...(task && { task }) }
  const others = othersOf(rules, vault)
  const isTest = createPathMatcher(testGlobs)
  const size = changeFacts(change, { budget, isTest, acceptance: options.acceptance ?? [] })
  const guards = runGuards({
    change,
    context: { ...context, isTest },
    policy,
    beside: await askSlowGuards({ change, context: { ...context, testGlobs }, policy, guards: others.guards }),
    ...(options.guards && { guards: options.guards }),
  })
  if (guards.verdict === 'block') return { outcome: 'blocked', guards, tree: wanted, putBack }
  if (guards.verdict === 'ask' && approval?.tree !== wanted) return { outcome: 'asked', guards, tree: wanted, putBack }
  if (merged.kind === 'nothing') return { outcome: 'empty', putBack }
  const { tree, commit } = merged

  step('checkout')
  let gate: GateResult
  try {
    gate = await testTree({
      ...rules.gate,
      vault,
      tree,
      base,
      scratch,
      onCheckedOut: () => step('gate'),
      sandbox,
      demand,
      gates: others.gates,
      ...(baseline && { baseline }),
      ...(approval?.fewerTests && approval.tree === wanted && { allowFewer: true }),
      ...(signal && { signal }),
      ...(onOutput && { onOutput }),
    })
  } catch (error) {
    if (error instanceof FactoryError && error.code === 'tree_unsafe') return { outcome: 'refused', error }
    throw error
  }
  if (gate.verdict === 'red') return { outcome: 'red', gate, guards, change: size }
  const judged = { commit, tests: gate.tests, guards, gate, putBack, change: size }
  if (options.upTo === 'judge') return { outcome: 'ready', ...judged }

  step('advance')
  const advanced = await advanceBase({ vault, from: base, to: commit })
  switch (advanced.kind) {
    case 'advanced':
      return { outcome: 'landed', ...judged }
    case 'stale':
      return { outcome: 'stale', head: advanced.head }
    case 'refused':
      return { outcome: 'held', why: advanced.why, evidence: advanced.evidence }
  }
}

/** What judges beside the built-in guards and the tests: plugins, and what the repository says of its own plugins. */
function othersOf(
  { plugins, surfaces }: LandingRules,
  vault: Vault,
): { readonly guards: readonly SlowGuard[]; readonly gates: readonly Gate[] } {
  return {
    guards: [...(surfaces ? [boundaryGuard(surfaces, vault)] : []), ...(plugins?.guards ?? [])],
    gates: [...(surfaces ? [contractGate(surfaces)] : []), ...(plugins?.gates ?? [])],
  }
}
