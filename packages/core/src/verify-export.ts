/**
 * Checks an export without a server (S5). Found is whatever was changed, dropped, moved or added after it was made:
 *
 * - every event is the next one, and its place in the hash chain is right;
 * - an event that says that it was redacted is blank, and a `content.redacted` event names it;
 * - a gap bridges the chain, and a `log.compacted` event names it;
 * - the messages that the floor's view counts as cold are there;
 * - the last line counts what there is, and has the digest of all lines.
 *
 * Who makes a whole new export makes one that is whole: compare its last link with one that you know from elsewhere.
 */
import { blankEvent, carries } from './blank.ts'
import { chainStart, leafOf, linkAfter, type Hash } from './chain.ts'
import type { EventOf, Gap, SessionEvent } from './events.ts'
import { ExportWriter, exportVersion, type ExportEnd, type ExportHeader, type HiddenLine } from './export-lines.ts'
import { sha256 } from './sha256.ts'
import type { Message, SessionView } from './view.ts'

/** What was found to be right. */
export type ExportReport = ExportHeader & ExportEnd

export type Verification =
  | { readonly ok: true; readonly report: ExportReport }
  /** `line` counts from 1; 0 when it is about the whole. */
  | { readonly ok: false; readonly line: number; readonly fault: string }

/**
 * @param lines - the export, line by line, without line ends
 * @param hash - a faster SHA-256 than this package's own
 */
export async function verifyExport(lines: AsyncIterable<string>, hash: Hash = sha256): Promise<Verification> {
  const check = new Check(hash)
  let line = 0
  for await (const text of lines) {
    line += 1
    const wrong = faultOf(() => check.take(text))
    if (wrong !== undefined) return { ok: false, line, fault: wrong }
  }
  let report: ExportReport | undefined
  const wrong = faultOf(() => {
    report = check.finish()
  })
  return report ? { ok: true, report } : { ok: false, line: 0, fault: wrong ?? '' }
}

/** A line of another shape makes the code that looks at it throw. */
function faultOf(task: () => void): string | undefined {
  try {
    task()
    return undefined
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.message : 'This line does not have the shape that it should have.'
  }
}

class Fault extends Error {}

function fault(text: string): never {
  throw new Fault(text)
}

type FirstLine = ExportHeader & { readonly version: number }

type Line =
  | { readonly kind: 'export'; readonly header: FirstLine }
  | { readonly kind: 'view'; readonly view: SessionView }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'event'; readonly event: SessionEvent }
  | { readonly kind: 'hidden'; readonly event: HiddenLine }
  | { readonly kind: 'end' }

class Check {
  readonly #hash: Hash
  readonly #writer: ExportWriter
  #header: ExportHeader | undefined
  #view: SessionView | undefined
  #messages = 0
  #lastMessage = 0
  #seq = 0
  #at = 0
  #hasEvents = false
  #link: string = chainStart
  #end: ExportEnd | undefined
  readonly #redactions = new Map<string, EventOf<'content.redacted'>[]>()
  readonly #redacted: { readonly event: SessionEvent; readonly json: string }[] = []
  readonly #named = new Set<string>()
  readonly #bridged: Gap[] = []

  constructor(hash: Hash) {
    this.#hash = hash
    this.#writer = new ExportWriter(hash)
  }

