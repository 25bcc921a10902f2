/**
 * One run as a stream of chunks. At every look at the session it says what the reader still lacks; what happened in between
 * does not matter, so a late reader, a slow one and one that comes back are all told the same message.
 */
import type { SessionView } from '@headrace/core'
import { isObject, merged } from './own-data.ts'
import { endChunks } from './run-state.ts'
import { uiChanges } from './ui-changes.ts'
import type { Shown, UiMessages } from './to-ui-messages.ts'
import type { UiChunk, UiMessage, UiPart } from './ui-message.ts'

export interface RunChunksOptions {
  readonly run: string
  readonly messages: UiMessages
  /** What the reader has of the answer already and goes on with. Default: nothing, it is told from the beginning. */
  readonly base?: readonly UiPart[]
  /** Whether somebody reads it again from its beginning when it ends before its run does. Default: nobody. */
  readonly mayReplay?: () => boolean
}

/** One look at a session. */
export interface RunLook extends Shown {
  /** The run can't go on before somebody answers: the stream ends there. */
  readonly waits: boolean
  /** How a part is told. Default: as it is. */
  readonly show?: (part: UiPart) => UiPart
}

export interface RunSaid {
  readonly chunks: readonly UiChunk[]
  /** There is nothing more to say. */
  readonly isOver: boolean
}

export class RunChunks {
  readonly #options: RunChunksOptions
  #shown: readonly UiPart[]
  #started = false
  #metadata: unknown

  constructor(options: RunChunksOptions) {
    this.#options = options
    this.#shown = (options.base ?? []).map(whole)
  }

  next(look: RunLook): RunSaid {
    const { run: id, messages } = this.#options
    const run = runIn(look.view, id)
    const answer = messages.answer(look, id)
    const changes = this.#changes(answer, look)
    // It must be told from its beginning, which whoever reads it again will be.
    if (!changes) return { chunks: [], isOver: true }
    const chunks = [...this.#begin(answer), ...changes]
    if (run === undefined || run.status === 'ended') return { chunks: [...chunks, ...endChunks(run)], isOver: true }
    if (look.waits) return { chunks: [...chunks, { type: 'finish', finishReason: 'tool-calls' }], isOver: true }
    return { chunks, isOver: false }
  }

  #begin(answer: UiMessage | undefined): readonly UiChunk[] {
    if (!answer) return []
    const { id: messageId, metadata: messageMetadata } = answer
    const known = this.#metadata
    this.#metadata = messageMetadata
    if (!this.#started) {
      this.#started = true
      return [{ type: 'start', messageId, ...(messageMetadata !== undefined && { messageMetadata }) }]
    }
    if (messageMetadata === undefined || JSON.stringify(messageMetadata) === JSON.stringify(known)) return []
    const steps = [...emptied(known, messageMetadata), messageMetadata]
    return steps.map((step) => ({ type: 'message-metadata', messageMetadata: step }))
  }

  #changes(answer: UiMessage | undefined, { waits, show = same }: RunLook): readonly UiChunk[] | undefined {
    if (!answer) return []
    const parts = answer.parts.map((part) => (waits ? whole(show(part)) : show(part)))
    const changes = uiChanges(this.#shown, parts)
    if (!changes && this.#options.mayReplay?.() === true) return undefined
    // Told once more below what stands there: better than to leave it out.
    const { chunks, parts: shown } = changes ?? uiChanges([], parts) ?? { chunks: [], parts }
    this.#shown = shown
    return chunks
  }
}

export function runIn({ runs }: SessionView, id: string): SessionView['runs'][number] | undefined {
  return runs.find((candidate) => candidate.id === id)
}

function same(part: UiPart): UiPart {
  return part
}

/** Words that a chat has read to the end of its stream can't grow in the next one. */
function whole(part: UiPart): UiPart {
  return part.type === 'text' || part.type === 'reasoning' ? { ...part, state: 'done' } : part
}

/** The reader merges what it has with what comes: a field that was replaced meanwhile, and would be mixed, is emptied first. */
function emptied(known: unknown, next: unknown): readonly unknown[] {
  if (!isObject(known) || !isObject(next)) return []
  const mixed = Object.keys(next).filter(
    (name) => JSON.stringify(merged(known[name], next[name])) !== JSON.stringify(next[name]),
  )
  return mixed.length > 0 ? [Object.fromEntries(mixed.map((name) => [name, null]))] : []
}
