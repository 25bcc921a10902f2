import {
  defaultRangeExtractor,
  useVirtualizer,
  type Range,
  type VirtualItem,
  type Virtualizer,
} from '@tanstack/react-virtual'
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type MouseEvent,
  type RefObject,
} from 'react'

/** One that is on the page, and the empty room between it and the one before it, in px. */
export interface Row {
  readonly item: VirtualItem
  readonly space: number
}

export interface Rows {
  readonly rows: readonly Row[]
  /** Room for those after the last one on the page, px. */
  readonly after: number
  readonly measure: (row: HTMLElement | null) => void
  /** What somebody works in stays on the page, wherever they scroll. */
  readonly hold: (event: FocusEvent | MouseEvent) => void
}

/** Up to so many are all on the page: the browser's own search finds everything in a session that is not long. */
const fewRows = 40
/** So many beyond what is seen, to each side. */
const overscan = 6
/** Most rows that stay because somebody worked in them. */
const maxHeld = 16
/** Before a row was on the page, it counts as so high. */
const guessPx = 180

/**
 * On a place that scrolls while older rows come: the browser then keeps nothing in place by itself, and these rows do it,
 * by their keys.
 */
export const anchoredMark = 'data-anchored'

/**
 * Which rows of a long list are on the page: those near what is seen. They stand in the flow of the page, so a row that
 * grows moves what is below it in the same frame, and the browser keeps what is read in place, as it does in any page.
 *
 * @param now - the rows' keys, in order; the rows have them as `data-turn`
 */
export function useRows(now: readonly string[], scroller: RefObject<HTMLDivElement | null>): Rows {
  const keys = useSameKeys(now)
  const held = useRef<readonly string[]>([])
  const places = useMemo(() => new Map(keys.map((key, index) => [key, index])), [keys])
  // Nothing here is memoised by a compiler, and whoever gets the rows is rendered whenever they change.
  // eslint-disable-next-line react/incompatible-library
  const list = useVirtualizer<HTMLDivElement, HTMLElement>({
    count: keys.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    measureElement: heightOf,
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    overscan,
    // It is opened at its end.
    initialOffset: Number.MAX_SAFE_INTEGER,
    // What is seen is found again by its key when others come before it.
    anchorTo: 'end',
    // Whether the end is followed is for the reader to say: opening a fold there must not scroll.
    scrollEndThreshold: Number.NEGATIVE_INFINITY,
    rangeExtractor: useCallback(
      (range: Range) => {
        if (range.count <= fewRows) return Array.from({ length: range.count }, (_, index) => index)
        const near = defaultRangeExtractor(range)
        const kept = held.current.flatMap((key) => places.get(key) ?? [])
        return kept.length === 0 ? near : [...new Set([...near, ...kept])].toSorted((a, b) => a - b)
      },
      [places],
    ),
  })
  useEffect(() => leaveAnchoringToBrowser(list), [list])
  const hold = useCallback(({ target }: FocusEvent | MouseEvent): void => {
    const key = target instanceof Element ? target.closest<HTMLElement>('[data-turn]')?.dataset['turn'] : undefined
    if (key !== undefined) held.current = [...held.current.filter((each) => each !== key), key].slice(-maxHeld)
  }, [])
  const items = list.getVirtualItems()
  const rows = items.map((item, index) => ({ item, space: item.start - (items[index - 1]?.end ?? 0) }))
  return { rows, after: list.getTotalSize() - (items.at(-1)?.end ?? 0), measure: list.measureElement, hold }
}

function estimateSize(): number {
  return guessPx
}

/** To the fraction of a pixel: a hundred rows that are rounded are half a line. */
function heightOf(row: HTMLElement): number {
  return row.getBoundingClientRect().height
}

/** Two that keep the same thing in place move it twice. The browser sees more: it keeps a line in the middle of a row. */
function leaveAnchoringToBrowser(list: Virtualizer<HTMLDivElement, HTMLElement>): void {
  if (!CSS.supports('overflow-anchor', 'auto')) return
  list.shouldAdjustScrollPositionOnItemSizeChange = (item) =>
    (list.scrollElement?.hasAttribute(anchoredMark) ?? false) && item.start < (list.scrollOffset ?? 0)
}

/** Kept by identity while they are the same: text that streams makes no new rows, and nothing is reckoned anew for it. */
function useSameKeys(now: readonly string[]): readonly string[] {
  const [known, setKnown] = useState(now)
  if (known === now) return known
  if (known.length === now.length && known.every((key, index) => key === now[index])) return known
  setKnown(now)
  return now
}
