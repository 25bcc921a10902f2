/**
 * What must be said in chunks so that a message which a chat has becomes the message as it is. It does not matter what
 * happened between the two, so a chunk is never lost or said twice, however often a connection broke.
 *
 * Chunks can only add: text grows, a call gets its input, then its answer. What a later attempt took back can be taken back
 * in the last step alone (`reset-step`); for anything else the answer must be replayed from its beginning.
 */
import { isToolPart, type UiChunk, type UiPart, type UiToolPart } from './ui-message.ts'

/** Parts by what they are the same by; text parts have no ids, so by their place among their kind. */
type Keyed = ReadonlyMap<string, UiPart>
type WordsPart = Extract<UiPart, { type: 'text' | 'reasoning' }>

export interface UiChanges {
  readonly chunks: UiChunk[]
  /** What the chat has after them. */
  readonly parts: readonly UiPart[]
}

/** @returns `undefined` where only a replay helps */
export function uiChanges(before: readonly UiPart[], after: readonly UiPart[]): UiChanges | undefined {
  const target = keyed(after)
  const known = keyed(before)
  if (follows(known, target)) return changed(known, target)
  const start = before.findLastIndex((part) => part.type === 'step-start')
  const kept = keyed(before.slice(0, start + 1))
  if (start < 0 || !follows(kept, target)) return undefined
  const { chunks, parts } = changed(kept, target)
  return { chunks: [{ type: 'reset-step' }, ...chunks], parts }
}

function changed(before: Keyed, after: Keyed): UiChanges {
  const all = Array.from(after)
  const anew = withOtherInput(before, after)
  return {
    chunks: all.flatMap(([key, part]) => partChanges(key, anew.has(key) ? undefined : before.get(key), part)),
    // Words that were ended can't go on: should they grow, the chat has to be told them anew.
    parts: all.map(([key, part]) => (isWords(part) && isEnded(before.get(key)) ? { ...part, state: 'done' } : part)),
  }
}

/**
 * Calls that have another input than they had: they are told anew, with all that came of them. A chat takes an input in the
 * step of its call alone, so a call of an earlier step keeps what it has.
 */
function withOtherInput(before: Keyed, after: Keyed): ReadonlySet<string> {
  const calls = new Set<string>()
  for (const [key, part] of before) {
    if (part.type === 'step-start') calls.clear()
    if (!isToolPart(part) || part.state === 'input-streaming') continue
    const now = after.get(key)
    if (now && isToolPart(now) && !isSame(part.input, now.input)) calls.add(key)
  }
  return calls
}

function isEnded(part: UiPart | undefined): boolean {
  return part !== undefined && isWords(part) && part.state === 'done'
}

function keyed(parts: readonly UiPart[]): Keyed {
  const counts = new Map<string, number>()
  return new Map(
    parts.map((part) => {
      const own = ownKey(part)
      if (own !== undefined) return [own, part]
      const count = counts.get(part.type) ?? 0
      counts.set(part.type, count + 1)
      return [`${part.type}#${count}`, part]
    }),
  )
}

function ownKey(part: UiPart): string | undefined {
  if (isToolPart(part)) return `call ${part.toolCallId}`
  if (part.type === 'source-url' || part.type === 'source-document') return `source ${part.sourceId}`
  return part.type.startsWith('data-') && 'data' in part && part.id !== undefined ? `data ${part.id}` : undefined
}

/** Whether every part is still there and has at most grown. */
function follows(before: Keyed, after: Keyed): boolean {
  for (const [key, part] of before) {
    const now = after.get(key)
    if (!now || !hasGrown(part, now)) return false
  }
  return true
}

function hasGrown(before: UiPart, after: UiPart): boolean {
  if (isWords(before)) {
    if (!isWords(after) || !after.text.startsWith(before.text)) return false
    return before.state !== 'done' || after.text.length === before.text.length
  }
  if (isToolPart(before) && before.state === 'input-streaming' && isToolPart(after)) {
    return after.state !== 'input-streaming' || (after.rawInput ?? '').startsWith(before.rawInput ?? '')
  }
  return true
}

function partChanges(key: string, before: UiPart | undefined, after: UiPart): UiChunk[] {
  if (before === after) return []
  if (isWords(after)) return wordsChanges(key, before && isWords(before) ? before : undefined, after)
  if (isToolPart(after)) return toolChanges(before && isToolPart(before) ? before : undefined, after)
  if (before) return 'data' in after && 'data' in before && !isSame(before.data, after.data) ? whole(after) : []
  return whole(after)
}

function isWords(part: UiPart): part is WordsPart {
  return part.type === 'text' || part.type === 'reasoning'
}

