/** Who is away is told of what concerns them, once: what was told is held against the log. */
import type { EventOf, Notice, SessionKey } from '@headrace/core'
import type { History } from './history.ts'
import type { Fail } from './log-rules.ts'

type Told = 'under way' | 'sent' | 'none' | 'failed'

interface Tell {
  readonly node: string
  told: Told
}

/** Tries after which somebody is given up. */
const tries = 4

export class NoticeAudit {
  readonly #fail: Fail
  readonly #history: (key: SessionKey) => History
  readonly #tells = new Map<string, Tell[]>()
  readonly #gone = new Set<string>()
  /** Servers that share a store take each other's notices before it is time, where a clock says that it is. */
  readonly #isTimed: boolean

  constructor(history: (key: SessionKey) => History, fail: Fail, isTimed: boolean) {
    this.#history = history
    this.#fail = fail
    this.#isTimed = isTimed
  }

  /** A server begins to tell somebody; what is returned is called with what came of it. */
  tells(node: string, key: SessionKey, notice: Notice): (told: Told) => void {
    const id = `${key} ${notice.id}`
    const tells = this.#tells.get(id) ?? []
    this.#tells.set(id, tells)
    const before = tells.find(
      (tell) => (tell.told === 'sent' || tell.told === 'under way') && this.#isOneOf(tell.node, node),
    )
    if (before) this.#fail('told-once', `${node} tells ${notice.to} of ${id}, and ${before.node} has: ${before.told}`)
    if (!this.#isTrue(key, notice)) this.#fail('told-once', `${node} tells ${notice.to} of ${id}, which is not so`)
    const tell: Tell = { node, told: 'under way' }
    tells.push(tell)
    return (told) => {
      tell.told = told
    }
  }

  /** Whether one server knows what the other one has told. */
  #isOneOf(one: string, other: string): boolean {
    return one === other || (this.#isTimed && !this.#gone.has(one))
  }

  #isTrue(key: SessionKey, { id, kind, to, ref }: Notice): boolean {
    const history = this.#history(key)
    const event = history.events[seqOf(id) - 1]
    if (kind === 'needs-you') return event !== undefined && 'id' in event.data && event.data.id === ref
    if (event?.type !== 'run.ended' || event.run !== ref) return false
    const run = history.at(event.seq - 1).view.runs.find((candidate) => candidate.id === ref)
    return run?.by === to && (kind === 'done') === (event.data.reason === 'complete')
  }

  /** What it had not written down is not known to whoever comes after it. */
  isGone(node: string): void {
    this.#gone.add(node)
  }

  /** The log says what became of a notice. */
  settled(key: SessionKey, { seq, data: { id, outcome } }: EventOf<'notice.settled'>): void {
    const tells = this.#tells.get(`${key} ${id}`) ?? []
    const isSo = {
      sent: () => tells.some(({ told }) => told === 'sent'),
      'no-address': () => tells.some(({ told }) => told === 'none'),
      failed: () => tells.filter(({ told }) => told === 'failed').length >= tries,
      seen: () => this.#wasHere(key, id, seq),
    }[outcome]
    if (!isSo()) this.#fail('told-once', `${key}: ${id} is settled as ${outcome}, which is not so`)
  }

  #wasHere(key: SessionKey, id: string, until: number): boolean {
    const history = this.#history(key)
    const notice = history.at(until - 1).guard.notices.find((one) => one.id === id)
    for (let seq = seqOf(id); seq < until; seq += 1)
      if (history.at(seq).view.presence.some(({ actor }) => actor === notice?.to)) return true
    return false
  }
}

/** Of the event that it comes from. */
function seqOf(id: string): number {
  return Number(/^n(\d+)/.exec(id)?.[1])
}
