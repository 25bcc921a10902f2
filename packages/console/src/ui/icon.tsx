import type { ReactNode } from 'react'

const paths = {
  plus: 'M8 3v10M3 8h10',
  back: 'M10 3 5 8l5 5',
  down: 'M8 3v10M4 9l4 4 4-4',
  send: 'M8 13V3M4 7l4-4 4 4',
  close: 'm4 4 8 8M12 4l-8 8',
  pause: 'M5.75 3.5v9M10.25 3.5v9',
  play: 'M5 3.25v9.5l7.5-4.75z',
  up: 'M8 13V3M4 7l4-4 4 4',
  edit: 'M10.5 3 13 5.5 6 12.5l-3 .5.5-3z',
  again: 'M13 8a5 5 0 1 1-1.5-3.5M13 2.5v3h-3',
  chart: 'M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6',
  more: 'M3 8h.5M7.75 8h.5M12.5 8h.5',
  before: 'M12 3.5 6 8l6 4.5zM4 3.5v9',
  after: 'm4 3.5 6 4.5-6 4.5zM12 3.5v9',
  grip: 'M6 3.5h.01M6 8h.01M6 12.5h.01M10 3.5h.01M10 8h.01M10 12.5h.01',
  inbox: 'M2.5 9h3l1 2h3l1-2h3M4 3.5h8l1.5 5.5v4h-11V9z',
  bell: 'M4.5 7a3.5 3.5 0 0 1 7 0c0 3 1 4 1.5 4.5h-10C3.5 11 4.5 10 4.5 7ZM6.75 13.5h2.5',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3l2 1.5',
  replay: 'M2.5 8a5.5 5.5 0 1 0 1.8-4.05M2.5 2.5v3h3M8 5v3l2 1.5',
  check: 'm3 8.5 3.5 3.5L13 5',
  chevron: 'm6 4 4 4-4 4',
  copy: 'M5.5 5.5h8v8h-8zM2.5 10.5v-8h8',
  people: 'M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.5a5 5 0 0 1 10 0',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7h.01M6.5 7h.01M9 7h.01M11.5 7h.01M5 9.5h6',
  leave: 'M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6',
  auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  light:
    'M8 5.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3.05 3.05l1.06 1.06M11.89 11.89l1.06 1.06M3.05 12.95l1.06-1.06M11.89 4.11l1.06-1.06',
  dark: 'M13.5 9.8A5.75 5.75 0 0 1 6.2 2.5a5.75 5.75 0 1 0 7.300 7.300Z',
  tool: 'm5 5.5-2.5 2.5L5 10.5M11 5.5l2.5 2.5-2.5 2.5M9.25 3.5l-2.5 9',
  thought: 'M8 2.5a4.25 4.25 0 0 0-2.5 7.700V11.5h5v-1.300A4.25 4.25 0 0 0 8 2.5ZM6 13.5h4',
  file: 'M4 1.5h5L12.5 5v9.5H4zM9 1.5V5h3.5',
  link: 'M6.5 9.5l3-3M7 4.5l1.75-1.75a3 3 0 0 1 4.25 4.25L11.25 8.75M8.75 11.25 7 13a3 3 0 0 1-4.25-4.25L4.5 7',
  data: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6',
  invite: 'M6.5 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM2 13.5a4.5 4.5 0 0 1 9 0M12.5 5.5v4M10.5 7.5h4',
} as const

export type IconName = keyof typeof paths | 'stop'

/** A picture that repeats what a word beside it, or the `aria-label` around it, says. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg
      className="icon"
      data-icon={name}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      {name === 'stop' ? (
        <rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor" />
      ) : (
        <path
          d={paths[name]}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      )}
    </svg>
  )
}
