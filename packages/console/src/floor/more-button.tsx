import { useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'

const [usual, step] = [12, 100]

interface More {
  /** How many there are. */
  readonly all: number
  /** How many more the next look shows. */
  readonly next: number
  readonly show: () => void
}

/** The beginning of a long list, and what shows more of it; nothing where all of it is shown. */
export function useShown<T>(
  items: readonly T[],
  first: number = usual,
): { readonly shown: readonly T[]; readonly more: More | undefined } {
  const [count, setCount] = useState(first)
  const left = items.length - count
  if (left <= 0) return { shown: items, more: undefined }
  const next = Math.min(left, step)
  return { shown: items.slice(0, count), more: { all: items.length, next, show: () => setCount(count + next) } }
}

/** Shows more of a list that was begun. */
export function MoreButton({ more }: { readonly more: More | undefined }): ReactNode {
  if (!more) return null
  return (
    <Button look="quiet" size="small" onClick={more.show}>
      {more.next < step ? text.floor.showAll(more.all) : text.floor.showMore(more.next, more.all)}
    </Button>
  )
}
