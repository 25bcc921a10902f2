/**
 * The gate (G1–G4): the only way by which work reaches the base branch. One change after the other, because each is judged on
 * the base that the one before has made.
 *
 *   change ─▶ merged onto the base without a work tree ─▶ guards ─▶ clean checkout ─▶ tests ─▶ base moves, if it is still the same
 *     ▲                                                                                            │
 *     └────────────────────────────────── somebody else moved it ◀─────────────────────────────────┘
 *
 * Judged again after a crash, a change that is in the base already is found there and not merged twice.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Client } from '@headrace/client'
import type { AgentRun, RunHandler } from '@headrace/client/agent'
import { HeadraceError, type Json } from '@headrace/core'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { noteIn } from '../foreman/notes.ts'
import type { FloorSessions } from '../foreman/sessions.ts'
import { runGate, type GateResult, type GateStep } from '../gate/run-gate.ts'
import type { TestCounts } from '../gate/test-counts.ts'
import type { SandboxDemand } from '../process/run-confined.ts'
import type { Sandbox } from '../process/sandbox.ts'
import { advanceBase } from '../work/advance-base.ts'
import { checkoutTree } from '../work/checkout-tree.ts'
import { mergeWork, type Merged } from '../work/merge-work.ts'
import { readChange } from '../work/read-change.ts'
import { createPathMatcher } from '../paths.ts'
import type { DiffBudget, Finding, Guard, GuardPolicy } from '../guards/guard.ts'
import { runGuards } from '../guards/run-guards.ts'
import { offerNotes, offerTrailer, type Offer, type Verdict } from './offer.ts'

/** How changes are judged. Read from the base branch, and from nowhere else. */
export interface GatePolicy {
  readonly setup: readonly GateStep[]
  readonly test: GateStep
  readonly junit?: string
  /** Globs of what is taken from the base, whatever a change wants. */
  readonly protectedPaths: readonly string[]
  /** Guards beside or in place of the built-in ones. Default: those. */
  readonly guards?: readonly Guard[]
  /** What is done about what a guard finds, by its name. Default: each guard's own. */
  readonly guardPolicy?: Readonly<Record<string, GuardPolicy>>
  /** Globs of tests. */
  readonly testPaths: readonly string[]
  /** The most that a change may be. */
  readonly diff: DiffBudget
  /** What a lane may and may not touch. */
  readonly surfaces: (lane: string) => { readonly allowed: readonly string[]; readonly forbidden: readonly string[] }
}

export interface GateWorkerOptions {
  readonly client: Client
  readonly sessions: FloorSessions
  readonly vault: Vault
  readonly policy: () => Promise<GatePolicy>
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** What the last green gate has counted: fewer tests are red. It stands in the merge session's document. */
interface Baseline {
  readonly commit: string
  readonly tests: TestCounts
}

/** How often the base may be moved by somebody else while one change is judged. */
const maxStale = 5
const maxEvidenceChars = 8_000
const order = { block: 0, ask: 1, warn: 2, pass: 3 } as const

/** Judges the changes that are offered in the merge session. Give its worker a capacity of 1. */
export function createGateWorker(options: GateWorkerOptions): RunHandler {
  return async (run) => {
    const offer = noteIn([run.input], offerNotes.change) as unknown as Offer | undefined
    // Whoever may send to the merge session could write one; only a lane's runner offers work that is in the vault.
    if (!offer || run.input.author !== 'agent:runner') {
      throw new HeadraceError('bad_request', 'There is no change in this message, so there is nothing to judge.')
    }
    const verdict = await new Judgement(run, { ...options, offer }).judge()
    await run.write({ type: 'data', name: offerNotes.verdict, value: verdict as unknown as Json })
    await run.text(`${verdict.verdict}: ${verdict.why}`)
  }
}

class Judgement {
  readonly #run: AgentRun
  readonly #options: GateWorkerOptions & { readonly offer: Offer }

  constructor(run: AgentRun, options: GateWorkerOptions & { readonly offer: Offer }) {
    this.#run = run
    this.#options = options
  }

  async judge(): Promise<Verdict> {
    for (let time = 0; time < maxStale; time += 1) {
      const verdict = await this.#once()
      if (verdict) return verdict
    }
    return { verdict: 'refused', why: `The base was moved ${maxStale} times while this was judged.`, failure: 'stale' }
  }

