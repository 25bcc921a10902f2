/**
 * Versions of what people said. A message that was edited has several; what followed from each is a branch, and one branch
 * is looked at. What no edit touches is on every branch.
 */
import { versions, type Message, type MessageId, type Run } from '@headrace/core'

/** Where a version stands among the others. */
export interface Version {
  /** 1 is the oldest. */
  readonly number: number
  readonly of: number
  readonly before: MessageId | undefined
  readonly after: MessageId | undefined
}

export interface Branches {
  readonly messages: readonly Message[]
  readonly runs: readonly Run[]
  /** Of messages that have more than one version. */
  readonly versionOf: ReadonlyMap<MessageId, Version>
}

const none: ReadonlyMap<MessageId, Version> = new Map()

/**
 * What is to be shown of a session.
 *
 * @param chosen - versions that the reader has chosen, the last choice last; without one the newest is shown
 */
export function branchesOf(messages: readonly Message[], runs: readonly Run[], chosen: readonly MessageId[]): Branches {
  const edited = messages.filter(({ edits }) => edits !== undefined)
  if (edited.length === 0) return { messages, runs, versionOf: none }
  const versionOf = new Map<MessageId, Version>()
  const hidden = new Set<MessageId>()
  for (const edit of edited) {
    if (versionOf.has(edit.id)) continue
    const all = versions(messages, edit)
    const shown = chosen.findLast((id) => all.some((each) => each.id === id)) ?? all.at(-1)?.id
    for (const [index, { id }] of all.entries()) {
      versionOf.set(id, { number: index + 1, of: all.length, before: all[index - 1]?.id, after: all[index + 1]?.id })
      if (id !== shown) hidden.add(id)
    }
  }
  // A message comes after the one that it follows.
  for (const { id, parent } of messages) if (parent !== null && hidden.has(parent)) hidden.add(id)
  return {
    messages: messages.filter(({ id }) => !hidden.has(id)),
    runs: runs.filter(({ input }) => !hidden.has(input)),
    versionOf,
  }
}
