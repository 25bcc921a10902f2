/**
 * The gate (G1–G4): the only way by which work reaches the base branch. One change after the other, because each is judged on
 * the base that the one before has made.
 *
 *   change ─▶ merged onto the base without a work tree ─▶ guards ─▶ clean checkout ─▶ tests ─▶ base moves, if it is still the same
 *     ▲                                                                                            │
 *     └────────────────────────────────── somebody else moved it ◀─────────────────────────────────┘
 *
 * In a lane with the level `branch` what is green goes to a branch of its own in place of the base, for a person to merge.
 *
 * Judged again after a crash, a change that is in the base already is found there and not merged twice.
 */
import type { Client } from '@headrace/client'
import type { AgentRun, RunHandler } from '@headrace/client/agent'
import { HeadraceError, type Json, type JsonObject } from '@headrace/core'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { noteIn } from '../foreman/notes.ts'
import type { FloorSessions } from '../foreman/sessions.ts'
import type { TestCounts } from '../gate/test-counts.ts'
import { judgeWork, type Approval, type Landing, type LandingRules } from '../landing/judge-work.ts'
import { findingLines, landingWords } from '../landing/landing-in-words.ts'
import { testTree } from '../landing/test-tree.ts'
import type { SandboxDemand } from '../process/run-confined.ts'
import type { Sandbox } from '../process/sandbox.ts'
import type { Scratch } from '../process/scratch.ts'
import { pushBranch } from '../work/push-branch.ts'
import { offerNotes, offerTrailer, type Offer, type Verdict } from './offer.ts'

export interface GateWorkerOptions {
  readonly client: Client
  readonly sessions: FloorSessions
  readonly vault: Vault
  /** By what the work of a lane is judged. Read from the base branch, and from nowhere else. */
  readonly rules: (lane: string) => LandingRules | undefined
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  /** Where it checks out what it judges. */
  readonly scratch: Scratch
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
const maxEvidenceChars = 8_192
const originHolds = 'origin'

/** Judges the changes that are offered in the merge session. Give its worker a capacity of 1. */
export function createGateWorker(options: GateWorkerOptions): RunHandler {
  return async (run) => {
    const offer = noteIn([run.input], offerNotes.change) as unknown as Offer | undefined
    // Whoever may send to the merge session could write one; only the floor's own runner offers work that is in the vault.
    if (!offer || run.input.author !== `agent:${options.sessions.crew.runner}`) {
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
    let held = 0
    for (let stale = 0; stale < maxStale;) {
      const verdict = await this.#once()
      if (!verdict) stale += 1
      else if (verdict.failure !== originHolds) return verdict
      else if (await this.#isPutRight(verdict, held)) [held, stale] = [held + 1, 0]
      else return { ...verdict, why: `${verdict.why} Then resume the floor.` }
    }
    return { verdict: 'refused', why: `The base was moved ${maxStale} times while this was judged.`, failure: 'stale' }
  }

  /** One judgement on the base as it is now; nothing when that moved meanwhile. */
  async #once(): Promise<Verdict | undefined> {
    const { vault, offer, rules } = this.#options
    const seen = await vault.refresh()
    if (seen.kind === 'rewritten') {
      const why = `The base branch was rewritten, from ${seen.from} to ${seen.head}. Look at it, and accept it on purpose.`
      return { verdict: 'base', why, failure: 'rewritten' }
    }
    const base = seen.head
    const found = await this.#inBase(base)
    if (found !== undefined) return { verdict: 'merged', why: 'It is in the base.', commit: found }
    const byWhat = rules(offer.lane)
    if (!byWhat) return { verdict: 'refused', why: `There is no lane ${offer.lane} any more.`, failure: 'lane' }
    const baseline = await this.#baseline(base, byWhat)
    if ('verdict' in baseline) return baseline
    const judged = { base, rules: byWhat, baseline: baseline.tests }
    let landing = await this.#judge(judged)
    if (offer.only === 'judge') return this.#tried(judged, landing)
    if (offer.oversight === 'branch') return this.#branch(judged, landing)
    if (landing.outcome === 'asked') {
      if (!(await this.#mayPass(landing))) {
        const { why, evidence } = landingWords(landing)
        return { verdict: 'blocked', why: `${why} Nobody let it pass.`, failure: guardOf(landing), evidence }
      }
      landing = await this.#judge({ ...judged, approval: approvalOf(landing) })
    }
    if (landing.outcome === 'landed') await this.#keepBaseline({ commit: landing.commit, tests: landing.tests })
    return this.#withFacts(verdictOfLanding(landing), baseline.tests)
  }

  /**
   * The work is as good as it was, and no other change would fare better: it waits here until somebody has put the origin right.
   * Each time is asked about by itself, so that an answer is none to the next.
   */
  async #isPutRight({ why }: Verdict, time: number): Promise<boolean> {
    const { offer } = this.#options
    const action = { tryAgain: `${offer.attempt}.${offer.round}`, time }
    const title = `${offer.task} is green, and waits. ${why} Then approve, and it is tried again; denied, its attempt is over.`
    return this.#run.approve(action, { title: title.slice(0, 500) })
  }

  /** With what a reward goes by beside. */
  #withFacts(verdict: Verdict | undefined, before: TestCounts): Verdict | undefined {
    const { commits } = this.#options.offer
    const beside = { before: { ...before }, ...(commits !== undefined && { commits }) }
    return verdict?.facts ? { ...verdict, facts: { ...verdict.facts, ...beside } } : verdict
  }

  /** From merge on to the base. Whoever lets something pass lets pass one tree on one base. */
  async #judge(on: Judged): Promise<Landing> {
    const { vault, offer, sandbox, demand, now, scratch } = this.#options
    const landing = await scratch.with((place) =>
      judgeWork({
        ...on,
        vault,
        head: offer.head,
        ...(offer.kind && { task: { kind: offer.kind, title: offer.title } }),
        ...(offer.acceptance && { acceptance: offer.acceptance }),
        scratch: place,
        sandbox,
        demand,
        upTo: offer.only === 'judge' || offer.oversight === 'branch' ? 'judge' : 'land',
        message: `${offer.task}: ${offer.title}\n\n${offerTrailer(offer)}\n`,
        author: { name: `Headrace lane ${offer.lane}`, email: `${offer.lane}@headrace.invalid` },
        now,
        signal: this.#run.signal,
      }),
    )
    if ('guards' in landing && !on.approval) {
      const lines = findingLines(landing.guards, 'block', 'ask', 'warn')
      if (lines.length > 0) await this.#run.text(`${lines.join('\n')}\n`)
    }
    return landing
  }

