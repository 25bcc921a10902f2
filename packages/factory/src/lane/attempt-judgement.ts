/** An attempt under the detector: what is heard of it goes in, and what is to be done about it is done. */
import type { Client } from '@headrace/client'
import type { AgentRun, Chunk } from '@headrace/client/agent'
import type { Json, Part } from '@headrace/core'
import { createTreeDigest, type TreeDigest } from '../clones/tree-digest.ts'
import { AttemptWatch } from '../detect/attempt-watch.ts'
import { watchNotes, type DetectorFailed, type Overruled, type WafflingVerdict } from '../detect/watch-notes.ts'
import { floorOf } from '../floor/floor-document.ts'
import type { AttemptResult } from '../floor/task.ts'
import type { AttemptOrder } from '../foreman/notes.ts'
import type { FloorSessions } from '../foreman/sessions.ts'
import type { Verdict } from '../merge/offer.ts'
import { createPathMatcher } from '../paths.ts'
import { AttemptDetectors } from './attempt-detectors.ts'
import type { Lane } from './lane-runner.ts'
import { lessonOf, narrowPrompt, nudgePrompt } from './prompts.ts'

export interface JudgementOptions {
  readonly run: AgentRun
  readonly order: AttemptOrder
  readonly lane: Lane
  /** The folder of its clone. */
  readonly clone: string
  /** Follows the floor's session, where verdicts are overruled. */
  readonly client: Client
  readonly sessions: FloorSessions
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Writes a data part to the session of the lane. */
  readonly note: (name: string, value: Json) => Promise<void>
}

export class AttemptJudgement {
  readonly #options: JudgementOptions
  readonly #watch: AttemptWatch
  readonly #detectors: AttemptDetectors
  readonly #digest: TreeDigest
  readonly #isOff: boolean
  /** What the agent is told next. */
  #words = ''
  #result: AttemptResult | undefined
  /** The newest verdict that a person took back. */
  #overruled = 0
  #interrupt: () => void = () => undefined
  #stop: () => void = () => undefined

  /** Takes up the attempt where its session says that it is. */
  static async open(options: JudgementOptions): Promise<AttemptJudgement> {
    const { clone, now, run } = options
    const parts = run.view.messages.filter((message) => message.run === run.id).flatMap((message) => message.parts)
    const judgement = new AttemptJudgement(options, await createTreeDigest(clone, { now }), parts)
    for (const part of parts) {
      if (part.kind !== 'data' || part.name !== watchNotes.overruled) continue
      judgement.#overruled = (part.value as unknown as Overruled).verdict // only the runner writes in a lane as the runner
    }
    const open = judgement.#isOff ? undefined : judgement.#watch.resume(parts)
    // It was said, and nobody knows whether it was heard.
    if (open) judgement.#carryOut(open)
    judgement.#follow()
    return judgement
  }

