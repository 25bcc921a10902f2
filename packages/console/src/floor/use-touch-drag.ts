import { useCallback, useEffect, useRef, type PointerEvent } from 'react'
import type { Beside } from '../model/board-columns.ts'
import type { Dropped } from './use-board-drag.ts'

/** A finger that moves less taps: that opens the dialog. Px. */
const slackPx = 8
/** Nearer than this to an end of what scrolls, it is scrolled, by so much in each frame. Px. */
const [edgePx, scrollPx] = [72, 12]

/** A card that a finger drags, and where it would be dropped: nowhere, where no column is. */
export interface Touched {
  readonly task: string
  readonly drop: Dropped | undefined
}

interface Drag {
  readonly pointer: number
  readonly from: { readonly x: number; readonly y: number }
  readonly scroller: Element | null
  x: number
  y: number
  isUnderWay: boolean
  drop: Dropped | undefined
  frame: number
}

interface Handlers {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void
  readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void
  readonly onPointerCancel: () => void
}

/**
 * Drags a card by its handle with a finger. A browser drags by touch only after a long press, if at all, and scrolls until
 * then: the handle does neither, so that a finger on it drags at once. A mouse drags the whole card, by {@link useCardDrag}.
 *
 * @param onTouch - called with each change, and with nothing when it is dragged no more
 */
export function useTouchDrag(
  task: string,
  onTouch: (touched: Touched | undefined) => void,
  onDrop: (dropped: Dropped) => void,
): Handlers {
  const drag = useRef<Drag>(undefined)
  const leave = useCallback(() => {
    if (!drag.current) return
    cancelAnimationFrame(drag.current.frame)
    drag.current = undefined
    onTouch(undefined)
  }, [onTouch])
  // A card can go while it is dragged: somebody else was first.
  useEffect(() => leave, [leave])
  const look = (now: Drag): void => {
    const drop = placeAt(now.x, now.y, task)
    if (isSame(drop, now.drop)) return
    now.drop = drop
    onTouch({ task, drop })
  }
  const follow = (now: Drag): void => {
    if (drag.current !== now) return
    const by = now.scroller ? scrollAt(now.scroller, now.y) : 0
    if (by !== 0) {
      now.scroller?.scrollBy({ top: by, behavior: 'instant' })
      look(now)
    }
    now.frame = requestAnimationFrame(() => follow(now))
  }
  return {
    onPointerDown: ({ pointerType, pointerId, clientX: x, clientY: y, currentTarget }) => {
      if (pointerType !== 'touch' || drag.current) return
      const scroller = currentTarget.closest('.page-scroll')
      drag.current = {
        pointer: pointerId,
        from: { x, y },
        scroller,
        x,
        y,
        isUnderWay: false,
        drop: undefined,
        frame: 0,
      }
    },
    onPointerMove: ({ pointerId, clientX: x, clientY: y }) => {
      const now = drag.current
      if (now?.pointer !== pointerId) return
      now.x = x
      now.y = y
      if (!now.isUnderWay) {
        if (Math.hypot(x - now.from.x, y - now.from.y) < slackPx) return
        now.isUnderWay = true
        onTouch({ task, drop: undefined })
        follow(now)
      }
      look(now)
    },
    onPointerUp: ({ pointerId }) => {
      const now = drag.current
      if (now?.pointer !== pointerId) return
      leave()
      if (now.isUnderWay && now.drop) onDrop(now.drop)
    },
    onPointerCancel: leave,
  }
}

/** What of the board is there: a column, and the card beside which something would be dropped. */
function placeAt(x: number, y: number, task: string): Dropped | undefined {
  const element = document.elementFromPoint(x, y)
  const column = element?.closest<HTMLElement>('[data-column]')?.dataset['column']
  if (column === undefined) return undefined
  const card = element?.closest<HTMLElement>('[data-task]')
  const other = card?.dataset['task']
  if (!card || other === undefined || other === task) return { task, column }
  const { top, height } = card.getBoundingClientRect()
  const beside: Beside = { task: other, edge: y < top + height / 2 ? 'before' : 'after' }
  return { task, column, beside }
}

function isSame(a: Dropped | undefined, b: Dropped | undefined): boolean {
  return a?.column === b?.column && a?.beside?.task === b?.beside?.task && a?.beside?.edge === b?.beside?.edge
}

function scrollAt(scroller: Element, y: number): number {
  const { top, bottom } = scroller.getBoundingClientRect()
  if (y < top + edgePx) return -scrollPx
  return y > bottom - edgePx ? scrollPx : 0
}
