import { actorKind, type Message } from '@headrace/core'
import { useMemo, type ReactNode } from 'react'

interface Props {
  readonly first: number
  /** Seq of the last event. */
  readonly head: number
  readonly seq: number
  /** Marked at where they begin. */
  readonly messages: readonly Message[]
  readonly label: string
  /** The place in words. */
  readonly said: string
  readonly onGo: (seq: number) => void
}

const width = 1_000

/** The whole log as a line, with a mark for each message: people above, agents below. */
export function Timeline({ first, head, seq, messages, label, said, onGo }: Props): ReactNode {
  const span = Math.max(1, head - first)
  const marks = useMemo(() => {
    const placeOf = (at: number): number => Math.round((Math.max(0, at - first) / span) * width)
    return messages
      .filter((message) => message.seq >= first)
      .map((message) => ({ key: message.id, x: placeOf(message.seq), person: actorKind(message.author) !== 'agent' }))
  }, [messages, first, span])
  return (
    <div className="timeline">
      <svg className="timeline-marks" viewBox={`0 0 ${width} 20`} preserveAspectRatio="none" aria-hidden="true">
        <rect className="timeline-line" x="0" y="9" width={width} height="2" />
        <rect className="timeline-past" x="0" y="9" width={Math.round(((seq - first) / span) * width)} height="2" />
        {marks.map(({ key, x, person }) => (
          <rect
            key={key}
            className={person ? 'timeline-person' : 'timeline-agent'}
            x={Math.min(x, width - 2)}
            y={person ? 2 : 12}
            width="2"
            height="6"
          />
        ))}
      </svg>
      <input
        className="timeline-range"
        type="range"
        aria-label={label}
        aria-valuetext={said}
        min={first}
        max={Math.max(first, head)}
        value={seq}
        onChange={(event) => onGo(Number(event.target.value))}
      />
    </div>
  )
}
