import type { Finding, SlowDetector } from '../detect/detector.ts'
import { namedFindings } from '../detect/named-findings.ts'
import type { Step } from '../detect/step.ts'
import type { DetectorFailed } from '../detect/watch-notes.ts'

export interface AttemptDetectorsOptions {
  /** Nobody else asks them; they are closed with this. */
  readonly detectors: readonly SlowDetector[]
  /** Told of each one that fails, once. */
  readonly onFailed: (failed: DetectorFailed) => void
}

interface Asked {
  readonly step: Step
  readonly found: (findings: readonly Finding[]) => void
}

interface Listener {
  readonly detector: SlowDetector
  /** Steps that it is yet to be asked about. */
  readonly waiting: Asked[]
  isBusy: boolean
  isOut: boolean
}

/** Who falls further behind is not shown the oldest steps. */
const maxWaiting = 64
const maxWhy = 1_000

/**
 * Asks the detectors of plugins about the steps of one attempt, each one step after the other, and never lets a step wait.
 * One that fails is asked no more.
 */
export class AttemptDetectors {
  readonly #listeners: readonly Listener[]
  readonly #onFailed: (failed: DetectorFailed) => void

  constructor({ detectors, onFailed }: AttemptDetectorsOptions) {
    this.#listeners = detectors.map((detector) => ({ detector, waiting: [], isBusy: false, isOut: false }))
    this.#onFailed = onFailed
  }

  /** @param found - told later what one of them has found in the step, under its name */
  ask(step: Step, found: (findings: readonly Finding[]) => void): void {
    for (const listener of this.#listeners) {
      if (listener.isOut) continue
      listener.waiting.push({ step, found })
      if (listener.waiting.length > maxWaiting) listener.waiting.shift()
      if (!listener.isBusy) void this.#goOn(listener)
    }
  }

  /** Nothing is asked or told any more. Idempotent. */
  close(): void {
    for (const listener of this.#listeners) leave(listener)
  }

  async #goOn(listener: Listener): Promise<void> {
    const { detector, waiting } = listener
    listener.isBusy = true
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const verdict = await detector.step(next.step)
        if (listener.isOut) return
        next.found(namedFindings(detector.name, verdict))
      }
    } catch (thrown) {
      if (listener.isOut) return
      leave(listener)
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      this.#onFailed({ detector: detector.name, why: why.slice(0, maxWhy) })
    } finally {
      listener.isBusy = false
    }
  }
}

function leave(listener: Listener): void {
  if (listener.isOut) return
  listener.isOut = true
  listener.waiting.length = 0
  // What it does while it ends is of no use to anybody.
  listener.detector.close().catch(() => undefined)
}