  /** One judgement on the base as it is now; nothing when that moved meanwhile. */
  async #once(): Promise<Verdict | undefined> {
    const { vault, offer, policy, now } = this.#options
    const seen = await vault.refresh()
    if (seen.kind === 'rewritten') {
      const why = `The base branch was rewritten, from ${seen.from} to ${seen.head}. Look at it, and accept it on purpose.`
      return { verdict: 'base', why, failure: 'rewritten' }
    }
    const base = seen.head
    const found = await this.#inBase(base)
    if (found !== undefined) return { verdict: 'merged', why: 'It is in the base.', commit: found }
    const rules = await policy()
    const baseline = await this.#baseline(base, rules)
    if ('verdict' in baseline) return baseline
    const merged = await mergeWork({
      vault,
      base,
      head: offer.head,
      protectedPaths: rules.protectedPaths,
      message: `${offer.task}: ${offer.title}\n\n${offerTrailer(offer)}\n`,
      author: { name: `Headrace lane ${offer.lane}`, email: `${offer.lane}@headrace.invalid` },
      now: now(),
    })
    if (merged.kind !== 'merged') return notMerged(merged)
    const guarded = await this.#guard(merged, base, rules)
    if (guarded) return guarded
    const result = await this.#test(merged.commit, base, { rules, baseline: baseline.tests })
    if (result.verdict === 'red') return red(result)
    const advanced = await advanceBase({ vault, from: base, to: merged.commit })
    if (advanced.kind === 'stale') return undefined
    if (advanced.kind === 'refused') {
      const evidence = advanced.evidence.join('\n').slice(-maxEvidenceChars)
      return { verdict: 'refused', why: `The origin does not take it: ${advanced.why}`, failure: 'origin', evidence }
    }
    await this.#keepBaseline({ commit: merged.commit, tests: result.tests })
    const back = merged.putBack.length
    const why = `Green: ${result.tests.passed} tests passed.${back > 0 ? ` ${back} protected files were put back.` : ''}`
    const facts = { tests: { ...result.tests }, testMs: Math.round(result.durationMs), putBack: back }
    return { verdict: 'merged', why, commit: merged.commit, facts }
  }

