/**
 * A place in a stream as clients hold it: the seq of the last event whose content they have, and a place within the next
 * event, which is always 0 now. Two numbers of one width, so that text order is stream order.
 */
const width = 16
const withinEvent = '0'.repeat(width)

/** Seq 0 is the beginning. */
export function formatOffset(seq: number): string {
  return `${String(seq).padStart(width, '0')}_${withinEvent}`
}

/** The seq that an offset stands for; `undefined` for text that no stream ever gave out. */
export function parseOffset(text: string): number | undefined {
  const [, seq] = /^(\d{16})_0{16}$/.exec(text) ?? []
  return seq === undefined ? undefined : Math.min(Number(seq), Number.MAX_SAFE_INTEGER)
}
