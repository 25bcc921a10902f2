import { HeadraceError } from '../errors.ts'
import type { ProducerMark } from './events.ts'
import type { StreamState } from './state.ts'

export type ProducerVerdict =
  | { readonly verdict: 'next' }
  | { readonly verdict: 'repeat'; readonly highest: number }
  | { readonly verdict: 'refused'; readonly error: HeadraceError }

/**
 * Whether an append is the next one of its producer. Each epoch counts its appends from 0, without a gap; an epoch that is
 * lower than the highest one seen is that of a producer that was replaced.
 */
export function judgeProducer({ producers }: StreamState, mark: ProducerMark): ProducerVerdict {
  const known = producers.find(({ id }) => id === mark.id)
  if (!known) return mark.seq === 0 ? { verdict: 'next' } : { verdict: 'refused', error: gap(mark, 0) }
  if (mark.epoch < known.epoch) return { verdict: 'refused', error: fenced(mark, known.epoch) }
  if (mark.epoch > known.epoch)
    return mark.seq === 0 ? { verdict: 'next' } : { verdict: 'refused', error: lateStart(mark) }
  if (mark.seq <= known.seq) return { verdict: 'repeat', highest: known.seq }
  return mark.seq === known.seq + 1 ? { verdict: 'next' } : { verdict: 'refused', error: gap(mark, known.seq + 1) }
}

function fenced({ id, epoch }: ProducerMark, current: number): HeadraceError {
  const text = `The producer ${id} is at epoch ${current} by now; epoch ${epoch} may not append. Begin epoch ${current + 1} if this one is the newer.`
  return new HeadraceError('producer_fenced', text, { detail: { producer: id, epoch: current } })
}

function lateStart({ id, epoch, seq }: ProducerMark): HeadraceError {
  const text = `Epoch ${epoch} of the producer ${id} begins with Producer-Seq 0, not ${seq}.`
  return new HeadraceError('bad_request', text, { detail: { producer: id, expected: 0, received: seq } })
}

function gap({ id, seq }: ProducerMark, expected: number): HeadraceError {
  const text = `The next append of the producer ${id} has Producer-Seq ${expected}, not ${seq}: send what is missing first.`
  return new HeadraceError('out_of_order', text, { detail: { producer: id, expected, received: seq } })
}
