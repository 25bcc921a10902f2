import type { Json } from '@headrace/core'
import { readUsage, type MeteredUsage } from './metered-usage.ts'
import type { WireFormat } from './provider.ts'

export interface UsageMeterOptions {
  readonly format: WireFormat
  /** Events one after the other, or one JSON value. */
  readonly body: 'events' | 'json'
  /** Characters of one event, or of the whole value, that are kept to be read. Default 16 Mi. */
  readonly maxChars?: number
}

/** Reads what a model used out of its answer as that passes by. What is too large to be read has no usage. */
export class UsageMeter {
  readonly #options: UsageMeterOptions
  readonly #decoder = new TextDecoder()
  #text = ''
  /** Up to here `#text` has no end of a line. */
  #scanned = 0
  #isSkipping = false
  #usage: MeteredUsage | undefined

  constructor(options: UsageMeterOptions) {
    this.#options = options
  }

  /** What was said so far. */
  get usage(): MeteredUsage | undefined {
    return this.#usage
  }

  push(chunk: Uint8Array): void {
    this.#add(this.#decoder.decode(chunk, { stream: true }))
  }

  /** Nothing more comes. */
  end(): void {
    this.#add(this.#decoder.decode())
    if (!this.#isSkipping) this.#read(this.#text)
    this.#text = ''
  }

  #add(text: string): void {
    const { body, maxChars = 16_777_216 } = this.#options
    if (!this.#isSkipping) this.#text += text
    if (body === 'events') this.#lines(text)
    if (this.#text.length <= maxChars) return
    this.#text = ''
    this.#scanned = 0
    this.#isSkipping = true
  }

  /** Every event of these formats is one line of data. */
  #lines(added: string): void {
    if (this.#isSkipping) {
      const end = added.search(/[\r\n]/)
      if (end === -1) return
      this.#isSkipping = false
      this.#text = added.slice(end + 1)
    }
    for (;;) {
      const rest = this.#text.slice(this.#scanned)
      const at = rest.search(/[\r\n]/)
      if (at === -1) break
      this.#read(this.#text.slice(0, this.#scanned + at))
      this.#text = rest.slice(at + 1)
      this.#scanned = 0
    }
    this.#scanned = this.#text.length
  }

  #read(line: string): void {
    const isEvent = this.#options.body === 'events'
    if (isEvent && !line.startsWith('data:')) return
    // Most events are pieces of text: they are not worth reading.
    if (!line.includes('"usage')) return
    const { format } = this.#options
    let said: Json
    try {
      said = JSON.parse(isEvent ? line.slice(5) : line) as Json // it is JSON if it can be parsed
    } catch {
      return // not ours to judge: the agent gets it as it is
    }
    // Gemini gives a stream as a list where it is not asked for events.
    const events: readonly Json[] = Array.isArray(said) ? said : [said]
    for (const event of events) this.#usage = readUsage(format, event, this.#usage) ?? this.#usage
  }
}