  take(text: string): void {
    if (this.#end) fault('Something comes after the end.')
    const line = parseLine(text)
    if (!this.#header && line.kind !== 'export') fault('An export begins with {"export":"headrace",…}.')
    switch (line.kind) {
      case 'export':
        return this.#begin(text, line.header)
      case 'view':
        return this.#takeView(text, line.view)
      case 'message':
        return this.#takeMessage(text, line.message)
      case 'gap':
        return this.#takeGap(text, line.gap)
      case 'event':
        return this.#takeEvent(text, line.event)
      case 'hidden':
        return this.#takeHidden(text, line.event)
      case 'end':
        return this.#takeEnd(text)
      default:
        return line satisfies never
    }
  }

  #begin(text: string, header: FirstLine): void {
    if (this.#header) fault('An export has one first line.')
    if (header.version !== exportVersion) fault(`The format is ${header.version}; this can check ${exportVersion}.`)
    same(text, this.#writer.header(header), 'The first line')
    this.#header = header
    this.#seq = header.origin
  }

  #takeView(text: string, view: SessionView): void {
    const { session, floor } = this.#header ?? fault('The first line is missing.')
    if (this.#view || this.#hasEvents) fault('There is one view, before the messages and events.')
    if (view.seq !== floor || view.id !== session) fault(`The view is not that of ${session} at ${floor}.`)
    same(text, this.#writer.view(view), 'The view')
    this.#view = view
  }

  #takeMessage(text: string, message: Message): void {
    if (!this.#view || this.#hasEvents) fault('Messages stand between the view and the events.')
    if (message.seq <= this.#lastMessage) fault(`Message ${message.id} is out of order.`)
    if (message.seq > this.#view.seq || this.#view.messages.some(({ id }) => id === message.id))
      fault(`Message ${message.id} does not belong here: it was not cold at ${this.#view.seq}.`)
    same(text, this.#writer.message(message), `Message ${message.id}`)
    this.#lastMessage = message.seq
    this.#messages += 1
  }

  #takeGap(text: string, gap: Gap): void {
    this.#beginEvents()
    const { floor } = this.#header ?? fault('The first line is missing.')
    if (gap.first !== this.#seq + 1 || gap.last < gap.first || gap.last > floor)
      fault(`The gap from ${gap.first} to ${gap.last} does not belong after event ${this.#seq}.`)
    if (gap.before !== this.#link) fault(`The chain before the gap at ${gap.first} is not the one that was written.`)
    same(text, this.#writer.gap(gap), `The gap at ${gap.first}`)
    this.#seq = gap.last
    this.#link = gap.after
    this.#bridged.push(gap)
  }

  #takeEvent(text: string, event: SessionEvent): void {
    this.#beginEvents()
    this.#next(event)
    this.#writer.event(event, text)
    if (event.was !== undefined) this.#redacted.push({ event, json: text })
    if (event.type === 'content.redacted') {
      const { message } = event.data
      this.#redactions.set(message, [...(this.#redactions.get(message) ?? []), event])
    }
    if (event.type === 'log.compacted') for (const gap of event.data.gaps) this.#named.add(nameOf(gap))
    this.#link = linkAfter(this.#link, leafOf(text, event, this.#hash), this.#hash)
  }

  #takeHidden(text: string, event: HiddenLine): void {
    this.#beginEvents()
    this.#next(event)
    same(text, this.#writer.hidden(event), `Event ${event.seq}`)
    this.#link = linkAfter(this.#link, event.was, this.#hash)
  }

  #next({ seq, at }: { readonly seq: number; readonly at: number }): void {
    if (seq !== this.#seq + 1) {
      if (seq <= this.#seq) fault(`Event ${seq} comes after event ${this.#seq}.`)
      fault(`Events ${this.#seq + 1} to ${seq - 1} are missing, and no gap stands for them.`)
    }
    if (at < this.#at) fault(`Event ${seq} is earlier than the one before.`)
    this.#seq = seq
    this.#at = at
  }

  #beginEvents(): void {
    if (this.#hasEvents) return
    this.#hasEvents = true
    const { floor } = this.#header ?? fault('The first line is missing.')
    if (floor > 0 && !this.#view) fault(`The view at ${floor} is missing.`)
    if (!this.#view) return
    const { older, olderFor = {} } = this.#view
    const cold = Object.values(olderFor).reduce((sum, count) => sum + count, older)
    if (cold !== this.#messages) fault(`${cold} messages were cold at ${floor}, but ${this.#messages} are here.`)
  }

  #takeEnd(text: string): void {
    this.#beginEvents()
    const expected = this.#writer.end(this.#link)
    const { end } = JSON.parse(expected) as { readonly end: ExportEnd } // made on the line above
    const given = (JSON.parse(text) as { readonly end: Partial<ExportEnd> | null }).end ?? {} // `parseLine` saw it
    for (const [name, value] of Object.entries(end)) {
      const said = given[name as keyof ExportEnd] // its keys are the names
      if (said !== value) fault(`The last line says ${name} ${String(said)}, but it is ${String(value)}.`)
    }
    same(text, expected, 'The last line')
    this.#end = end
  }

  finish(): ExportReport {
    if (!this.#header) fault('It is empty.')
    if (!this.#end) fault('The last line is missing, so the export is not whole.')
    for (const gap of this.#bridged)
      if (!this.#named.has(nameOf(gap))) fault(`No event says that ${gap.first} to ${gap.last} were dropped.`)
    for (const { event, json } of this.#redacted) this.#checkBlank(event, json)
    const { session, origin, floor, reader } = this.#header
    return { session, origin, floor, reader, ...this.#end }
  }

  #checkBlank(event: SessionEvent, json: string): void {
    const named = this.#redactions.get(messageOf(event) ?? '') ?? []
    const targets = named.filter(({ seq, data }) => seq > event.seq && carries(event, data))
    if (targets.length === 0) fault(`Event ${event.seq} says that it was redacted, but no event says so.`)
    const blank = targets.reduce((before, { data }) => blankEvent(before, data, ''), event)
    if (JSON.stringify(blank) !== json) fault(`Event ${event.seq} says that it was redacted, but has content.`)
  }
}

/** The message whose content an event carries. */
function messageOf(event: SessionEvent): string | undefined {
  if (event.type === 'message.added') return event.data.id
  return 'message' in event.data ? event.data.message : undefined
}

function nameOf({ first, last, before, after }: Gap): string {
  return `${first} ${last} ${before} ${after}`
}

function same(text: string, expected: string, what: string): void {
  if (text !== expected) fault(`${what} is not as it was written.`)
}

/** Shapes are not checked here: a line that differs from what was written does not get past the digest. */
function parseLine(text: string): Line {
  const value = parse(text)
  if ('export' in value) return { kind: 'export', header: value as unknown as FirstLine } // see above
  if ('view' in value) return { kind: 'view', ...(value as { readonly view: SessionView }) } // see above
  if ('message' in value) return { kind: 'message', ...(value as { readonly message: Message }) } // see above
  if ('gap' in value) return { kind: 'gap', ...(value as { readonly gap: Gap }) } // see above
  if ('end' in value) return { kind: 'end' }
  if (!('seq' in value) || !('type' in value)) fault('This is no line of an export.')
  return value.type === 'hidden'
    ? { kind: 'hidden', event: value as HiddenLine } // see above
    : { kind: 'event', event: value as SessionEvent } // see above
}

function parse(text: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    fault('This line is not JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fault('This line is no JSON object.')
  return value
}
