/** A value in Redis' protocol. */
export type Resp = string | number | null | readonly Resp[]

/** Reads replies of Redis out of a byte stream (RESP2, as one byte per character). */
export class RespReader {
  #text = ''
  #at = 0

  /** Takes more bytes and returns the replies that are complete. */
  push(text: string): Resp[] {
    this.#text = this.#text.slice(this.#at) + text
    this.#at = 0
    const replies: Resp[] = []
    for (;;) {
      const start = this.#at
      const reply = this.#value()
      if (reply === undefined) {
        this.#at = start
        return replies
      }
      replies.push(reply)
    }
  }

  #value(): Resp | undefined {
    const end = this.#text.indexOf('\r\n', this.#at)
    if (end === -1) return undefined
    const kind = this.#text[this.#at]
    const rest = this.#text.slice(this.#at + 1, end)
    this.#at = end + 2
    switch (kind) {
      case '+':
        return rest
      case ':':
        return Number(rest)
      case '$':
        return this.#bulk(Number(rest))
      case '*':
        return this.#array(Number(rest))
      case '-':
      default:
        throw new Error(`Redis answered: ${rest}`)
    }
  }

  #bulk(length: number): string | null | undefined {
    if (length < 0) return null
    if (this.#text.length < this.#at + length + 2) return undefined
    const value = this.#text.slice(this.#at, this.#at + length)
    this.#at += length + 2
    return value
  }

  #array(length: number): readonly Resp[] | null | undefined {
    if (length < 0) return null
    const values: Resp[] = []
    for (let index = 0; index < length; index += 1) {
      const value = this.#value()
      if (value === undefined) return undefined
      values.push(value)
    }
    return values
  }
}

/** A command as Redis reads it. */
export function respCommand(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}
