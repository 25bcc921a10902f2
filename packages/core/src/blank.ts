/**
 * What stands where content was taken out (S5): filler of the same length. The length must stay, because what is hot is
 * bounded by lengths: with another one, the fold of the log would let other messages go than it did before.
 */
import type { SessionEvent } from './events.ts'
import type { Json } from './json.ts'
import type { Part, PartFields, PartStart } from './parts.ts'
import type { Message } from './view.ts'

const filler = '\u2588'

/** Text of the same length that says nothing. */
function blankText(text: string): string {
  return filler.repeat(text.length)
}

/** A value whose JSON is as long. */
function blankJson(value: Json): Json {
  const { length } = JSON.stringify(value)
  return length < 2 ? 0 : filler.repeat(length - 2)
}

function blankFields<T extends PartFields>(fields: T): T {
  const blank: { -readonly [K in keyof PartFields]: PartFields[K] } = {}
  for (const key of ['input', 'output', 'value'] as const) {
    const value = fields[key]
    if (value !== undefined) blank[key] = blankJson(value)
  }
  if (fields.error !== undefined) blank.error = blankErrorText(fields.error)
  return { ...fields, ...blank }
}

/** An error is counted as JSON, where some characters take two. */
function blankErrorText(error: string): string {
  return filler.repeat(JSON.stringify(error).length - 2)
}

function blankContent<P extends Part | PartStart>(part: P): P {
  return blankAny(part) as P // the same kind with the same fields
}

function blankAny(part: Part | PartStart): Part | PartStart {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
      return part.text === undefined ? part : { ...part, text: blankText(part.text) }
    case 'tool':
      return { ...blankFields(part), name: filler, ...('text' in part && { text: blankText(part.text) }) }
    case 'file':
      return {
        ...part,
        url: blankText(part.url),
        mediaType: 'text/plain',
        ...(part.name !== undefined && { name: filler }),
      }
    case 'source':
      return { ...part, url: blankText(part.url), ...(part.title !== undefined && { title: filler }) }
    case 'data':
      return { ...blankFields(part), name: filler }
    default:
      return part satisfies never
  }
}

/** A part without its content. */
export function blankPart(part: Part): Part {
  return { ...blankContent(part), redacted: true }
}

/** A message without its content. */
export function blankMessage(message: Message): Message {
  return { ...message, parts: message.parts.map(blankPart), redacted: true }
}

interface Target {
  readonly message: string
  readonly part?: string
}

/** Whether an event carries content of what is redacted. */
export function carries(event: SessionEvent, { message, part }: Target): boolean {
  switch (event.type) {
    case 'message.added':
      return event.data.id === message
    case 'part.opened':
    case 'part.delta':
    case 'part.changed':
    case 'part.closed':
      return event.data.message === message && (part === undefined || event.data.part === part)
    default:
      return false
  }
}

/**
 * The event as it stays in the log after a redaction: the same fact without its content.
 *
 * @param event - one before the `content.redacted`: what the message got later is no part of that redaction
 * @param hash - of the event as it is, so that the hash chain still holds; where it was blanked before, that counts
 */
export function blankEvent(event: SessionEvent, target: Target, hash: string): SessionEvent {
  const was = event.was ?? hash
  switch (event.type) {
    case 'message.added': {
      const parts = event.data.parts.map((start, index) =>
        target.part === undefined || target.part === String(index) ? blankContent(start) : start,
      )
      return { ...event, data: { ...event.data, parts }, was }
    }
    case 'part.opened':
      return { ...event, data: { ...event.data, start: blankContent(event.data.start) }, was }
    case 'part.delta':
      return { ...event, data: { ...event.data, text: blankText(event.data.text) }, was }
    case 'part.changed':
      return { ...event, data: { ...event.data, fields: blankFields(event.data.fields) }, was }
    case 'part.closed': {
      const { fields } = event.data
      return fields ? { ...event, data: { ...event.data, fields: blankFields(fields) }, was } : event
    }
    default:
      return event
  }
}
