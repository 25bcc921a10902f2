/** Something that people ask about in the demo, and what each voice says to it. */
export interface Topic {
  readonly id: string
  /** Matches questions about it; each different match counts. */
  readonly asks: RegExp
  /** What the writer looks up. */
  readonly query: string
  readonly thinking: string
  /** 150 to 400 words of Markdown. */
  readonly writer: string
  /** A shorter word against it. */
  readonly critic: string
}
