import type { Json, Message, Part, Run } from '@headrace/core'
import { notes } from '@headrace/factory/floor'

/** An edit as an agent's tool reports it. */
export interface Edit {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** What an attempt has changed, as far as its session tells. */
export interface LaneChanges {
  readonly run: Run
  /** As git compared it when the work last left the clone. */
  readonly patch?: string
  /** The patch's end is left out. */
  readonly isCut: boolean
  /** What its tools have reported since, in order. */
  readonly edits: readonly Edit[]
}

/** The changes of the newest attempt that has any. */
export function changesOf(messages: readonly Message[], runs: readonly Run[]): LaneChanges | undefined {
  for (const run of runs.toReversed()) {
    const parts = messages.filter((message) => message.run === run.id).flatMap((message) => message.parts)
    const left = parts.findLastIndex((part) => part.kind === 'data' && part.name === notes.work)
    const work = workIn(parts[left])
    const edits = parts.slice(left + 1).flatMap(editsIn)
    if (work || edits.length > 0) return { run, isCut: work?.isCut ?? false, edits, ...(work && { patch: work.patch }) }
  }
  return undefined
}

function workIn(part: Part | undefined): { readonly patch: string; readonly isCut: boolean } | undefined {
  const value = part?.kind === 'data' ? fieldsOf(part.value) : undefined
  const patch = value?.['patch']
  return typeof patch === 'string' ? { patch, isCut: value?.['cut'] === true } : undefined
}

/** The edits that a tool call reports beside what it says, as the Agent Client Protocol has them. */
function editsIn(part: Part): readonly Edit[] {
  if (part.kind !== 'tool' || part.output === undefined) return []
  return editsOf(part.output)
}

export function editsOf(output: Json): readonly Edit[] {
  const items = Array.isArray(output) ? (output as readonly Json[]) : [output] // an array of JSON
  return items.flatMap((item): readonly Edit[] => {
    const { path, change } = fieldsOf(item) ?? {}
    const { old: before, new: after } = fieldsOf(change) ?? {}
    if (typeof path !== 'string' || typeof before !== 'string' || typeof after !== 'string') return []
    return [{ path, before, after }]
  })
}

function fieldsOf(value: Json | undefined): Readonly<Record<string, Json | undefined>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Readonly<Record<string, Json | undefined>> // an object of JSON, and no array
}
