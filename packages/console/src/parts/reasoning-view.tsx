import type { ReasoningPart } from '@headrace/core'
import type { ReactNode } from 'react'
import { Markdown } from '../markdown/markdown.tsx'
import { text } from '../text.ts'
import { Fold } from './fold.tsx'
import './reasoning-view.css'

const peekChars = 160

/** What a model thinks aloud: muted, and folded away. While it thinks, its newest words show in the line. */
export function ReasoningView({ part }: { readonly part: ReasoningPart }): ReactNode {
  const open = part.status === 'open'
  const line = part.text.replaceAll(/[\s*_`#]+/g, ' ').trim()
  return (
    <Fold
      icon="thought"
      name={open ? text.part.thinking : text.part.thought}
      peek={open ? line.slice(-peekChars) : line.slice(0, peekChars)}
      {...(open && { tone: 'busy' })}
      testId="reasoning"
    >
      <div className="reasoning">
        <Markdown source={part.text} open={open} />
      </div>
    </Fold>
  )
}
