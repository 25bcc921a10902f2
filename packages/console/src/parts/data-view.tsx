import type { DataPart } from '@headrace/core'
import type { ReactNode } from 'react'
import { CodeBlock } from '../markdown/code-block.tsx'
import { oneLine, pretty } from '../model/json-text.ts'
import { text } from '../text.ts'
import { Fold } from './fold.tsx'

/** A value of the application's own. The console does not know what it means, so it shows what it is. */
export function DataView({ part }: { readonly part: DataPart }): ReactNode {
  return (
    <Fold icon="data" name={part.name} peek={oneLine(part.value)} testId="data">
      <CodeBlock code={pretty(part.value)} label={text.part.data} />
    </Fold>
  )
}
