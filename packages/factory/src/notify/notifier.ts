/** Something that waits for a person, or that a person wants to know. */
export interface Notice {
  /** The same for the same thing, so that what is told twice can be known. */
  readonly id: string
  readonly what: 'request' | 'proposed' | 'review' | 'parked' | 'held'
  /** In a line. */
  readonly title: string
  /** More of it; may be empty. What agents and strangers wrote is in here: show it as text. */
  readonly text: string
  /** Key of the session in which it can be answered or looked at. */
  readonly session: string
  readonly task?: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Tells somebody (X2). */
export interface Notifier {
  readonly name: string
  /** Rejects where it could not be told; the floor says so and goes on. */
  notify(notice: Notice): Promise<void>
}
