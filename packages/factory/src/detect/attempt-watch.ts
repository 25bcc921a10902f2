import type { Chunk } from '@headrace/client/agent'
import type { Json, Part, ToolPart } from '@headrace/core'
import { createDetector } from './create-detector.ts'
import type { Detector, Finding, FindingKind } from './detector.ts'
import { climb, climbAtEnd, groundState, type Climb, type LadderPolicy, type LadderState, type Rung } from './ladder.ts'
import type { DetectorLimits } from './limits.ts'
import type { Step } from './step.ts'
import { ChunkSteps } from './steps/chunk-steps.ts'
import type { StepExtras } from './steps/step-reader.ts'
import { quoted } from './text.ts'
import { watchNotes, type FoundByOthers, type WafflingVerdict } from './watch-notes.ts'

/** How a lane judges its agents. What is left out has a default. */
export interface WafflingPolicy extends Partial<Omit<LadderPolicy, 'highest'>> {
  /** The highest rung that the lane takes by itself; `off`: its agents are not judged. Default `park`. */
  readonly highest?: Rung | 'off'
  readonly limits?: Partial<DetectorLimits>
}

/** What the gate said, as far as it is a fact for the next step. */
export interface GateSaid {
  readonly verdict: string
  readonly why: string
  readonly evidence?: string
}

export interface WatchOptions {
  readonly policy?: WafflingPolicy
  /** Rungs that were taken with the attempts before it. Default 0. */
  readonly taken?: number
  /** Whether it hears of a verdict only when its turn is over: the ladder then goes on meanwhile. Default false. */
  readonly isDeaf?: boolean
  /**
   * Told each step, for detectors that take their time. What they find is given to `found`, and counts with the next step
   * that is judged; what is found too late, when something was done about the attempt meanwhile, counts no more.
   */
  readonly onStep?: (step: Step, found: (findings: readonly Finding[]) => void) => void
}

const maxEvidence = 3
/** So many findings of others wait for the next step; the heaviest. */
const maxFound = 16
const claim = /\b(?:done|finished|complete[ds]?|implemented|fixed|solved|ready|merged|pass(?:es|ing)?|works?)\b/i

/**
 * Judges one attempt from what is heard of it: steps are put together, the detector looks at each, and the ladder says
 * what is to be done. No clock, no model; the same story has the same verdicts, told live or read again from the log.
 */
export class AttemptWatch {
  readonly #steps = new ChunkSteps()
  readonly #detector: Detector
  readonly #options: WatchOptions
  #ladder: LadderState
  #verdicts = 0
  /** A verdict that the agent has not heard yet: it can't have done better. */
  #isUnheard = false
  /** What it said in its turn. */
  #words = ''
  #isTurnOver = false
  /** What others found since the last step that was judged. */
  #found: readonly Finding[] = []
  #counted: FoundByOthers | undefined
  /** Which findings of others still count: those of steps since something was done. */
  #since = 0

  constructor(options: WatchOptions = {}) {
    this.#options = options
    this.#detector = createDetector(options.policy?.limits)
    this.#ladder = { ...groundState, taken: options.taken ?? 0 }
  }

  get ladder(): LadderState {
    return this.#ladder
  }

  /** Verdicts so far. */
  get verdicts(): number {
    return this.#verdicts
  }

  /** Whether what the agent does now may change files. */
  static mayChange(chunk: Chunk): boolean {
    return chunk.type === 'tool-error' || (chunk.type === 'tool-result' && chunk.preliminary !== true)
  }

  /** What others found, where it was counted with the step before and nothing was done. Once. */
  takeCounted(): FoundByOthers | undefined {
    const counted = this.#counted
    this.#counted = undefined
    return counted
  }

  know(extras: StepExtras): void {
    this.#steps.know(extras)
  }