  /** Says whether it would be taken. What guards ask about is asked of the one that is landed, so nobody is asked now. */
  async #tried(on: Judged, first: Landing): Promise<Verdict | undefined> {
    const asked = first.outcome === 'asked' ? first : undefined
    const landing = asked ? await this.#judge({ ...on, approval: approvalOf(asked) }) : first
    if (landing.outcome !== 'ready') return verdictOfLanding(landing)
    const why = asked
      ? `The gate would take it, if a person lets it: ${landingWords(asked).why}`
      : 'The gate would take it.'
    return this.#withFacts({ verdict: 'judged', why, facts: factsOf(landing) }, on.baseline)
  }

  /** Puts what is green on a branch. What guards ask about the person is told who merges it, so nobody is asked now. */
  async #branch(on: Judged, first: Landing): Promise<Verdict | undefined> {
    const { vault, offer } = this.#options
    const asked = first.outcome === 'asked' ? first : undefined
    const landing = asked ? await this.#judge({ ...on, approval: approvalOf(asked) }) : first
    if (landing.outcome !== 'ready') return verdictOfLanding(landing)
    const { commit } = landing
    const pushed = await pushBranch({ vault, attempt: offer.attempt, commit })
    if (pushed.kind === 'refused') {
      const { why, evidence } = pushed
      return verdictOfLanding({ outcome: 'held', why, evidence })
    }
    const { why } = landingWords(landing)
    const look = asked ? ` Look before you merge it: ${landingWords(asked).why}` : ''
    const facts = factsOf(landing)
    const branched: Verdict = {
      verdict: 'branched',
      why: `${why} It is on the branch ${pushed.branch}.${look}`,
      commit,
      branch: pushed.branch,
      facts,
      ...(asked && { evidence: landingWords(asked).evidence }),
    }
    return this.#withFacts(branched, on.baseline)
  }

  /** Asks a person about all that guards ask about. Bound to the tree: an approval of one change is none of another. */
  async #mayPass(landing: Held): Promise<boolean> {
    const { offer } = this.#options
    const { why, evidence } = landingWords(landing)
    const action = { merge: landing.tree, change: `${offer.attempt}.${offer.round}`, evidence }
    return this.#run.approve(action, { title: `May ${offer.task} be merged all the same? ${why}`.slice(0, 500) })
  }

  /** The commit of this very change in the base: an earlier try got as far as that. */
  async #inBase(head: string): Promise<string | undefined> {
    const { vault, offer } = this.#options
    const range = `${offer.base}..${head}`
    const pattern = `^${offerTrailer(offer).replaceAll('.', '\\.')}$`
    const found = await vault.git.text(['log', '--first-parent', '--format=%H', '-E', `--grep=${pattern}`, range])
    return found.trim() === '' ? undefined : found.trim().split('\n').at(-1)
  }

  /** The tests of the base, counted once for each base that nobody has judged yet. */
  async #baseline(base: string, { gate }: LandingRules): Promise<Baseline | Verdict> {
    const { client, sessions, vault, sandbox, demand } = this.#options
    const session = client.session(sessions.merge)
    const { view } = await session.until(({ status }) => status === 'live', { signal: this.#run.signal })
    const known = (view.document.value as { readonly baseline?: Baseline }).baseline
    if (known?.commit === base) return known
    await this.#run.text(`Counting the tests of the base ${base.slice(0, 12)}.\n`)
    try {
      const { signal } = this.#run
      const result = await this.#options.scratch.with((scratch) =>
        testTree({ ...gate, vault, tree: base, base, scratch, sandbox, demand, signal }),
      )
      if (result.verdict === 'red') {
        const why = `The base itself is not green: ${result.why} Nothing can be judged before it is.`
        return { verdict: 'base', why, failure: result.class, evidence: result.output.slice(-maxEvidenceChars) }
      }
      const baseline = { commit: base, tests: result.tests }
      await this.#keepBaseline(baseline)
      return baseline
    } catch (thrown) {
      if (!(thrown instanceof FactoryError) || thrown.code !== 'tree_unsafe') throw thrown
      const why = `The base itself can't be checked out: ${thrown.message} Nothing can be judged before it can.`
      return { verdict: 'base', why, failure: 'tree_unsafe', evidence: thrown.evidence.join('\n') }
    }
  }

  async #keepBaseline({ commit, tests }: Baseline): Promise<void> {
    const session = this.#options.client.session(this.#options.sessions.merge)
    await session.patch([{ op: 'add', path: '/baseline', value: { commit, tests: { ...tests } } }])
  }
}

