import type { PartFields, PartStart, SessionEvent } from '@headrace/core'
import type { Step } from '../step.ts'
import type { LabelledStep, Trajectory } from '../trajectories/trajectory.ts'
import { StepReader } from './step-reader.ts'

interface RunRead {
  readonly agent: string
  readonly run: string
  readonly steps: LabelledStep[]
  readonly reader: StepReader
  /** Parts that are open, by id: what they are and what was set so far. */
  readonly parts: Map<string, { readonly start: PartStart; fields: PartFields }>
}

const maxSteps = 20_000

/** Steps of the runs in an exported session: those of this factory's lanes, and of any other agent. */
export class ExportSteps {
  readonly #agents = new Map<string, string>()
  readonly #runs = new Map<string, RunRead>()
  readonly #runOf = new Map<string, string>()

  /** Takes the next event in order. */
  read(event: SessionEvent): void {
    switch (event.type) {
      case 'run.queued':
        this.#agents.set(event.data.id, event.data.agent)
        return
      case 'message.opened':
        if (event.run !== undefined) this.#runOf.set(event.data.id, event.run)
        return
      case 'part.opened':
        return this.#open(event.data.message, event.data.part, event.data.start)
      case 'part.delta': {
        const run = this.#run(event.data.message)
        if (run && run.parts.get(event.data.part)?.start.kind !== 'tool') run.reader.text(event.data.text)
        return
      }
      case 'part.changed':
        return this.#change(event.data.message, event.data.part, event.data.fields, undefined)
      case 'part.closed':
        return this.#change(event.data.message, event.data.part, event.data.fields ?? {}, event.at)
      case 'message.closed': {
        const run = this.#run(event.data.id)
        if (run) keep(run, run.reader.end(event.at))
        return
      }
      default:
        return
    }
  }

  /** What each run did, as far as it was read. */
  runs(): readonly Trajectory[] {
    return [...this.#runs.values()].map(({ agent, run, steps }) => ({ agent, run, steps }))
  }

  #run(message: string): RunRead | undefined {
    const id = this.#runOf.get(message)
    if (id === undefined) return undefined
    const known = this.#runs.get(id)
    if (known) return known
    const agent = this.#agents.get(id) ?? 'unknown'
    const fresh: RunRead = { agent, run: id, steps: [], reader: new StepReader(), parts: new Map() }
    this.#runs.set(id, fresh)
    return fresh
  }

  #open(message: string, part: string, start: PartStart): void {
    const run = this.#run(message)
    if (!run) return
    run.parts.set(part, { start, fields: {} })
    if (start.kind === 'tool') run.reader.call(start.callId, start.name, start.input)
    else if (start.kind === 'text' || start.kind === 'reasoning') run.reader.text(start.text ?? '')
    else if (start.kind === 'data' && start.name === 'factory.plan') run.reader.plan(start.value)
  }

  #change(message: string, id: string, fields: PartFields, closedAt: number | undefined): void {
    const run = this.#run(message)
    const part = run?.parts.get(id)
    if (!run || !part) return
    part.fields = { ...part.fields, ...fields }
    const { start } = part
    if (start.kind === 'tool' && fields.input !== undefined) run.reader.call(start.callId, start.name, fields.input)
    if (closedAt === undefined) return
    run.parts.delete(id)
    if (start.kind !== 'tool') return
    const { output, error } = part.fields
    keep(run, run.reader.result(start.callId, error ?? output ?? '', error !== undefined, closedAt))
  }
}

function keep(run: RunRead, step: Step | undefined): void {
  if (step && run.steps.length < maxSteps) run.steps.push({ step })
}
