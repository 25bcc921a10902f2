import { useMemo, useState, type ReactNode } from 'react'
import { terminalSpans } from '../model/terminal-lines.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import '../markdown/code-block.css'
import './terminal.css'

interface Props {
  readonly printed: string
  readonly label: string
}

/** The end is what one wants to see; more than this is not drawn until somebody asks. */
const shownChars = 20_000

/** What a program printed, with the colours that it gave, and no more power than text has. */
export function Terminal({ printed, label }: Props): ReactNode {
  const [all, setAll] = useState(false)
  const isCut = !all && printed.length > shownChars
  const spans = useMemo(() => terminalSpans(isCut ? endOf(printed) : printed), [printed, isCut])
  return (
    <div className="code terminal" data-testid="terminal">
      <div className="code-bar">
        <span className="code-name">{label}</span>
        <CopyButton value={printed} />
      </div>
      {isCut && (
        <Button size="small" look="quiet" onClick={() => setAll(true)}>
          {text.terminal.all(printed.length)}
        </Button>
      )}
      {/* Long lines scroll, with the keyboard as well. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="code-text" dir="ltr" tabIndex={0}>
        <code>
          {spans.map(({ text: words, color, bold, dim }, index) => (
            // Pieces have no name of their own, and are never moved about.
            <span key={index} className="terminal-span" data-color={color} data-bold={bold} data-dim={dim}>
              {words}
            </span>
          ))}
        </code>
      </pre>
    </div>
  )
}

function endOf(printed: string): string {
  const end = printed.slice(-shownChars)
  return end.slice(end.indexOf('\n') + 1)
}
