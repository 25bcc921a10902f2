import { attemptRun, type FloorDocument, type Task } from '@headrace/factory/floor'
import { isOpen, type Actor, type Message, type Run, type SessionView } from '@headrace/core'

/** What an attempt does now, as one word and what belongs to it. */
export type LaneState =
  /** Its run is not there yet, or nobody has it. */
  | { readonly kind: 'waiting'; readonly lost: number }
  | { readonly kind: 'working' }
  /** Its work is being judged. */
  | { readonly kind: 'gate' }
  | { readonly kind: 'asks'; readonly title: string }
  /** Holds still for a more urgent task. */
  | { readonly kind: 'held'; readonly for: string }
  | { readonly kind: 'paused'; readonly by: Actor }
  /** A person has taken the lane over. */
  | { readonly kind: 'taken'; readonly by: Actor; readonly name: string | undefined }
  | { readonly kind: 'stopping' }
  /** Put away, or over, and about to be settled. */
  | { readonly kind: 'ending' }

interface Looked {
  readonly floor: FloorDocument
  readonly task: Task
  /** The lane's session, as far as it is known. */
  readonly view: SessionView
  /** Attempts whose work is at the gate, as `t1-2`. */
  readonly atGate: ReadonlySet<string>
}

/** What is most worth knowing of an attempt that is under way: a person's part comes before the agent's. */
export function laneState({ floor, task, view, atGate }: Looked): LaneState {
  const { state } = task
  if (state.status !== 'working') return { kind: 'ending' }
  const run = attemptRun(view, task.id, state.attempt)
  if (state.nuked || run?.status === 'ended') return { kind: 'ending' }
  if (floor.mode === 'stopped' || (run?.status === 'active' && run.cancel)) return { kind: 'stopping' }
  const asked = view.requests.find((request) => request.run === run?.id && isOpen(request))
  if (asked) return { kind: 'asks', title: asked.spec.title }
  const { holder } = view.floor
  if (holder) return { kind: 'taken', by: holder.actor, name: holder.name }
  if (state.pausedFor !== undefined) return { kind: 'held', for: state.pausedFor }
  if (!run) return { kind: 'waiting', lost: 0 }
  if (run.paused) return { kind: 'paused', by: run.paused.by }
  if (run.status !== 'active') return { kind: 'waiting', lost: run.attempt }
  return atGate.has(attemptId(task.id, state.attempt)) ? { kind: 'gate' } : { kind: 'working' }
}

/** The id of an attempt, as offers name it. */
function attemptId(task: string, attempt: number): string {
  return `${task.toLowerCase()}-${attempt}`
}

/** What an agent said or did last. */
export type LastWord = { readonly kind: 'said' | 'tool'; readonly line: string }

/** The end of what a run has written: its newest line of text, or the tool that it has called since. */
export function lastWord(messages: readonly Message[], run: Run | undefined): LastWord | undefined {
  if (!run) return undefined
  const parts = messages.filter((message) => message.run === run.id).flatMap((message) => message.parts)
  for (const part of parts.toReversed()) {
    if (part.kind === 'tool') return { kind: 'tool', line: toolLine(part.name, part.input) }
    if (part.kind !== 'text' && part.kind !== 'reasoning') continue
    const line = lastLine(part.text)
    if (line !== '') return { kind: 'said', line }
  }
  return undefined
}

const lineChars = 240

function lastLine(text: string): string {
  // Only the end is read: a text may be megabytes long.
  const end = text.slice(-4 * lineChars).trimEnd()
  return end
    .slice(end.lastIndexOf('\n') + 1)
    .trim()
    .slice(0, lineChars)
}

function toolLine(name: string, input: unknown): string {
  // What agents say of their calls is shorter than what they call with.
  const said = typeof input === 'object' && input !== null && 'title' in input ? input.title : undefined
  if (typeof said === 'string' && said.trim() !== '') return said.replaceAll(/\s+/g, ' ').slice(0, lineChars)
  const shown = input === undefined ? '' : typeof input === 'string' ? input : JSON.stringify(input)
  return `${name} ${shown}`.trim().slice(0, lineChars)
}
