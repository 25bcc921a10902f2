import type { FilePart } from '@headrace/core'
import type { ReactNode } from 'react'
import { SafeLink } from '../markdown/safe-link.tsx'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import './chips.css'

/** Files by reference: a row of links. Pictures are not loaded, so that looking at an answer tells nobody. */
export function Files({ files }: { readonly files: readonly FilePart[] }): ReactNode {
  return (
    <ul className="chips" aria-label={text.part.files}>
      {files.map((file) => (
        <li key={file.id}>
          <SafeLink className="chip" href={file.url}>
            <Icon name="file" />
            <span className="chip-name" dir="auto">
              {file.name ?? text.part.file}
            </span>
            <span className="chip-more">{file.mediaType}</span>
          </SafeLink>
        </li>
      ))}
    </ul>
  )
}