function wordsChanges(id: string, before: WordsPart | undefined, after: WordsPart): UiChunk[] {
  const { type } = after
  const delta = after.text.slice(before?.text.length ?? 0)
  return [
    ...(before ? [] : [{ type: `${type}-start`, id } as const]),
    ...(delta === '' ? [] : [{ type: `${type}-delta`, id, delta } as const]),
    ...(after.state === 'done' && before?.state !== 'done' ? [{ type: `${type}-end`, id } as const] : []),
  ]
}

function whole(part: UiPart): UiChunk[] {
  if (part.type === 'step-start') return [{ type: 'start-step' }]
  if (part.type === 'file') return [{ type: 'file', url: part.url, mediaType: part.mediaType }]
  if (part.type === 'source-url' || part.type === 'source-document' || part.type === 'custom') return [{ ...part }]
  if ('data' in part) return [{ type: part.type, id: part.id ?? '', data: part.data }]
  return []
}

function toolChanges(before: UiToolPart | undefined, after: UiToolPart): UiChunk[] {
  return [...inputChanges(before, after), ...approvalChanges(before, after), ...resultChanges(before, after)]
}

/**
 * `tool-input-available` makes the page run the tool (`onToolCall`), so it is said only where the call waits for that. The
 * input of one that has gone further comes as if it were streamed.
 */
function inputChanges(before: UiToolPart | undefined, after: UiToolPart): UiChunk[] {
  const { toolCallId } = after
  const toolName = toolNameOf(after)
  if (before && before.state !== 'input-streaming') return []
  if (after.state === 'input-available') {
    return [{ type: 'tool-input-available', toolCallId, toolName, input: after.input }]
  }
  const text = after.state === 'input-streaming' ? (after.rawInput ?? '') : (JSON.stringify(after.input) ?? '')
  const start: UiChunk = { type: 'tool-input-start', toolCallId, toolName }
  const deltas = (inputTextDelta: string): UiChunk[] =>
    inputTextDelta === '' ? [] : [{ type: 'tool-input-delta', toolCallId, inputTextDelta }]
  if (!before) return [start, ...deltas(text)]
  const had = before.rawInput ?? ''
  if (text.startsWith(had)) return deltas(text.slice(had.length))
  // What was streamed need not be written as the whole is. Where only a part of it has come, the rest does not fit, and the
  // input is told once more from its beginning.
  return after.state !== 'input-streaming' && isWritten(had, after.input) ? [] : [start, ...deltas(text)]
}

/** Whether a text is JSON of a value, however it is written. */
function isWritten(text: string, value: unknown): boolean {
  try {
    return isSame(JSON.parse(text), value)
  } catch {
    return false
  }
}

function toolNameOf(part: UiToolPart): string {
  // A `dynamic-tool` of another server's making has its name beside the type.
  if ('toolName' in part && typeof part.toolName === 'string') return part.toolName
  return part.type.slice('tool-'.length)
}

function approvalChanges(before: UiToolPart | undefined, after: UiToolPart): UiChunk[] {
  const approval = approvalOf(after)
  if (!approval) return []
  const { id: approvalId, approved, reason, requestReason, signature } = approval
  const had = approvalOf(before)
  const chunks: UiChunk[] = []
  if (had?.id !== approvalId) {
    chunks.push({
      type: 'tool-approval-request',
      toolCallId: after.toolCallId,
      approvalId,
      ...(requestReason !== undefined && { reason: requestReason }),
      ...(signature !== undefined && { signature }),
    })
  }
  if (approved !== undefined && had?.approved !== approved) {
    chunks.push({ type: 'tool-approval-response', approvalId, approved, ...(reason !== undefined && { reason }) })
  }
  return chunks
}

interface Approval {
  readonly id: string
  readonly approved?: boolean
  readonly reason?: string
  readonly requestReason?: string
  readonly signature?: string
}

function approvalOf(part: UiToolPart | undefined): Approval | undefined {
  return part && 'approval' in part ? part.approval : undefined
}

function resultChanges(before: UiToolPart | undefined, after: UiToolPart): UiChunk[] {
  const { toolCallId } = after
  switch (after.state) {
    case 'output-available': {
      const { output, preliminary = false } = after
      const isSaid =
        before?.state === 'output-available' &&
        (before.preliminary ?? false) === preliminary &&
        isSame(before.output, output)
      if (isSaid) return []
      return [{ type: 'tool-output-available', toolCallId, output, ...(preliminary && { preliminary }) }]
    }
    case 'output-error':
      if (before?.state === 'output-error' && before.errorText === after.errorText) return []
      return [{ type: 'tool-output-error', toolCallId, errorText: after.errorText }]
    case 'output-denied':
      return before?.state === 'output-denied' ? [] : [{ type: 'tool-output-denied', toolCallId }]
    case 'input-streaming':
    case 'input-available':
    case 'approval-requested':
    case 'approval-responded':
      return []
    default:
      return after satisfies never
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
