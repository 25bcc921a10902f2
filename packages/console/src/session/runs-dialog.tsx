import { totalUsage, type Budget, type SessionView, type Usage } from '@headrace/core'
import type { ReactNode } from 'react'
import { answerState, isOpen } from '../model/answer-state.ts'
import { runTree, type RunNode } from '../model/run-tree.ts'
import { duration } from '../model/time.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { Time } from '../ui/time.tsx'
import { stateWords } from './answer-meta.tsx'
import { useSessionPlace } from './session-context.ts'
import './runs-dialog.css'

interface Props {
  readonly view: SessionView
  readonly onClose: () => void
}

/** All runs that the session remembers, as they started each other, with what each has used and cost. */
export function RunsDialog({ view, onClose }: Props): ReactNode {
  const tree = runTree(view.runs)
  return (
    <Dialog title={text.runs.title} onClose={onClose}>
      <div className="runs-total" data-testid="runs-total">
        <UsageFacts usage={view.usage} />
        {view.budget && <BudgetFacts budget={view.budget} />}
      </div>
      {tree.length === 0 && <p className="dialog-lead">{text.runs.none}</p>}
      <ul className="runs">
        {tree.map((node) => (
          <RunRow key={node.run.id} node={node} view={view} />
        ))}
      </ul>
      <div className="dialog-actions">
        <Button onClick={onClose}>{text.shortcuts.close}</Button>
      </div>
    </Dialog>
  )
}

function RunRow({ node: { run, children }, view }: { readonly node: RunNode; readonly view: SessionView }): ReactNode {
  const place = useSessionPlace()
  const state = answerState({ key: run.id, agent: run.agent, run, messages: [] }, view.runs)
  const words = stateWords(state, place)
  return (
    <li className="run" data-testid="run" data-run={run.id} data-state={state.kind}>
      <div className="run-row">
        <p className="run-name">
          <bdi>{run.agent}</bdi> <span className="run-state">{words === '' ? text.runs.complete : words}</span>
        </p>
        <p className="run-facts">
          <Time at={run.queuedAt} />
          {run.status === 'ended' && run.claimedAt !== undefined && (
            <span>{duration(run.endedAt - run.claimedAt)}</span>
          )}
          <UsageFacts usage={totalUsage(run)} />
        </p>
        {run.undelivered && <p className="run-note">{text.runs.undelivered(run.undelivered.error)}</p>}
        {place.may.control && isOpen(state) && (
          <div className="run-actions">
            {run.undelivered?.dead && (
              <Button
                size="small"
                onClick={() => {
                  place.session.retry(run.id).catch(() => {})
                }}
              >
                {text.run.again}
              </Button>
            )}
            <Button
              size="small"
              icon={<Icon name={run.paused ? 'play' : 'pause'} />}
              aria-label={run.paused ? text.runs.resume(run.agent) : text.runs.pause(run.agent)}
              onClick={() => {
                // Refused: it is over, and the row says so.
                const done = run.paused ? place.session.resume(run.id) : place.session.pause(run.id)
                done.catch(() => {})
              }}
            />
            <Button
              size="small"
              icon={<Icon name="stop" />}
              aria-label={children.length > 0 ? text.runs.stopAll(run.agent) : text.run.stop(run.agent)}
              onClick={() => {
                place.session.cancel({ subtree: run.id }).catch(() => {})
              }}
            />
          </div>
        )}
      </div>
      {children.length > 0 && (
        <ul className="runs">
          {children.map((child) => (
            <RunRow key={child.run.id} node={child} view={view} />
          ))}
        </ul>
      )}
    </li>
  )
}

function UsageFacts({ usage }: { readonly usage: Usage }): ReactNode {
  const { inputTokens = 0, outputTokens = 0, costUsd, toolCalls = 0 } = usage
  return (
    <span className="run-usage">
      {inputTokens + outputTokens > 0 && <span>{text.runs.tokens(inputTokens, outputTokens)}</span>}
      {toolCalls > 0 && <span>{text.runs.tools(toolCalls)}</span>}
      {costUsd !== undefined && <span className="run-cost">{text.usd(costUsd)}</span>}
    </span>
  )
}

function BudgetFacts({ budget: { tokens, costUsd } }: { readonly budget: Budget }): ReactNode {
  return (
    <span className="run-usage">
      {tokens !== undefined && <span>{text.runs.budgetTokens(tokens)}</span>}
      {costUsd !== undefined && <span>{text.runs.budgetCost(costUsd)}</span>}
    </span>
  )
}
