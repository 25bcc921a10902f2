import type { FilePart, Part, SourcePart } from '@headrace/core'
import { memo, type ReactNode } from 'react'
import { Markdown } from '../markdown/markdown.tsx'
import { factOf } from '../model/factory-fact.ts'
import { DataView } from './data-view.tsx'
import { Files } from './files.tsx'
import { ReasoningView } from './reasoning-view.tsx'
import { Sources } from './sources.tsx'
import { ToolView } from './tool-view.tsx'
import { text } from '../text.ts'
import './parts.css'

interface Props {
  readonly parts: readonly Part[]
  /** A single line end breaks the line, as in what people type. */
  readonly breaks?: boolean
}

/** The parts of a message in their order; neighbouring sources and files share a row. */
export function Parts({ parts, breaks = false }: Props): ReactNode {
  return groups(parts).map((group) => {
    switch (group.kind) {
      case 'sources':
        return <Sources key={group.key} sources={group.parts} />
      case 'files':
        return <Files key={group.key} files={group.parts} />
      case 'broken':
        return (
          <p key={group.key} className="broken">
            {text.run.brokeOff(group.attempt)}
          </p>
        )
      case 'one':
        return <PartView key={group.key} part={group.part} breaks={breaks} />
      default:
        return group satisfies never
    }
  })
}

/** Parts share structure from event to event, so only the one that changed renders again. */
const PartView = memo(function PartView({
  part,
  breaks,
}: {
  readonly part: Exclude<Part, SourcePart | FilePart>
  readonly breaks: boolean
}): ReactNode {
  switch (part.kind) {
    case 'text':
      return (
        <div data-kind="text">
          <Markdown source={part.text} open={part.status === 'open'} breaks={breaks} />
        </div>
      )
    case 'reasoning':
      return <ReasoningView part={part} />
    case 'tool':
      return <ToolView part={part} />
    case 'data':
      return <DataView part={part} />
    default:
      return <Unknown part={part} />
  }
})

/** Of a newer server. What follows is shown all the same. */
function Unknown({ part }: { readonly part: never }): ReactNode {
  const { kind } = part as { readonly kind: string } // every part has one
  return (
    <p className="broken" data-testid="unknown-part">
      {text.newer.part(kind)}
    </p>
  )
}

type Group =
  | { readonly kind: 'one'; readonly key: string; readonly part: Exclude<Part, SourcePart | FilePart> }
  /** A later attempt goes on here. */
  | { readonly kind: 'broken'; readonly key: string; readonly attempt: number }
  | { readonly kind: 'sources'; readonly key: string; readonly parts: SourcePart[] }
  | { readonly kind: 'files'; readonly key: string; readonly parts: FilePart[] }

function groups(parts: readonly Part[]): readonly Group[] {
  const result: Group[] = []
  let attempt = parts[0]?.attempt
  for (const part of parts) {
    if (attempt !== undefined && part.attempt !== undefined && part.attempt > attempt) {
      result.push({ kind: 'broken', key: `${part.id} broken`, attempt })
      attempt = part.attempt
    }
    const last = result.at(-1)
    if (repeats(part, last)) continue
    if (part.kind === 'source') {
      if (last?.kind === 'sources') last.parts.push(part)
      else result.push({ kind: 'sources', key: part.id, parts: [part] })
    } else if (part.kind === 'file') {
      if (last?.kind === 'files') last.parts.push(part)
      else result.push({ kind: 'files', key: part.id, parts: [part] })
    } else if (part.kind !== 'text' || part.text !== '') {
      result.push({ kind: 'one', key: part.id, part })
    }
  }
  return result
}

/** A crew notes some things twice, for two who read them: a person need not. */
function repeats(part: Part, last: Group | undefined): boolean {
  if (part.kind !== 'data' || last?.kind !== 'one' || last.part.kind !== 'data') return false
  const fact = factOf(part.name, part.value)
  return fact !== undefined && fact.words === factOf(last.part.name, last.part.value)?.words
}
