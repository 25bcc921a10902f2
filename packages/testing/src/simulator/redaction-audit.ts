/** What was redacted is shown to nobody who asks after that was acknowledged. */
import type { CommandBody } from '@headrace/core'
import type { Redacted } from './history.ts'
import type { Fail } from './log-rules.ts'
import { confidences } from './secrets.ts'

export class RedactionAudit {
  readonly #fail: Fail
  /** What nobody may be shown any more, by how many redactions had been acknowledged then. */
  readonly #gone = new Map<string, number>()
  #acknowledged = 0

  constructor(fail: Fail) {
    this.#fail = fail
  }

  /** How many redactions have been acknowledged: for {@link check}, to be read when somebody asks. */
  get mark(): number {
    return this.#acknowledged
  }

  /** Who asked for a redaction has been told that it is so. */
  acknowledged(
    redacted: readonly Redacted[],
    { message, part }: Extract<CommandBody, { readonly type: 'redact' }>,
  ): void {
    this.#acknowledged += 1
    for (const done of redacted) {
      if (done.message !== message || (part !== undefined && done.part !== undefined && done.part !== part)) continue
      for (const word of confidences(done.content)) if (!this.#gone.has(word)) this.#gone.set(word, this.#acknowledged)
    }
  }

  /**
   * Somebody is shown something.
   *
   * @param mark - when they asked for it
   */
  check(text: string, mark: number, who: string): void {
    const shown = confidences(text).find((word) => (this.#gone.get(word) ?? Infinity) <= mark)
    if (shown !== undefined)
      this.#fail('redacted-is-gone', `${who}: ${shown} is shown, which was redacted before that was asked for`)
  }
}
