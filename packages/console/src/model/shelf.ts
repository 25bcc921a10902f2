import type { EndedAttempt, FloorDocument, ShelvedClone, Task } from '@headrace/factory/floor'

/** A clone that was given up, with what is known of its attempt. */
export interface Shelved {
  readonly clone: ShelvedClone
  readonly task: Task | undefined
  /** Undefined where the floor keeps it no more, or it is not settled yet. */
  readonly attempt: EndedAttempt | undefined
  /** Nobody has had use of it: it is not merged, nor shown to a person. */
  readonly isInVain: boolean
}

const ofUse: ReadonlySet<string> = new Set(['merged', 'branched', 'proposed', 'judged', 'spare'])

/** What can be had back, and what was: what came to nothing first, and of these the newest. */
export function shelvedOf({ shelf = [], tasks }: FloorDocument): readonly Shelved[] {
  return shelf
    .map((clone): Shelved => {
      const [id = '', attempt] = clone.id.split('-')
      const task = tasks[id.toUpperCase()]
      const ended = task?.attempts.find((each) => String(each.attempt) === attempt)
      return { clone, task, attempt: ended, isInVain: ended === undefined || !ofUse.has(ended.outcome) }
    })
    .toSorted((a, b) => Number(b.isInVain) - Number(a.isInVain) || b.clone.at - a.clone.at)
}
