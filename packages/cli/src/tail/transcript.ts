import { actorId, type Message, type PartStart, type SessionEvent, type SessionView } from '@headrace/core'
import type { Paint } from '../terminal/paint.ts'
import { plain, plainLine } from '../terminal/plain.ts'
import { createFloor } from './floor.ts'
import { createNotices } from './notices.ts'
import { createToolLines } from './tool-lines.ts'

/** A session as text for a terminal. */
export interface Transcript {
  /** The newest messages of a view; the events that follow must come after this view. */
  begin(view: SessionView, messages: number): string
  /** What one event adds to what was printed. */
  event(event: SessionEvent): string
}

export function createTranscript(paint: Paint): Transcript {
  const floor = createFloor(paint)
  const notices = createNotices(paint)
  const tools = createToolLines()
  /** Text and reasoning parts of open messages. */
  const streams = new Map<string, Map<string, 'text' | 'reasoning'>>()

  function line(message: string, text: string | undefined): void {
    if (text !== undefined) floor.say(message, { style: 'line', text })
  }

  function open(message: string, part: string, start: PartStart): void {
    switch (start.kind) {
      case 'text':
      case 'reasoning':
        streams.set(message, (streams.get(message) ?? new Map<string, 'text' | 'reasoning'>()).set(part, start.kind))
        return floor.say(message, { style: start.kind, text: plain(start.text ?? '') })
      case 'tool':
        return tools.open(message, part, start.name, start.input)
      case 'file':
        return line(message, `file ${plainLine(start.name ?? start.url)} (${plainLine(start.mediaType, 60)})`)
      case 'source':
        return line(message, `source ${plainLine(`${start.title ?? ''} ${start.url}`, 160)}`)
      case 'data':
        return line(message, `data ${plainLine(start.name, 40)} ${plainLine(JSON.stringify(start.value))}`)
      default:
        return start satisfies never
    }
  }

  function delta(message: string, part: string, text: string): void {
    const style = streams.get(message)?.get(part)
    if (style) floor.say(message, { style, text: plain(text) })
    else tools.delta(message, part, text)
  }

  function close(message: string): void {
    for (const text of tools.closeAll(message)) line(message, text)
    streams.delete(message)
    floor.close(message)
  }

  /** Brings a message of a snapshot to where it stands. */
  function replay(message: Message): void {
    const { id, run } = message
    floor.open({ id, author: plainLine(message.name ?? actorId(message.author), 60), ...about(message.at, run) })
    for (const part of message.parts) {
      if (part.kind !== 'tool') {
        open(id, part.id, part)
        continue
      }
      tools.open(id, part.id, part.name, part.input)
      tools.delta(id, part.id, part.text)
      line(id, part.status === 'open' ? tools.change(id, part.id, part) : tools.close(id, part.id, part))
    }
    if (message.status === 'interrupted') line(id, '(interrupted)')
    if (message.status !== 'open') close(id)
  }

  function apply(event: SessionEvent): void {
    switch (event.type) {
      case 'message.added': {
        const { id, name, parts } = event.data
        floor.open({ id, author: plainLine(name ?? actorId(event.actor), 60), ...about(event.at) })
        for (const [index, start] of parts.entries()) open(id, String(index), start)
        return close(id)
      }
      case 'message.opened':
        return floor.open({
          id: event.data.id,
          author: plainLine(actorId(event.actor), 60),
          ...about(event.at, event.run),
        })
      case 'part.opened':
        return open(event.data.message, event.data.part, event.data.start)
      case 'part.delta':
        return delta(event.data.message, event.data.part, event.data.text)
      case 'part.changed':
        return line(event.data.message, tools.change(event.data.message, event.data.part, event.data.fields))
      case 'part.closed':
        return line(event.data.message, tools.close(event.data.message, event.data.part, event.data.fields ?? {}))
      case 'message.closed':
        return close(event.data.id)
      case 'run.ended':
      case 'run.lapsed':
        if (event.run !== undefined) floor.leave(event.run, event.type === 'run.ended' ? 'closed' : 'silent')
        return notice(event)
      default:
        return notice(event)
    }
  }

  function notice(event: SessionEvent): void {
    const text = notices.of(event)
    if (text !== undefined) floor.notice(text)
  }

  return {
    begin(view, messages) {
      notices.begin(view)
      for (const message of messages > 0
        ? view.messages.slice(-messages)
        : view.messages.filter(({ status }) => status === 'open'))
        replay(message)
      for (const text of notices.standing(view)) floor.notice(text)
      return floor.take()
    },
    event(event) {
      apply(event)
      return floor.take()
    },
  }
}

function about(at: number, run?: string): { readonly meta: string; readonly run?: string } {
  const time = new Date(at).toTimeString().slice(0, 8)
  return run === undefined ? { meta: time } : { meta: `${time}  ${run}`, run }
}
