import type { ReactNode } from 'react'

/** The sign of Headrace: water led to a wheel. */
export function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <circle cx="19" cy="19" r="8.25" fill="none" stroke="currentColor" strokeWidth="2.5" />
      <circle cx="19" cy="19" r="2.25" fill="currentColor" />
      <path
        d="M3 7.5h13c6.4 0 11.5 5.1 11.5 11.5"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <path d="M3 12.5h5.5" fill="none" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round" opacity=".5" />
    </svg>
  )
}
