import { draggable, dropTargetForElements, monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { useEffect, useEffectEvent, useState, type RefObject } from 'react'
import type { Beside } from '../model/board-columns.ts'

/** Marks what is dragged as a card of a board, so that nothing else is taken for one. */
const card = Symbol('card')

/** Where a card was dropped. */
export interface Dropped {
  readonly task: string
  readonly column: string
  readonly beside?: Beside
}

/** Calls back when a card was dropped on a column or beside a card. */
export function useDrops(onDrop: (dropped: Dropped) => void): void {
  const dropped = useEffectEvent(onDrop)
  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => card in source.data,
        onDrop({ source, location }) {
          const [target] = location.current.dropTargets
          // Written by the two hooks below, and by nobody else.
          const { column, beside } = (target?.data ?? {}) as { readonly column?: string; readonly beside?: Beside }
          const task = source.data['task']
          if (column === undefined || typeof task !== 'string') return
          dropped({ task, column, ...(beside && { beside }) })
        },
      }),
    [],
  )
}

/** Makes the end of a column a place where cards are dropped. Returns whether one is over it. */
export function useColumnDrop(element: RefObject<HTMLElement | null>, column: string): boolean {
  const [isOver, setIsOver] = useState(false)
  useEffect(() => {
    if (!element.current) return undefined
    return dropTargetForElements({
      element: element.current,
      canDrop: ({ source }) => card in source.data,
      getData: () => ({ column }),
      onDrag: ({ self, location }) => setIsOver(location.current.dropTargets[0]?.element === self.element),
      onDragLeave: () => setIsOver(false),
      onDrop: () => setIsOver(false),
    })
  }, [element, column])
  return isOver
}

interface CardDrag {
  readonly task: string
  readonly column: string
  /** Whether it is dragged; others are dropped beside it all the same. */
  readonly isFree: boolean
}

/** Makes a card that is dragged, and beside which others are dropped. Returns on which side of it one is, and whether it is away. */
export function useCardDrag(
  element: RefObject<HTMLElement | null>,
  { task, column, isFree }: CardDrag,
): { readonly edge: Beside['edge'] | undefined; readonly isAway: boolean } {
  const [edge, setEdge] = useState<Beside['edge']>()
  const [isAway, setIsAway] = useState(false)
  useEffect(() => {
    const own = element.current
    if (!own) return undefined
    const stopTarget = dropTargetForElements({
      element: own,
      canDrop: ({ source }) => card in source.data && source.data['task'] !== task,
      getData: ({ input }): { column: string; beside: Beside } => {
        const { top, height } = own.getBoundingClientRect()
        return { column, beside: { task, edge: input.clientY < top + height / 2 ? 'before' : 'after' } }
      },
      onDrag: ({ self }) => setEdge((self.data['beside'] as Beside).edge), // from just above
      onDragLeave: () => setEdge(undefined),
      onDrop: () => setEdge(undefined),
    })
    if (!isFree) return stopTarget
    const stopDrag = draggable({
      element: own,
      getInitialData: () => ({ [card]: true, task }),
      onDragStart: () => setIsAway(true),
      onDrop: () => setIsAway(false),
    })
    return () => {
      stopTarget()
      stopDrag()
    }
  }, [element, task, column, isFree])
  return { edge, isAway }
}
