/** What must hold of streams in every simulation, whatever breaks. */
export const streamInvariants = {
  'acked-is-kept': 'An append that was answered is in the stream, where the answer said.',
  'one-order': 'Readers of a stream are given the same at the same place, and nothing twice.',
  'applied-once': 'What is sent again is in the stream once, and each producer in the order of its numbers.',
  'fork-keeps': 'A fork has what its source had, whatever becomes of that.',
  'not-ahead': 'Nothing counts as handled that no worker was given and acknowledged.',
  'not-again': 'What was acknowledged is not given again.',
  fence: 'Whoever held a wake before the one that is on acknowledges nothing.',
  woken: 'What is new in the streams of a subscription wakes somebody in the end, and then nobody is called any more.',
  'no-defect': 'Nothing reports a defect of its own.',
  'no-leak': 'What was closed has no timer left.',
} as const

export type StreamInvariant = keyof typeof streamInvariants

export type FailStreams = (invariant: StreamInvariant, text: string) => void
