import { useHeadrace } from '@headrace/client/react'
import { HeadraceError, type Message, type SessionView } from '@headrace/core'
import { useId, useMemo, useState, type FormEvent, type ReactNode } from 'react'
import { momentOfDay } from '../model/time.ts'
import { hrefOf } from '../route/route.ts'
import { useShortcuts } from '../shell/shortcuts.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Icon } from '../ui/icon.tsx'
import { Popover } from '../ui/popover.tsx'
import { speeds } from './pace.ts'
import type { Player, PlayerState } from './player.ts'
import { Timeline } from './timeline.tsx'
import './replay-bar.css'

interface Props {
  readonly player: Player
  readonly state: PlayerState
  /** The session as it is. */
  readonly now: SessionView
  readonly messages: readonly Message[]
  /** What happens at the place that is shown. */
  readonly told: string
}

/** Winds and plays: where it stands, what happens there, and the ways to another place. */
export function ReplayBar({ player, state, now, messages, told }: Props): ReactNode {
  const { seq, moment, playing, speed, error } = state
  useShortcuts(
    useMemo(
      () => ({
        p: () => (player.get().playing ? player.pause() : player.play()),
        ',': () => void player.jump(-1),
        '.': () => void player.jump(1),
      }),
      [player],
    ),
  )
  const at = moment?.view.at ?? now.at
  const where = text.replay.where(seq, now.seq)
  return (
    <section
      className="replay"
      aria-label={text.replay.label}
      data-testid="replay-bar"
      data-seq={seq}
      data-playing={playing}
    >
      {error && (
        <p className="replay-error" role="alert">
          {error.message}
        </p>
      )}
      <p className="replay-told">
        <span className="replay-time" data-testid="replay-time">
          {momentOfDay(at)}
        </span>
        <output className="replay-what" dir="auto" data-testid="replay-told">
          {told}
        </output>
        <span className="replay-where">{where}</span>
      </p>
      <Timeline
        first={player.first}
        head={now.seq}
        seq={seq}
        messages={messages}
        label={text.replay.place}
        said={`${momentOfDay(at)}, ${where}: ${told}`}
        onGo={(to) => player.go(to)}
      />
      <div className="replay-row">
        <div className="replay-buttons">
          <Button
            size="small"
            look="quiet"
            icon={<Icon name="before" />}
            aria-label={text.replay.before}
            title={text.replay.before}
            aria-keyshortcuts=","
            onClick={() => void player.jump(-1)}
          />
          <Button
            size="small"
            look="primary"
            icon={<Icon name={playing ? 'pause' : 'play'} />}
            aria-keyshortcuts="p"
            onClick={() => (playing ? player.pause() : player.play())}
          >
            {playing ? text.replay.pause : text.replay.play}
          </Button>
          <Button
            size="small"
            look="quiet"
            icon={<Icon name="after" />}
            aria-label={text.replay.after}
            title={text.replay.after}
            aria-keyshortcuts="."
            onClick={() => void player.jump(1)}
          />
          <label className="replay-speed">
            <span className="visually-hidden">{text.replay.speed}</span>
            <select
              value={speed}
              onChange={(event) => player.setSpeed(speeds.find((each) => String(each) === event.target.value) ?? speed)}
            >
              {speeds.map((each) => (
                <option key={each} value={each}>
                  {text.replay.times(each)}
                </option>
              ))}
            </select>
          </label>
        </div>
        <div className="replay-buttons">
          <GoToTime session={now.id} at={at} onGo={(to) => player.go(to)} />
          <CopyButton
            value={new URL(hrefOf(now.id, { at: seq }), location.href).href}
            label={text.replay.copy}
            done={text.replay.copied}
          />
          <a className="button button-plain button-small" href={hrefOf(now.id)}>
            <span className="button-words">{text.replay.now}</span>
          </a>
        </div>
      </div>
    </section>
  )
}

interface GoProps {
  readonly session: string
  readonly at: number
  readonly onGo: (seq: number) => void
}

/** "What was on the screen at 14:03?" */
function GoToTime({ session, at, onGo }: GoProps): ReactNode {
  const client = useHeadrace()
  const field = useId()
  const [wanted, setWanted] = useState<string>()
  const [refused, setRefused] = useState<string>()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const time = new Date(wanted ?? localTime(at)).getTime()
    setRefused(undefined)
    client.view(session, { time }).then(
      (view) => onGo(view.seq),
      (thrown: unknown) => setRefused(HeadraceError.from(thrown).message),
    )
  }
  return (
    <Popover label={text.replay.toTime} trigger={<Icon name="clock" />} className="replay-to">
      <form className="field" onSubmit={submit}>
        <label className="field-label" htmlFor={field}>
          {text.replay.toTimeLabel}
        </label>
        <input
          id={field}
          className="field-input"
          type="datetime-local"
          step="1"
          value={wanted ?? localTime(at)}
          onChange={(event) => setWanted(event.target.value)}
        />
        <Button type="submit" size="small" look="primary">
          {text.replay.toTimeGo}
        </Button>
        {refused !== undefined && <p role="alert">{refused}</p>}
      </form>
    </Popover>
  )
}

/** A moment as the field wants it: local, without a zone. */
function localTime(at: number): string {
  const date = new Date(at)
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
