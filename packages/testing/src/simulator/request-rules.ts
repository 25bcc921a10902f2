import { actorKind, type Actor, type RequestSpec, type SessionEvent } from '@headrace/core'
import type { Fail } from './log-rules.ts'

interface RequestFacts {
  readonly spec: RequestSpec
  isOpen: boolean
  answerers: RequestSpec['answerers']
  claimedBy: Actor | undefined
}

/** Exactly one end of each request, by somebody who may. */
export class RequestRules {
  readonly #fail: Fail
  readonly #requests = new Map<string, RequestFacts>()

  constructor(fail: Fail) {
    this.#fail = fail
  }

  check(event: SessionEvent): void {
    switch (event.type) {
      case 'request.opened': {
        const { id, spec } = event.data
        if (this.#requests.has(id)) this.#fail('one-winner', `request ${id} is opened again at ${event.seq}`)
        this.#requests.set(id, { spec, isOpen: true, answerers: spec.answerers, claimedBy: undefined })
        return
      }
      case 'request.claimed': {
        const request = this.#open(event, event.data.id)
        if (!request) return
        if (request.claimedBy !== undefined)
          this.#fail(
            'one-winner',
            `request ${event.data.id} is claimed at ${event.seq} though ${request.claimedBy} has it`,
          )
        request.claimedBy = event.actor
        return
      }
      case 'request.released': {
        const request = this.#open(event, event.data.id)
        if (request) request.claimedBy = undefined
        return
      }
      case 'request.escalated': {
        const request = this.#open(event, event.data.id)
        if (request) request.answerers = event.data.answerers
        return
      }
      case 'request.answered': {
        const request = this.#open(event, event.data.id)
        if (!request) return
        request.isOpen = false
        const isTool = request.spec.kind === 'tool'
        if (isTool ? request.claimedBy !== event.actor : !mayAnswer(event.actor, request.answerers))
          this.#fail('one-winner', `${event.actor} answers request ${event.data.id} at ${event.seq} and may not`)
        return
      }
      case 'request.expired':
      case 'request.withdrawn': {
        const request = this.#open(event, event.data.id)
        if (request) request.isOpen = false
        return
      }
      default:
        return
    }
  }

  #open({ seq, type }: SessionEvent, id: string): RequestFacts | undefined {
    const request = this.#requests.get(id)
    if (!request) this.#fail('no-phantom', `event ${seq} (${type}) is of request ${id}, which nobody opened`)
    if (!request || request.isOpen) return request
    this.#fail('one-winner', `event ${seq} (${type}) comes after the end of request ${id}`)
    return undefined
  }
}

function mayAnswer(actor: Actor, answerers: RequestSpec['answerers']): boolean {
  if (answerers === 'operators') return actorKind(actor) === 'operator'
  return answerers === undefined ? actorKind(actor) !== 'agent' : answerers.includes(actor)
}
