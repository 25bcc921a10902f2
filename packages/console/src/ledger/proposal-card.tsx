import { diffIn, retroSource, type Task } from '@headrace/factory/floor'
import { useMemo, type ReactNode } from 'react'
import { DiffView } from '../diff/diff-view.tsx'
import { filesOfPatch } from '../diff/patches.ts'
import { useFloorPlace } from '../floor/floor-context.ts'
import { Markdown } from '../markdown/markdown.tsx'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Coded } from '../ui/coded.tsx'
import { Time } from '../ui/time.tsx'

/** What is proposed, with its evidence and its difference, and what became of it. */
export function ProposalCard({ task }: { readonly task: Task }): ReactNode {
  const { ask, reject, may } = useFloorPlace()
  const { id, title, body, source, at, state } = task
  const diff = useMemo(() => (source.kind === retroSource ? diffIn(body) : undefined), [source.kind, body])
  const files = useMemo(() => (diff === undefined ? undefined : filesOfPatch(diff)), [diff])
  // The difference stands below, where it is read as one.
  const words = files ? (body.split('\n```diff\n')[0] ?? '') : body
  const isOpen = state.status === 'proposed'
  return (
    <li className="ledger-card" data-testid="proposal" data-task={id} data-status={state.status}>
      <p className="ledger-card-name">
        <span className="task-id">{id}</span> <bdi>{title}</bdi>{' '}
        <span className="badge" data-tone={state.status}>
          {text.ledger.judgement.states[state.status]}
        </span>
      </p>
      <p className="ledger-note">
        {text.ledger.judgement.from(source.kind)} <Time at={at} />
      </p>
      {state.status === 'rejected' && (
        <p className="ledger-card-words" dir="auto">
          {text.floor.rejectedBecause(state.why)}
        </p>
      )}
      {state.status === 'done' && (
        <p className="ledger-note">{text.floor.mergedAs(state.commit?.slice(0, 10) ?? '')}</p>
      )}
      <details open={isOpen}>
        <summary className="proposal-more">{text.ledger.judgement.evidence}</summary>
        <div className="proposal-body">
          {words !== '' && <Markdown source={words} breaks />}
          {files && <DiffView files={files} />}
        </div>
      </details>
      {isOpen && may.send && (
        <div className="task-actions proposal-actions">
          {source.kind === retroSource ? (
            <p className="ledger-note">
              <Coded words={text.ledger.judgement.accept(id)} />
            </p>
          ) : (
            <Button
              size="small"
              look="primary"
              aria-label={`${text.floor.needed.accept}: ${id}`}
              onClick={() => ask({ ask: 'accept-task', task: id })}
            >
              {text.floor.needed.accept}
            </Button>
          )}
          <Button size="small" aria-label={`${text.floor.reject}: ${id}`} onClick={() => reject(task)}>
            {text.floor.reject}
          </Button>
        </div>
      )}
    </li>
  )
}
