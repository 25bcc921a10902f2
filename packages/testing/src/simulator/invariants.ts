/** What must hold in every simulation, whatever breaks. Ids as in SPEC.md where a rule says the same. */
export const invariants = {
  'acked-is-kept': 'An event that an answer named is in the log, stays there, and is seen by whoever asks after that.',
  'durable-first': 'Nothing is answered or shown before it is durable.',
  'one-order': 'The log has events 1, 2, 3, …, and every reader is given exactly these.',
  'exactly-once': 'A reader is given each event once and in order, across all its connections.',
  'no-phantom': 'Every event in the log was asked for by who it names, and says what was asked.',
  'applied-once': 'A command is applied at most once, and so is each batch of an attempt.',
  'first-answer': 'Retries of a command are given its first answer.',
  'true-answer': 'What was refused or already so was, at a moment between question and answer.',
  'refused-is-not-applied': 'A command that was refused for good is not in the log.',
  fence: 'An attempt that is over writes nothing.',
  'true-loss': 'A worker is told that it lost a run only if the attempt is over, and not by a batch of its own.',
  'true-word': 'Stops, steers, answers and ends of other runs that an agent hears of are in the log, and come once.',
  'one-claim': 'A run is held by one attempt at a time, claimed when it waits and it is its turn.',
  lease: 'A lease lapses when it was not renewed in time, and not before.',
  'one-winner': 'A request is answered, expires or is withdrawn once, and only by who may.',
  'holds-still': 'While a run is paused or a person holds the floor, nothing new is written and nothing claimed.',
  'wakes-once': 'A suspended run is woken once, and does nothing before it is claimed again.',
  'told-once': 'Who is away is told once of what is so, and the log says what came of it.',
  called:
    'An agent behind a webhook is called once for each attempt that it has, and later each time where that failed; what it did not take is given back.',
  'for-their-eyes': 'Nobody is sent what is not for them.',
  'redacted-is-gone':
    'What was redacted is shown to nobody who asks after that was acknowledged, and erased in the end; the rest stays.',
  budget: 'What has used up its budget ends with the batch that used it up.',
  'ended-is-final': 'Nothing happens to a run after its end.',
  'cancel-is-kept': 'A run that was asked to stop ends as cancelled.',
  'time-goes-on': 'The times of a log never go back.',
  'state-is-fold': 'What readers, joiners and servers know is the fold of the log.',
  bounded: 'What a room keeps is bounded.',
  'no-defect': 'Nothing reports a defect of its own, and no client ever sees a gap.',
  liveness:
    'After everything has healed all is answered, all runs end, all readers are at the head, and who is shown is there.',
  'no-leak': 'What was closed has no timer left.',
} as const

export type Invariant = keyof typeof invariants

/** An invariant that did not hold. */
export interface Violation {
  readonly invariant: Invariant
  /** What was seen, in words. */
  readonly text: string
  /** Virtual milliseconds since the beginning. */
  readonly atMs: number
}
