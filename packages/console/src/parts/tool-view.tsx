import type { Json, ToolPart } from '@headrace/core'
import type { ReactNode } from 'react'
import { CodeBlock } from '../markdown/code-block.tsx'
import { oneLine, pretty } from '../model/json-text.ts'
import { isForTerminal } from '../model/terminal-lines.ts'
import { text } from '../text.ts'
import { Fold } from './fold.tsx'
import { Terminal } from './terminal.tsx'
import './tool-view.css'

type ToolState = 'open' | 'done' | 'failed' | 'interrupted'

/** A tool call: its name and input in one line, and all of it inside. */
export function ToolView({ part }: { readonly part: ToolPart }): ReactNode {
  const state = stateOf(part)
  const input = part.input === undefined ? part.text : pretty(part.input)
  return (
    <Fold
      icon="tool"
      name={<span className="tool-name">{part.name}</span>}
      peek={part.input === undefined ? part.text : peekOf(part.input)}
      state={text.part.tool[state]}
      {...(state === 'open' && { tone: 'busy' })}
      {...(state === 'failed' && { tone: 'failed' })}
      testId="tool"
    >
      {input === '' ? (
        <p className="fold-label">{text.part.noInput}</p>
      ) : (
        <CodeBlock code={input} label={text.part.input} />
      )}
      {part.output !== undefined && <Output part={part} output={part.output} />}
      {part.error !== undefined && (
        <div className="tool-error">
          <p className="fold-label">{text.part.error}</p>
          <p className="tool-error-text" dir="auto">
            {part.error}
          </p>
        </div>
      )}
    </Fold>
  )
}

/** Commands print for a terminal. */
function Output({ part, output }: { readonly part: ToolPart; readonly output: Json }): ReactNode {
  const printed = pretty(output)
  if (typeof output === 'string' && (part.name === 'execute' || isForTerminal(output)))
    return <Terminal printed={printed} label={text.part.output} />
  return <CodeBlock code={printed} label={text.part.output} />
}

/** What an agent calls a call is shorter than what it calls with. */
function peekOf(input: Json): string {
  const title = typeof input === 'object' && input !== null && 'title' in input ? input['title'] : undefined
  return typeof title === 'string' && title.trim() !== '' ? oneLine(title) : oneLine(input)
}

function stateOf(part: ToolPart): ToolState {
  if (part.error !== undefined) return 'failed'
  if (part.output !== undefined || part.status === 'closed') return 'done'
  return part.status
}