interface Judged {
  readonly base: string
  readonly rules: LandingRules
  readonly baseline: TestCounts
  readonly approval?: Approval
}

type Held = Extract<Landing, { readonly outcome: 'asked' | 'blocked' }>

/** What a person lets through. Whoever has seen which tests are gone has said that there may be fewer. */
function approvalOf({ tree, guards }: Held): Approval {
  const fewerTests = guards.verdicts.some(({ guard, verdict }) => guard === 'test-tampering' && verdict === 'ask')
  return { tree, fewerTests }
}

function guardOf({ outcome, guards }: Held): string {
  const of = outcome === 'blocked' ? 'block' : 'ask'
  return guards.verdicts.find(({ verdict }) => verdict === of)?.guard ?? 'guard'
}

function factsOf(landing: Extract<Landing, { readonly outcome: 'landed' | 'ready' }>): JsonObject {
  const { tests, gate, putBack, change } = landing
  const size = { ...change, accepted: [...change.accepted] }
  return { tests: { ...tests }, testMs: Math.round(gate.durationMs), putBack: putBack.length, change: size }
}

/** What the gate says of it; nothing when the base moved meanwhile. */
function verdictOfLanding(landing: Landing): Verdict | undefined {
  const words = landingWords(landing)
  const { why } = words
  const said = { why, ...(words.evidence !== '' && { evidence: words.evidence }) }
  switch (landing.outcome) {
    case 'landed':
    case 'ready':
      return { verdict: 'merged', ...said, commit: landing.commit, facts: factsOf(landing) }
    case 'red': {
      const { tests, durationMs, class: failure } = landing.gate
      const change = { ...landing.change, accepted: [...landing.change.accepted] }
      const facts = { testMs: Math.round(durationMs), change, ...(tests && { tests: { ...tests } }) }
      return { verdict: 'red', ...said, failure, facts }
    }
    case 'blocked':
    case 'asked':
      return { verdict: 'blocked', ...said, failure: guardOf(landing) }
    case 'refused':
      // Something in the tree itself: the agent can take it out again.
      return { verdict: 'blocked', ...said, failure: landing.error.code }
    case 'conflict':
      return { verdict: 'conflict', ...said, failure: 'conflict' }
    case 'empty':
      return { verdict: 'nothing', ...said, failure: 'protected' }
    case 'held':
      return { verdict: 'base', ...said, why: `${said.why}. Put that right.`, failure: originHolds }
    case 'stale':
      return undefined
    default:
      return landing satisfies never
  }
}
