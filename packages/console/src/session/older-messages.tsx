import { useCallback, useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { anchoredMark } from './use-rows.ts'
import './older-messages.css'

interface Props {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly hasOlder: boolean
  /** How many there are; not above 0 when that is not known. */
  readonly older: number
  /** How many are on the page. */
  readonly shown: number
  /** Brings the page of messages before the first one. */
  readonly onLoad: (limit: number) => Promise<void>
}

/** A page of messages; each one after it is twice as long, because whoever goes far back goes on. */
const [firstPage, longestPage] = [100, 500]

/** So far ahead of the reader older messages are fetched, in heights of what is seen. */
const ahead = '150%'

/**
 * The beginning of what is on the page: older messages come by themselves before the reader gets there, and by a button
 * for who goes by keyboard, or when that failed. Its height never changes.
 */
export function OlderMessages({ scroller: scrollerRef, hasOlder, older, shown, onLoad }: Props): ReactNode {
  const [state, setState] = useState<'idle' | 'loading' | 'failed'>('idle')
  const box = useRef<HTMLDivElement>(null)
  const limit = useRef(firstPage)
  const load = useCallback(async (): Promise<void> => {
    setState('loading')
    scrollerRef.current?.setAttribute(anchoredMark, '')
    let next: 'idle' | 'failed' = 'idle'
    try {
      await onLoad(limit.current)
      limit.current = Math.min(2 * limit.current, longestPage)
    } catch {
      next = 'failed'
    }
    // At once, so that what came is laid out before the mark goes.
    flushSync(() => setState(next))
    requestAnimationFrame(() => requestAnimationFrame(() => scrollerRef.current?.removeAttribute(anchoredMark)))
  }, [scrollerRef, onLoad])
  useEffect(() => {
    if (!hasOlder || state !== 'idle' || !box.current) return
    const near = new IntersectionObserver(([entry]) => entry?.isIntersecting && void load(), {
      root: scrollerRef.current,
      rootMargin: `${ahead} 0px 0px 0px`,
    })
    near.observe(box.current)
    return () => near.disconnect()
    // A page that does not reach beyond what is seen is followed by the next one.
  }, [hasOlder, state, shown, scrollerRef, load])
  return (
    <div ref={box} className="older">
      {hasOlder ? (
        <Button look="quiet" disabled={state === 'loading'} onClick={() => void load()}>
          {state === 'loading' ? text.session.loadingOlder : text.session.older(older)}
        </Button>
      ) : (
        <p className="older-begin">{text.session.begins}</p>
      )}
    </div>
  )
}