  /** @param at - in ms of any clock that does not go back */
  hear(chunk: Chunk, at?: number): WafflingVerdict | undefined {
    if (this.#isTurnOver) this.#words = ''
    this.#isTurnOver = false
    if (chunk.type === 'text') this.#words = (this.#words + chunk.text).slice(-2_000)
    return this.#judge(this.#steps.read(chunk, at))
  }

  /** The gate judged what it did: a run of the tests that nobody can talk away. */
  gate({ verdict, why, evidence = '' }: GateSaid, at?: number): WafflingVerdict | undefined {
    const step: Step = {
      tool: 'gate',
      kind: 'execute',
      result: `${why}\n${evidence}`,
      failed: verdict !== 'merged' && verdict !== 'branched' && verdict !== 'judged',
      ...(at !== undefined && { at }),
    }
    return this.#judge(step)
  }

  /** Its turn is over; what it said last is a step. */
  turnEnded(at?: number): WafflingVerdict | undefined {
    const said = this.#judge(this.#steps.end(at))
    this.#isTurnOver = true
    this.#isUnheard = false
    return said
  }

  /** Its turn is over, and nothing in its clone is other than before. */
  unchanged(): WafflingVerdict | undefined {
    const words = this.#words.trim()
    const found = claim.exec(words)
    const sentence = found ? words.slice(Math.max(0, found.index - 60), found.index + found[0].length + 40) : words
    const evidence = found
      ? `it says "${quoted(sentence)}", and nothing has changed`
      : words === ''
        ? 'its turn ended without a word and without a change'
        : `its turn ended with words and no change: "${quoted(sentence)}"`
    const kind = found ? 'claims-success' : 'talk'
    return this.#take((policy) => climbAtEnd(this.#ladder, evidence, policy), [kind])
  }

  /** A person says that it does not go in circles: it begins at the foot of the ladder. */
  overruled(): void {
    this.#ladder = groundState
    this.#isUnheard = false
    this.#forget()
  }

  /**
   * Takes up the story that a session tells of the attempt, in the order in which it was told.
   *
   * @returns the verdict that came last, where nothing shows that it was acted upon
   */
  resume(parts: readonly Part[]): WafflingVerdict | undefined {
    let open: WafflingVerdict | undefined
    for (const part of parts) {
      if (part.kind === 'data') open = this.#noted(part.name, part.value, open)
      else if (part.kind === 'text' || part.kind === 'reasoning')
        open = this.#heardAgain([{ type: part.kind, text: part.text }], open)
      else if (part.kind === 'tool') open = this.#heardAgain(callOf(part), open)
    }
    // What others found in these steps is in the story, as far as it counted.
    this.#forget()
    return open
  }

  /** @param open - the verdict that came last: what an agent is told, it has heard when another turn begins */
  #heardAgain(chunks: readonly Chunk[], open: WafflingVerdict | undefined): WafflingVerdict | undefined {
    let said = this.#isTurnOver && open && isTold(open.rung) ? undefined : open
    for (const chunk of chunks) said = this.hear(chunk) ?? said
    return said
  }

  #noted(name: string, value: Json, open: WafflingVerdict | undefined): WafflingVerdict | undefined {
    switch (name) {
      case watchNotes.verdict: {
        const said = value as unknown as WafflingVerdict // only the runner writes in a lane as the runner
        this.#ladder = said.ladder
        this.#verdicts = said.verdict
        this.#isUnheard = this.#waits(said.rung)
        return said
      }
      case watchNotes.found:
        this.#ladder = (value as unknown as FoundByOthers).ladder // as above
        return open
      case watchNotes.overruled:
        this.overruled()
        return undefined
      case watchNotes.turn:
        return this.turnEnded() ?? open
      case 'factory.verdict':
        return this.gate(value as unknown as GateSaid) // as above
      default:
        return this.#heardAgain([{ type: 'data', name, value }], open)
    }
  }

  #judge(step: Step | undefined): WafflingVerdict | undefined {
    if (!step) return undefined
    const { waiting, findings: own } = this.#detector.step(step)
    const counts = !waiting && !this.#isUnheard
    const since = this.#since
    this.#options.onStep?.(step, (found) => counts && since === this.#since && this.#keep(found))
    if (this.#isUnheard) return undefined
    // Whatever others say of a step at which it waits, waiting counts neither for nor against it.
    const found = waiting ? [] : this.#found
    if (!waiting) this.#found = []
    const findings = [...own, ...found]
    const kinds = findings.filter(({ weight }) => weight > 0).map(({ kind }) => kind)
    const verdict = this.#take((policy) => climb(this.#ladder, { waiting, findings }, policy), kinds)
    this.#counted = verdict || found.length === 0 ? undefined : { findings: found, ladder: this.#ladder }
    return verdict
  }

  #keep(findings: readonly Finding[]): void {
    this.#found = [...this.#found, ...findings].toSorted((a, b) => b.weight - a.weight).slice(0, maxFound)
  }

  #forget(): void {
    this.#since += 1
    this.#found = []
    this.#counted = undefined
  }

  #take(climbed: (policy: Partial<LadderPolicy>) => Climb, kinds: readonly FindingKind[]): WafflingVerdict | undefined {
    const { limits: _, highest = 'park', ...policy } = this.#options.policy ?? {}
    if (highest === 'off') return undefined
    const { state, action } = climbed({ ...policy, highest })
    this.#ladder = state
    if (!action) return undefined
    this.#verdicts += 1
    this.#forget()
    this.#isUnheard = this.#waits(action.rung)
    const evidence = action.evidence.slice(0, maxEvidence)
    return { verdict: this.#verdicts, rung: action.rung, evidence, kinds: [...new Set(kinds)], ladder: state }
  }

  /** Whether it has not heard it yet. What is found between two turns it is told before anything else. */
  #waits(rung: Rung): boolean {
    return this.#options.isDeaf !== true && !this.#isTurnOver && isTold(rung)
  }
}

/** Whether the agent is told, and goes on. */
function isTold(rung: Rung): boolean {
  return rung === 'nudge' || rung === 'narrow'
}

/** A call with its result. One that was cut off has none to judge by. */
function callOf({ name, callId, input = null, output, error }: ToolPart): readonly Chunk[] {
  const call: Chunk = { type: 'tool-call', callId, name, input }
  if (error !== undefined) return [call, { type: 'tool-error', callId, error }]
  return output === undefined ? [] : [call, { type: 'tool-result', callId, output }]
}
