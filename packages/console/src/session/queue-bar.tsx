import type { Message, Run } from '@headrace/core'
import type { ReactNode } from 'react'
import { queueOf } from '../model/queue.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { useSessionPlace } from './session-context.ts'
import './queue-bar.css'

interface Props {
  readonly runs: readonly Run[]
  readonly messages: readonly Message[]
}

/** What waits behind the work of its agent, in order, each to be taken back. Absent while nothing waits. */
export function QueueBar({ runs, messages }: Props): ReactNode {
  const { session, may } = useSessionPlace()
  const queue = queueOf(runs, messages)
  if (queue.length === 0) return null
  const move = (run: string, before: string | null): void => {
    session.reorder(run, before).catch(() => {}) // refused: it has begun, and the page shows that
  }
  return (
    <section className="queue" aria-label={text.queue.label} data-testid="queue">
      <p className="queue-title">{text.queue.title(queue.length)}</p>
      <ol className="queue-list">
        {queue.map(({ run, agent, snippet }, index) => (
          <li key={run} className="queue-row">
            <bdi className="queue-agent">{agent}</bdi>
            <span className="queue-snippet" dir="auto">
              {snippet}
            </span>
            {may.control && queue.length > 1 && (
              <>
                <Button
                  size="small"
                  look="quiet"
                  icon={<Icon name="up" />}
                  aria-label={text.queue.sooner(agent, snippet)}
                  disabled={index === 0}
                  onClick={() => move(run, queue[index - 1]?.run ?? null)}
                />
                <Button
                  size="small"
                  look="quiet"
                  icon={<Icon name="down" />}
                  aria-label={text.queue.later(agent, snippet)}
                  disabled={index === queue.length - 1}
                  onClick={() => move(run, queue[index + 2]?.run ?? null)}
                />
              </>
            )}
            {may.control && (
              <Button
                className="queue-remove"
                size="small"
                look="quiet"
                icon={<Icon name="close" />}
                aria-label={text.queue.remove(agent, snippet)}
                onClick={() => {
                  session.cancel({ run }).catch(() => {}) // refused: it has begun, and the page shows that
                }}
              >
                {text.queue.removeShort}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
