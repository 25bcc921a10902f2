/** The operator who cleans up at the end: answers what is asked, lets go on what is held, so that everything can end. */
import type { Actor, CommandBody, Request, SessionView } from '@headrace/core'
import { Host } from './host.ts'
import type { World } from './world.ts'

const everyMs = 500

export class Caretaker {
  readonly #world: World
  readonly #host: Host
  #waits = 0
  #stopped = false

  constructor(world: World) {
    this.#world = world
    this.#host = new Host('caretaker', world.loop)
    this.#later()
  }

  stop(): void {
    this.#stopped = true
  }

  #later(): void {
    this.#world.loop.after(everyMs, () => {
      if (this.#stopped) return
      if (this.#waits === 0) for (const session of this.#world.sessions) this.#look(session)
      this.#later()
    })
  }

  #look(session: string): void {
    const { view } = this.#world.journal.history(this.#world.key(session)).state
    if (view.runs.every((run) => run.status === 'ended')) return
    for (const { actor = 'operator:care', body } of chores(view)) this.#ask(session, actor, body)
  }

  #ask(session: string, actor: Actor, body: CommandBody): void {
    this.#waits += 1
    void this.#world
      .ask(this.#host, actor, { id: this.#world.newName('care-'), session, body })
      .finally(() => (this.#waits -= 1))
  }
}

interface Chore {
  readonly actor?: Actor
  readonly body: CommandBody
}

function chores(view: SessionView): readonly Chore[] {
  const { floor, unwatched, runs, requests } = view
  const all: Chore[] = []
  if (unwatched) all.push({ body: { type: 'update', unwatched: null } })
  if (floor.holder) all.push({ body: { type: 'hand-back' } })
  for (const run of runs) {
    const isWaiting = run.status === 'suspended' && run.waitsFor.length === 0
    if (run.status === 'queued' && run.undelivered?.dead) all.push({ body: { type: 'retry', run: run.id } })
    if (run.status !== 'ended' && (run.paused || isWaiting)) all.push({ body: { type: 'resume', run: run.id } })
  }
  for (const request of requests)
    if (request.status === 'open' || request.status === 'claimed') all.push(...answer(request))
  return all
}

/** By somebody who may. A tool that somebody else has taken is theirs until their time is over. */
function answer({ id, spec, digest, answerers, status }: Request): readonly Chore[] {
  const named = [answerers, spec.to].filter((who) => typeof who === 'object').flat()
  const actor = named.find((who) => !who.startsWith('agent:')) ?? 'operator:care'
  if (spec.kind !== 'tool') {
    const body = { type: 'answer' as const, request: id, answer: { decision: 'deny' as const } }
    return [{ actor, body: { ...body, ...(digest !== undefined && { digest }) } }]
  }
  if (status === 'claimed') return []
  return [
    { actor, body: { type: 'claim-request', request: id, device: 'care' } },
    { actor, body: { type: 'answer', request: id, answer: { error: 'not now' }, device: 'care' } },
  ]
}
