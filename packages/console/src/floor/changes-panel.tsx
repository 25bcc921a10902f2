import type { Message, Run, SessionId } from '@headrace/core'
import { orderOf } from '@headrace/factory/floor'
import { useMemo, type ReactNode } from 'react'
import { DiffView } from '../diff/diff-view.tsx'
import { filesOfEdits, filesOfPatch } from '../diff/patches.ts'
import { CodeBlock } from '../markdown/code-block.tsx'
import { changesOf } from '../model/lane-changes.ts'
import { visibleText } from '../model/visible-text.ts'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'

interface Props {
  readonly session: SessionId
  readonly messages: readonly Message[]
  readonly runs: readonly Run[]
}

/** What the lane's newest attempt has changed, file by file. */
export function ChangesPanel({ session, messages, runs }: Props): ReactNode {
  const changes = useMemo(() => changesOf(messages, runs), [messages, runs])
  const files = useMemo(() => (changes?.patch === undefined ? [] : filesOfPatch(changes.patch)), [changes])
  const edits = useMemo(() => filesOfEdits(changes?.edits ?? []), [changes])
  if (!changes) return <Empty title={text.diff.none} lead={text.diff.noneLead} />
  const order = orderOf(
    messages.find(({ id }) => id === changes.run.input),
    session,
  )
  return (
    <div className="lane-changes">
      {order && <p className="lane-note">{text.diff.of(order.task, order.attempt)}</p>}
      {changes.isCut && <p className="lane-note">{text.diff.cut}</p>}
      {files && files.length > 0 && <DiffView files={files} />}
      {!files && changes.patch !== undefined && <CodeBlock code={visibleText(changes.patch)} language="diff" />}
      {edits.length > 0 && (
        <>
          <h2 className="lane-heading">{text.diff.edits}</h2>
          <DiffView files={edits} />
        </>
      )}
    </div>
  )
}
