import { lazy, Suspense, type ReactNode } from 'react'
import type { FloorViewProps } from './floor-view.tsx'
import '../ui/page.css'

/** Comes with the first floor that is looked at, and with it its rules and what drags. */
const FloorView = lazy(async () => ({ default: (await import('./floor-view.tsx')).FloorView }))

/** A factory floor. */
export function FloorPage(props: FloorViewProps): ReactNode {
  return (
    <Suspense fallback={<main id="main" className="page" tabIndex={-1} />}>
      <FloorView {...props} />
    </Suspense>
  )
}
