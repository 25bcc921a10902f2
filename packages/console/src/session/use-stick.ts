import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'

export interface Stick {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  /** The newest text is in view and is followed. */
  readonly stuck: boolean
  readonly toLatest: () => void
}

/** Closer than this to the end counts as being there. */
const nearPx = 64

/**
 * Follows the end of a growing text until the reader scrolls up, and again once they come back to the end. Only the
 * reader's own scrolling lets go: growth by itself never does.
 */
export function useStick(): Stick {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  const [stuck, setStuck] = useState(true)

  const follow = useCallback((on: boolean): void => {
    following.current = on
    setStuck(on)
  }, [])

  const toLatest = useCallback((): void => {
    follow(true)
    const box = scroller.current
    box?.scrollTo({ top: box.scrollHeight })
  }, [follow])

  useEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (!box || !inner) return
    let lastTop = box.scrollTop
    const onScroll = (): void => {
      const left = box.scrollHeight - box.clientHeight - box.scrollTop
      if (left < nearPx) follow(true)
      else if (box.scrollTop < lastTop - 1) follow(false)
      lastTop = box.scrollTop
    }
    const grown = new ResizeObserver(() => {
      if (following.current) box.scrollTop = box.scrollHeight
    })
    // Opening a fold is reading: what was opened must stay where it was clicked.
    const onClick = (event: MouseEvent): void => {
      if (event.target instanceof Element && event.target.closest('summary')) follow(false)
    }
    box.addEventListener('scroll', onScroll, { passive: true })
    box.addEventListener('click', onClick)
    grown.observe(inner)
    grown.observe(box) // a phone's keyboard makes it smaller
    return () => {
      box.removeEventListener('scroll', onScroll)
      box.removeEventListener('click', onClick)
      grown.disconnect()
    }
  }, [follow])

  return { scroller, content, stuck, toLatest }
}
