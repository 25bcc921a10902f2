import { authorStyle, type Paint } from '../terminal/paint.ts'

/** A piece of a message as it is printed. A `line` stands on a line of its own. */
export interface Piece {
  readonly style: 'text' | 'reasoning' | 'line'
  /** Safe to print: see `plain`. */
  readonly text: string
}

export interface Speaker {
  /** Id of the message. */
  readonly id: string
  readonly author: string
  /** Stands beside the author: time and run. */
  readonly meta: string
  readonly run?: string
}

/**
 * Who may print. Several messages can stream at the same time, and a terminal has one cursor, so one message at a time
 * has the floor: its tokens are printed as they come, and the others wait. The floor passes when the message is closed,
 * when its run goes silent, and, if another message waits, at the end of a paragraph or line. Notices wait for the end of
 * a line, so that they never cut a word in two.
 *
 * Memory is bounded by the size of the messages that are open, which the server limits.
 */
export interface Floor {
  open(speaker: Speaker): void
  say(id: string, piece: Piece): void
  close(id: string): void
  /** Closes, or only passes the floor from, all messages of a run. */
  leave(run: string, how: 'closed' | 'silent'): void
  notice(line: string): void
  /** What may be printed now. */
  take(): string
}

interface Turn extends Speaker {
  waiting: Piece[]
  closed: boolean
}

/** More notices than this within one line of text are not worth reading. */
const maxNotices = 50

export function createFloor(paint: Paint): Floor {
  const turns = new Map<string, Turn>()
  /** All but the holder, in the order in which they get the floor. */
  let queue: Turn[] = []
  let notices: string[] = []
  let holder: Turn | undefined
  let style: Piece['style'] = 'text'
  let out = ''
  let atLineStart = true

  function write(text: string, endsLine = text.endsWith('\n')): void {
    if (text === '') return
    out += text
    atLineStart = endsLine
  }

  function endLine(): void {
    if (!atLineStart) write('\n')
  }

  function printNotices(): void {
    if (notices.length === 0) return
    endLine()
    for (const line of notices) write(`${line}\n`)
    notices = []
  }

  function print(piece: Piece): void {
    if (piece.style !== style || piece.style === 'line') endLine()
    if (piece.style === 'reasoning' && style !== 'reasoning') write(paint('dim', 'thinking: '), false)
    style = piece.style
    const text = piece.style === 'line' ? `${piece.text}\n` : piece.text
    write(piece.style === 'text' ? text : paint('dim', text), text.endsWith('\n'))
  }

  function othersWait(): boolean {
    return queue.some((turn) => turn.waiting.length > 0)
  }

  /** Prints what the holder has; true when it should pass the floor on. */
  function printTurn(turn: Turn): boolean {
    for (let piece = turn.waiting.shift(); piece; piece = turn.waiting.shift()) {
      const breakAt = piece.style === 'text' && othersWait() ? piece.text.indexOf('\n\n') : -1
      if (breakAt >= 0) {
        print({ style: 'text', text: piece.text.slice(0, breakAt + 1) })
        const rest = piece.text.slice(breakAt + 2)
        if (rest !== '') turn.waiting.unshift({ style: 'text', text: rest })
        return true
      }
      print(piece)
      if (piece.style === 'line' && othersWait()) return true
    }
    return false
  }

  function nextHolder(): Turn | undefined {
    const next = queue.find((turn) => turn.waiting.length > 0 || turn.closed)
    if (!next) return undefined
    queue = queue.filter((turn) => turn !== next)
    if (next.waiting.length === 0) return next
    endLine()
    printNotices()
    const author = paint(authorStyle(next.author), paint('bold', next.author))
    write(`\n${author}  ${paint('dim', next.meta)}\n`)
    style = 'text'
    return next
  }

  function pump(): void {
    for (;;) {
      holder ??= nextHolder()
      if (!holder) break
      const passes = printTurn(holder)
      if (holder.closed && holder.waiting.length === 0) turns.delete(holder.id)
      else if (passes) queue.push(holder)
      else break
      endLine()
      holder = undefined
    }
    if (!holder || atLineStart) printNotices()
  }

  return {
    open(speaker) {
      const turn: Turn = { ...speaker, waiting: [], closed: false }
      turns.set(speaker.id, turn)
      queue.push(turn)
    },
    say(id, piece) {
      if (piece.text !== '') turns.get(id)?.waiting.push(piece)
    },
    close(id) {
      const turn = turns.get(id)
      if (turn) turn.closed = true
    },
    leave(run, how) {
      for (const turn of turns.values()) if (turn.run === run && how === 'closed') turn.closed = true
      if (holder?.run !== run || how === 'closed') return
      endLine()
      queue.push(holder)
      holder = undefined
    },
    notice(line) {
      notices.push(line)
      if (notices.length > maxNotices) notices = notices.slice(-maxNotices)
    },
    take() {
      pump()
      const text = out
      out = ''
      return text
    },
  }
}
