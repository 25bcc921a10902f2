import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import './code-block.css'

interface Props {
  readonly code: string
  readonly language?: string
  /** What it is, where it has no language. */
  readonly label?: string
}

/** Code or data, exactly as it is, always left to right. */
export function CodeBlock({ code, language = '', label = text.part.code }: Props): ReactNode {
  const name = language === '' ? label : language
  return (
    <div className="code">
      <div className="code-bar">
        <span className="code-name">{name}</span>
        <CopyButton value={code} />
      </div>
      {/* Long lines scroll, with the keyboard as well. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="code-text" dir="ltr" tabIndex={0}>
        <code>{code}</code>
      </pre>
    </div>
  )
}
