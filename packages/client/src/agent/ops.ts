import { addUsage, type WriteOp } from '@headrace/core'

export type EndOp = Extract<WriteOp, { readonly op: 'end' }>
/** By which an attempt lets go of its run. */
export type LastOp = Extract<WriteOp, { readonly op: 'end' | 'suspend' }>

export function isLast(op: WriteOp | undefined): op is LastOp {
  return op?.op === 'end' || op?.op === 'suspend'
}

/** Adjacent deltas of a part are merged up to this many characters. */
const maxMerged = 16_384

/** Adds an operation to a batch; text of the same part that follows text becomes one delta, and reports one report. */
export function appendOp(ops: WriteOp[], op: WriteOp): void {
  const last = ops.at(-1)
  if (last?.op === 'usage' && op.op === 'usage') {
    ops[ops.length - 1] = { op: 'usage', usage: addUsage(last.usage, op.usage) }
    return
  }
  const merges =
    last?.op === 'delta' &&
    op.op === 'delta' &&
    last.part === op.part &&
    last.message === op.message &&
    last.text.length + op.text.length <= maxMerged
  if (merges) ops[ops.length - 1] = { ...last, text: last.text + op.text }
  else ops.push(op)
}

/** Rough size of an operation, for the bounds on what is unanswered. */
export function opChars(op: WriteOp): number {
  switch (op.op) {
    case 'delta':
      return op.text.length
    case 'open':
      return overhead + JSON.stringify(op.start).length
    case 'set':
    case 'close':
      return overhead + (op.fields ? JSON.stringify(op.fields).length : 0)
    case 'request':
      return overhead + JSON.stringify(op.spec).length
    case 'spawn':
      return overhead + JSON.stringify(op.parts).length
    case 'close-message':
    case 'usage':
    case 'withdraw':
    case 'consume':
    case 'suspend':
    case 'end':
      return overhead
    default:
      return op satisfies never
  }
}

const overhead = 64

/** Cuts text into pieces of at most so many characters, never within a surrogate pair. */
export function pieces(text: string, max: number = maxMerged): readonly string[] {
  const all: string[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + max, text.length)
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1
    all.push(text.slice(start, end))
    start = end
  }
  return all
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
