import type { Notice, Notifier } from './notifier.ts'

export interface TellOptions {
  /** Read again each time. */
  readonly notifiers: () => readonly Notifier[]
  /** Told what could not be told, in words with the name of the notifier. */
  readonly onError: (words: string) => void
}

/** Most notices under way to one notifier; what is more waits until it has answered. */
const maxUnderWay = 20

/**
 * Tells notifiers what waits, each thing once for as long as it waits. One that fails is reported and asked again the next
 * time that something changes; the others are told all the same.
 */
export function createTeller({ notifiers, onError }: TellOptions): (waiting: readonly Notice[]) => void {
  const told = new Map<string, Set<string>>()
  const underWay = new Map<string, number>()
  return (waiting) => {
    const ids = new Set(waiting.map(({ id }) => id))
    for (const [index, notifier] of notifiers().entries()) {
      const key = `${index} ${notifier.name}`
      const known = told.get(key) ?? new Set<string>()
      told.set(key, known)
      for (const id of known) if (!ids.has(id)) known.delete(id)
      for (const notice of waiting) {
        const busy = underWay.get(key) ?? 0
        if (known.has(notice.id) || busy >= maxUnderWay) continue
        known.add(notice.id)
        underWay.set(key, busy + 1)
        notifier
          .notify(notice)
          .catch((thrown: unknown) => {
            known.delete(notice.id)
            onError(
              `The notifier ${notifier.name} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
            )
          })
          .finally(() => underWay.set(key, (underWay.get(key) ?? 1) - 1))
      }
    }
  }
}
