import type { DataPart } from '@headrace/core'
import type { ReactNode } from 'react'
import { CodeBlock } from '../markdown/code-block.tsx'
import { factOf } from '../model/factory-fact.ts'
import { oneLine, pretty } from '../model/json-text.ts'
import { text } from '../text.ts'
import { FactView } from './fact-view.tsx'
import { Fold } from './fold.tsx'

/** What a factory noted, in words. A value of another application the console does not know, so it shows what it is. */
export function DataView({ part }: { readonly part: DataPart }): ReactNode {
  const fact = factOf(part.name, part.value)
  if (fact) return <FactView fact={fact} name={part.name} />
  return (
    <Fold icon="data" name={part.name} peek={oneLine(part.value)} testId="data">
      <CodeBlock code={pretty(part.value)} label={text.part.data} />
    </Fold>
  )
}