  private constructor(options: JudgementOptions, digest: TreeDigest, before: readonly Part[]) {
    const { lane, order, clone } = options
    const { surfaces } = lane.mandate
    const fits = createPathMatcher(surfaces)
    const allows = (file: string): boolean => !file.startsWith(`${clone}/`) || fits(file.slice(clone.length + 1))
    this.#options = options
    this.#digest = digest
    this.#isOff = lane.waffling?.highest === 'off'
    this.#detectors = this.#asked(before)
    const limits = { ...lane.waffling?.limits, ...(surfaces.length > 0 && { allows }) }
    this.#watch = new AttemptWatch({
      policy: { ...lane.waffling, limits },
      taken: order.rungs ?? 0,
      isDeaf: lane.steer === 'boundary',
      onStep: (step, found) => this.#detectors.ask(step, found),
    })
  }

  /** The detectors of plugins, but for those that failed in this attempt before. */
  #asked(before: readonly Part[]): AttemptDetectors {
    const { lane, note } = this.#options
    const failed = new Set(
      before.flatMap((part) =>
        // Only the runner writes in a lane as the runner.
        part.kind === 'data' && part.name === watchNotes.failed
          ? [(part.value as unknown as DetectorFailed).detector]
          : [],
      ),
    )
    const made = this.#isOff ? [] : (lane.detectors?.() ?? [])
    return new AttemptDetectors({
      detectors: made.filter(({ name }) => !failed.has(name)),
      // Where it can't be written the run is over, and nothing is judged any more.
      onFailed: (one) => void note(watchNotes.failed, one as unknown as Json).catch(() => undefined),
    })
  }

  /** How the attempt is over, where it went in circles for too long. */
  get result(): AttemptResult | undefined {
    return this.#result
  }

  /** Calls back whenever the agent's turn must end, for what it is told or because it is over. */
  onInterrupt(interrupt: () => void): () => void {
    this.#interrupt = interrupt
    return () => (this.#interrupt = () => undefined)
  }

  /** Whether there is something that the agent must be told. */
  get hasWords(): boolean {
    return this.#words !== ''
  }

  /** What the agent is to be told, once. */
  takeWords(): string {
    const words = this.#words
    this.#words = ''
    return words
  }

  tokens(tokens: number): void {
    this.#watch.know({ tokens })
  }

  async hear(chunk: Chunk): Promise<void> {
    if (this.#isOff || this.#result) return
    if (AttemptWatch.mayChange(chunk)) {
      const diff = await this.#digest.now()
      if (diff !== undefined) this.#watch.know({ diff })
    }
    await this.#said(this.#watch.hear(chunk, this.#options.now()))
  }

  async turnEnded(): Promise<void> {
    if (this.#isOff || this.#result) return
    const said = this.#watch.turnEnded(this.#options.now())
    await this.#options.note(watchNotes.turn, {})
    await this.#said(said)
  }

  /** Nothing stands in its clone that was not there. Says whether the agent is told so, and goes on. */
  async unchanged(): Promise<boolean> {
    if (this.#isOff || this.#result) return false
    await this.#said(this.#watch.unchanged())
    return this.hasWords
  }

  /** The gate said no, and there is another round. */
  async gateSaid(verdict: Verdict): Promise<void> {
    if (this.#isOff || this.#result) return
    await this.#said(this.#watch.gate(verdict, this.#options.now()))
  }

  close(): void {
    this.#stop()
    this.#detectors.close()
  }

  async #said(verdict: WafflingVerdict | undefined): Promise<void> {
    const counted = this.#watch.takeCounted()
    if (counted) await this.#options.note(watchNotes.found, counted as unknown as Json)
    if (!verdict) return
    await this.#options.note(watchNotes.verdict, verdict as unknown as Json)
    this.#carryOut(verdict)
  }

  #carryOut({ rung, evidence }: WafflingVerdict): void {
    const { order, lane } = this.#options
    const over = { why: lessonOf(evidence), failure: 'waffling' }
    switch (rung) {
      case 'nudge':
        this.#words = nudgePrompt(evidence)
        break
      case 'narrow':
        this.#words = narrowPrompt(evidence, order, lane.mandate)
        break
      case 'fresh':
        this.#result = { outcome: 'replaced', ...over }
        break
      case 'nuke':
        this.#result = { outcome: 'nuked', ...over }
        break
      case 'park':
        this.#result = { outcome: 'parked', ...over }
        break
      default:
        rung satisfies never
    }
    this.#interrupt()
  }

  /** A person takes a verdict back on the floor, whose document says so. */
  #follow(): void {
    const { client, sessions, order } = this.#options
    const floor = client.session(sessions.floor)
    const look = (): void => {
      const { view } = floor.getSnapshot()
      const overrules = floorOf(view.document.value).tasks[order.task]?.overrules ?? []
      const newest = overrules.findLast(({ attempt }) => attempt === order.attempt)
      if (!newest || newest.verdict <= this.#overruled) return
      const { verdict, by, reason } = newest
      this.#overruled = verdict
      this.#watch.overruled()
      this.#words = ''
      const value = { verdict, by, reason } satisfies Overruled
      // The run is over where it can't be written: then nothing of it is judged any more.
      this.#options.note(watchNotes.overruled, value).catch(() => undefined)
    }
    this.#stop = floor.subscribe(look)
    look()
  }
}
