import { expect } from 'vitest'
import {
  decide,
  emptyState,
  type Command,
  type Decision,
  type Down,
  type Grant,
  type SessionEvent,
  type SessionState,
  type Up,
} from '../src/index.ts'
import { grantOf } from './support.ts'

interface Step {
  readonly tag: string
  readonly who: string | undefined
  readonly text: string
}

const grants: Readonly<Record<string, Grant>> = {
  ada: grantOf('user:ada', {
    name: 'Ada',
    capabilities: [{ sessions: '**', verbs: ['read', 'post', 'send', 'control', 'answer', 'take-floor'] }],
  }),
  worker: grantOf('agent:writer-1', { capabilities: [{ sessions: '**', verbs: ['read', 'write-as-agent'] }] }),
}

/** Runs the frames of a worked example through `decide`, and compares every frame that the server sends with what comes. */
export function replay(steps: readonly Step[]): void {
  const example = new Replay(steps)
  for (const [index, { tag, who = '' }] of steps.entries()) {
    const grant = grants[who]
    if (!grant) throw new Error(`nobody is called ${who}`)
    if (tag === 'up') example.up(index, grant)
    else example.down(index, grant)
  }
  expect(example.cursor, 'every event is shown').toBe(example.log.length)
}

class Replay {
  state: SessionState = emptyState('demo/1')
  readonly log: SessionEvent[] = []
  /** How far Ada has read. */
  cursor = 0
  readonly #steps: readonly Step[]
  readonly #answers = new Map<string, Decision>()
  #join: Command | undefined

  constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  up(index: number, grant: Grant): void {
    const frame = this.#frame<Up>(index)
    if (frame.type === 'subscribe') {
      if (frame.after !== undefined) this.cursor = frame.after
      const { device, label } = frame
      const shown = this.state.view.presence.some((entry) => entry.device === device)
      if (device !== undefined && !shown) {
        const body = { type: 'join', device, node: 'n-7f3a', ...(label !== undefined && { label }) } as const
        this.#join = { grant, body }
      }
    }
    if (frame.type === 'command')
      this.#answers.set(frame.id, this.#ask({ grant, body: frame.body, id: frame.id }, index))
  }

  down(index: number, grant: Grant): void {
    const frame = this.#frame<Down>(index)
    switch (frame.type) {
      case 'reply': {
        const decision = this.#answers.get(frame.id)
        if (!decision || decision.outcome === 'refused') throw new Error(`${frame.id} was not accepted`)
        const seq = decision.outcome === 'accepted' ? decision.state.view.seq : decision.seq
        expect(frame).toMatchObject({ outcome: decision.outcome, seq })
        return
      }
      case 'snapshot':
        expect(frame).toMatchObject({ seq: this.state.view.seq, view: this.state.view })
        this.cursor = frame.seq
        if (this.#join) this.#ask(this.#join, index)
        return
      case 'events':
        expect(frame.events).toEqual(this.log.slice(this.cursor, this.cursor + frame.events.length))
        this.cursor += frame.events.length
        return
      case 'assign': {
        this.#ask({ grant, body: { type: 'claim', run: frame.run, worker: 'w-19c2' } }, index)
        const { view } = this.state
        expect(frame).toMatchObject({ view, attempt: view.runs.find((run) => run.id === frame.run)?.attempt })
        return
      }
      case 'signal':
        expect(this.state.view.runs).toMatchObject([
          { id: frame.run, attempt: frame.attempt, cancel: { by: 'user:ada' } },
        ])
        return
      default:
        expect(frame.type).toBe('welcome')
    }
  }

  #ask(command: Command, index: number): Decision {
    const decision = decide(this.state, command, this.#timeAfter(index))
    if (decision.outcome === 'accepted') {
      this.log.push(...decision.events)
      this.state = decision.state
    }
    return decision
  }

  /** The example's clock: a command is decided when its first event, shown later, says that it was. */
  #timeAfter(index: number): number {
    const seq = this.state.view.seq + 1
    for (const [ahead, { tag }] of this.#steps.slice(index).entries()) {
      const frame = tag === 'down' ? this.#frame<Down>(index + ahead) : undefined
      if (frame?.type === 'snapshot' && frame.seq === seq) return frame.view.at
      const event = frame?.type === 'events' ? frame.events.find((shown) => shown.seq === seq) : undefined
      if (event) return event.at
    }
    return this.state.view.at
  }

  #frame<T>(index: number): T {
    return JSON.parse(this.#steps[index]?.text ?? '') as T // checked against its type by another test
  }
}