  /** The commit of this very change in the base: an earlier try got as far as that. */
  async #inBase(head: string): Promise<string | undefined> {
    const { vault, offer } = this.#options
    const range = `${offer.base}..${head}`
    const pattern = `^${offerTrailer(offer).replaceAll('.', '\\.')}$`
    const found = await vault.git.text(['log', '--first-parent', '--format=%H', '-E', `--grep=${pattern}`, range])
    return found.trim() === '' ? undefined : found.trim().split('\n').at(-1)
  }

  /** What guards object to; nothing where they don't, or a person let it pass. */
  async #guard(
    merged: Extract<Merged, { readonly kind: 'merged' }>,
    base: string,
    rules: GatePolicy,
  ): Promise<Verdict | undefined> {
    const { vault, offer } = this.#options
    const change = await readChange({ vault, base, tree: merged.wanted })
    const { verdicts } = runGuards({
      change,
      context: {
        ...rules.surfaces(offer.lane),
        isTest: createPathMatcher(rules.testPaths),
        putBack: merged.putBack,
        budget: rules.diff,
      },
      ...(rules.guards && { guards: rules.guards }),
      ...(rules.guardPolicy && { policy: rules.guardPolicy }),
    })
    // What blocks is said before anybody is asked about the rest.
    const found = verdicts
      .filter(({ verdict }) => verdict !== 'pass')
      .sort((a, b) => order[a.verdict] - order[b.verdict])
    for (const { guard, verdict, findings, more } of found) {
      const evidence = [...findings.map(inWords), ...(more > 0 ? [`and ${more} more`] : [])]
        .join('\n')
        .slice(0, maxEvidenceChars)
      await this.#run.text(`${guard} (${verdict}):\n${evidence}\n`)
      if (verdict === 'warn') continue
      const why = `The guard ${guard} objects: ${findings[0] ? inWords(findings[0]) : 'it failed'}`
      const blocked: Verdict = { verdict: 'blocked', why, failure: guard, evidence }
      if (verdict === 'block') return blocked
      // Bound to the tree: an approval of one change is none of another.
      const action = { merge: merged.tree, change: `${offer.attempt}.${offer.round}`, guard, evidence }
      const title = `May ${offer.task} be merged all the same? ${why}`.slice(0, 500)
      if (!(await this.#run.approve(action, { title }))) return { ...blocked, why: `${why} Nobody let it pass.` }
    }
    return undefined
  }

  /** The tests of the base, counted once for each base that nobody has judged yet. */
  async #baseline(base: string, rules: GatePolicy): Promise<Baseline | Verdict> {
    const { client, sessions } = this.#options
    const session = client.session(sessions.merge)
    const { view } = await session.until(({ status }) => status === 'live', { signal: this.#run.signal })
    const known = (view.document.value as { readonly baseline?: Baseline }).baseline
    if (known?.commit === base) return known
    await this.#run.text(`Counting the tests of the base ${base.slice(0, 12)}.\n`)
    const result = await this.#test(base, base, { rules })
    if (result.verdict === 'red') {
      const why = `The base itself is not green: ${result.why} Nothing can be judged before it is.`
      return { verdict: 'base', why, failure: result.class, evidence: result.output.slice(-maxEvidenceChars) }
    }
    const baseline = { commit: base, tests: result.tests }
    await this.#keepBaseline(baseline)
    return baseline
  }

  async #keepBaseline({ commit, tests }: Baseline): Promise<void> {
    const session = this.#options.client.session(this.#options.sessions.merge)
    await session.patch([{ op: 'add', path: '/baseline', value: { commit, tests: { ...tests } } }])
  }

  async #test(
    tree: string,
    base: string,
    { rules, baseline }: { readonly rules: GatePolicy; readonly baseline?: TestCounts },
  ): Promise<GateResult> {
    const { vault, sandbox, demand } = this.#options
    const place = await mkdtemp(path.join(tmpdir(), 'headrace-judge-'))
    try {
      const checkout = path.join(place, 'checkout')
      await checkoutTree({ vault, tree, base, into: checkout })
      return await runGate({
        checkout,
        setup: rules.setup,
        test: rules.test,
        ...(rules.junit !== undefined && { junit: rules.junit }),
        ...(baseline && { baseline }),
        sandbox,
        demand,
        signal: this.#run.signal,
      })
    } catch (thrown) {
      if (!(thrown instanceof FactoryError) || thrown.code !== 'tree_unsafe') throw thrown
      const output = [thrown.message, ...thrown.evidence].join('\n')
      const none = { tests: undefined, runners: [], end: { kind: 'not_started', reason: thrown.message } } as const
      const proof = { ended: [], left: [], looks: 0 }
      const report = { ...none, output, outputBytes: 0, durationMs: 0, sandboxed: false, proof }
      return { verdict: 'red', class: 'product', why: thrown.message, ...report }
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  }
}

function notMerged(merged: Exclude<Merged, { readonly kind: 'merged' }>): Verdict {
  if (merged.kind === 'conflict') {
    const files = merged.files.map((file) => file.path)
    const evidence = merged.files.map((file) => `${file.path}\n${file.text}`).join('\n\n')
    const why = `It does not fit the base any more: ${files.join(', ')}.`
    return { verdict: 'conflict', why, failure: 'conflict', evidence: evidence.slice(0, maxEvidenceChars) }
  }
  const paths = merged.putBack.map((back) => `${back.path} (${back.was})`)
  const why = `Nothing is left of it once what is protected is as in the base: ${paths.join(', ')}.`
  return { verdict: 'nothing', why, failure: 'protected', evidence: paths.join('\n') }
}

function inWords({ what, path: file, line, quote }: Finding): string {
  const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `
  return `${place}${what}${quote === undefined ? '' : `: ${quote}`}`
}

function red(result: Extract<GateResult, { readonly verdict: 'red' }>): Verdict {
  const { why, output, tests, durationMs } = result
  const facts = { testMs: Math.round(durationMs), ...(tests && { tests: { ...tests } }) }
  return { verdict: 'red', why, failure: result.class, evidence: output.slice(-maxEvidenceChars), facts }
}
