import type { AgentRun } from '@headrace/client/agent'
import type { Client } from '@headrace/client'
import type { Json } from '@headrace/core'
import { FactoryError } from '../errors.ts'
import type { AttemptOrder } from '../foreman/notes.ts'
import type { FloorSessions } from '../foreman/sessions.ts'
import { offerId, offerIn, offerNotes, offerRun, verdictOf, type Offer, type Verdict } from '../merge/offer.ts'
import type { Lane } from './lane-runner.ts'

export interface AttemptOffersOptions {
  readonly run: AgentRun
  /** Of the attempt. */
  readonly id: string
  readonly order: AttemptOrder
  readonly lane: Lane
  readonly client: Client
  readonly sessions: FloorSessions
  readonly note: (name: string, value: Json) => Promise<void>
}

/** What stands in the vault and is to be judged. */
export interface OfferedWork {
  readonly base: string
  readonly head: string
  /** How many commits the agent made of it. */
  readonly commits?: number
}

/** What an attempt offers to the gate, and what the gate answers. */
export class AttemptOffers {
  readonly #options: AttemptOffersOptions

  constructor(options: AttemptOffersOptions) {
    this.#options = options
  }

  /** The offer of a round that was made before a crash: the agent has nothing more to do for it. */
  async made(round: number): Promise<Offer | undefined> {
    const { client, sessions, id, run: own } = this.#options
    const wait = { signal: own.signal }
    const { view } = await client.session(sessions.merge).until(({ status }) => status !== 'loading', wait)
    const run = offerRun(view, { attempt: id, round })
    return run && offerIn(view, run)
  }

  /** Offers the work to the gate. Offered again after a crash, it is the same offer. */
  async make(round: number, { base, head, commits }: OfferedWork): Promise<Offer> {
    const { client, sessions, order, lane, id } = this.#options
    const { crew } = sessions
    const offer: Offer = {
      attempt: id,
      round,
      lane: lane.name,
      task: order.task,
      title: order.title,
      ...(order.kind && { kind: order.kind }),
      oversight: lane.mandate.oversight,
      ...(order.try && { only: 'judge' as const }),
      base,
      head,
      ...(commits !== undefined && { commits }),
      ...(order.acceptance.length > 0 && { acceptance: order.acceptance }),
    }
    const merge = client.session(sessions.merge)
    await merge.create({ agent: crew.gate, policy: 'queue', maxAttempts: 100, metadata: { title: 'Gate' } })
    await merge.send(
      {
        agent: crew.gate,
        parts: [
          { kind: 'text', text: `${order.task}, attempt ${order.attempt}: ${order.title}` },
          { kind: 'data', name: offerNotes.change, value: { ...offer } },
        ],
      },
      { id: offerId(offer) },
    )
    return offer
  }

  /** Waits for what the gate says. */
  async verdict(offer: Offer): Promise<Verdict> {
    const { client, sessions, run: own, id, note } = this.#options
    let verdict: Verdict | undefined
    await client.session(sessions.merge).until(
      ({ view }) => {
        const run = offerRun(view, offer)
        verdict = run && verdictOf(view, run)
        return verdict !== undefined
      },
      { signal: own.signal },
    )
    if (!verdict) throw new FactoryError('not_found', `The gate gave no verdict on ${id}.`)
    await note(offerNotes.verdict, verdict as unknown as Json) // names, words and numbers
    return verdict
  }
}
