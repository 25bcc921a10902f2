import { crc32 } from 'node:zlib'
import type { Logged, Seen } from '../journals.ts'

/** An event as it came, as far as anybody must know it here. */
export interface PlainEvent {
  readonly seq: number
  readonly at: number
  readonly type: string
  readonly run?: string
  readonly data: Readonly<Record<string, unknown>>
}

const mark = /[\w./:-]+#\d+/g

/** Marks in a text, in order. */
export function marksIn(text: string): readonly string[] {
  return text.match(mark) ?? []
}

/** The mark that the end of a run leaves: whoever stops a run writes no text that could carry one. */
export function stopMark(session: string, run: string): string {
  return `${session}/${run}/stopped#1`
}

export function seen(event: { readonly seq: number }): Seen {
  return { seq: event.seq, print: crc32(JSON.stringify(event)) }
}

export function logged(session: string, event: PlainEvent): Logged {
  const ends = event.type === 'run.ended' && event.data['reason'] === 'cancelled'
  const marks = ends ? [stopMark(session, event.run ?? '')] : marksIn(JSON.stringify(event.data))
  return { ...seen(event), at: event.at, marks }
}
