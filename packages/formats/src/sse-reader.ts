/**
 * Server-sent events out of text that comes in pieces, by the HTML standard: lines end with CR, LF or both, a blank line
 * ends an event, `:` begins a comment. A reader of our own because this package and the client, which reads with it, have
 * no dependencies, and because it must be bounded: an event that grows past the limit is an error and not memory.
 */
import { HeadraceError } from '@headrace/core'

export interface SseEvent {
  /** `message` where the stream names none. */
  readonly event: string
  readonly data: string
  /** The last id that the stream has named. */
  readonly id?: string
}

export interface SseReaderOptions {
  /** Longest event, in characters. Default 8,388,608. */
  readonly maxEventChars?: number
}

export interface SseReader {
  /**
   * The events that this piece of text completes.
   *
   * @throws HeadraceError `upstream_failed` when an event is longer than it may be
   */
  push(text: string): readonly SseEvent[]
  /**
   * What is there when the text is over: servers leave out the blank line after their last event, so that one counts if its
   * last line was whole.
   */
  end(): readonly SseEvent[]
}

const defaultMaxEventChars = 8_388_608

export function createSseReader({ maxEventChars = defaultMaxEventChars }: SseReaderOptions = {}): SseReader {
  let isFirst = true
  /** The piece before ended in CR, so that a LF at the beginning of this one belongs to it. */
  let afterCr = false
  let line: string[] = []
  let lineChars = 0
  let name = ''
  let id: string | undefined
  let data: string[] = []
  let dataChars = 0

  const grow = (text: string): void => {
    lineChars += text.length
    if (lineChars + dataChars > maxEventChars) {
      const why = `The stream has an event of more than ${maxEventChars} characters (maxEventChars).`
      throw new HeadraceError('upstream_failed', why, { detail: { limit: 'maxEventChars', allowed: maxEventChars } })
    }
    if (text !== '') line.push(text)
  }

  const dispatch = (): readonly SseEvent[] => {
    const event = name === '' ? 'message' : name
    const text = data.join('\n')
    const isEmpty = data.length === 0
    name = ''
    data = []
    dataChars = 0
    return isEmpty ? [] : [{ event, data: text, ...(id !== undefined && { id }) }]
  }

  const endLine = (): readonly SseEvent[] => {
    const text = line.join('')
    line = []
    lineChars = 0
    if (text === '') return dispatch()
    const colon = text.indexOf(':')
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') {
      data.push(value)
      // An empty line counts too, or any number of them would fit.
      dataChars += value.length + 1
    } else if (field === 'event') name = value
    else if (field === 'id' && !value.includes('\0')) id = value
    return []
  }

  return {
    push(text) {
      if (text === '') return []
      let start = isFirst && text.startsWith('\uFEFF') ? 1 : 0
      isFirst = false
      if (afterCr && text[start] === '\n') start += 1
      afterCr = text.endsWith('\r')
      const events: SseEvent[] = []
      const ends = /\r\n|\r|\n/g
      ends.lastIndex = start
      for (let end = ends.exec(text); end; end = ends.exec(text)) {
        grow(text.slice(start, end.index))
        events.push(...endLine())
        start = ends.lastIndex
      }
      grow(text.slice(start))
      return events
    },
    end: () => (lineChars > 0 ? [...endLine(), ...dispatch()] : dispatch()),
  }
}
