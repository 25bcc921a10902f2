import type { SourcePart } from '@headrace/core'
import type { ReactNode } from 'react'
import { hostOf, safeHref } from '../markdown/safe-href.ts'
import { SafeLink } from '../markdown/safe-link.tsx'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import './chips.css'

/** What an answer rests on: a row of links. */
export function Sources({ sources }: { readonly sources: readonly SourcePart[] }): ReactNode {
  return (
    <ul className="chips" aria-label={text.part.sources}>
      {sources.map((source) => {
        const safe = safeHref(source.url)
        const host = safe === undefined ? undefined : hostOf(safe)
        return (
          <li key={source.id}>
            <SafeLink className="chip" href={source.url}>
              <Icon name="link" />
              <span className="chip-name" dir="auto">
                {source.title ?? host ?? source.url}
              </span>
              {source.title !== undefined && host !== undefined && <span className="chip-more">{host}</span>}
            </SafeLink>
          </li>
        )
      })}
    </ul>
  )
}
