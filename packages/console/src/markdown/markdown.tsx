import type { Token } from 'marked'
import { useState, type ReactNode } from 'react'
import { Block } from './block.tsx'
import { createBlocks } from './blocks.ts'
import './markdown.css'

interface Props {
  readonly source: string
  /** The text may still grow. */
  readonly open?: boolean
  readonly breaks?: boolean
}

/** Markdown from people and models, as elements: no HTML of theirs is ever parsed. */
export function Markdown({ source, open = false, breaks = false }: Props): ReactNode {
  const [read] = useState(createBlocks)
  const tokens = read(source, { open, breaks })
  const base = firstHeading(tokens)
  return (
    <div className="md" data-open={open || undefined}>
      {tokens.map((token, index) => (
        <Block key={index} token={token} base={base} />
      ))}
    </div>
  )
}

function firstHeading(tokens: readonly Token[]): number {
  const heading = tokens.find((token) => token.type === 'heading')
  return heading && 'depth' in heading && typeof heading.depth === 'number' ? heading.depth : 1
}
