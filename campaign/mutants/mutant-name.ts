/** Deliberate faults that a server can have. The campaign must find each of them. */
export const mutantNames = [
  'ack-before-durable',
  'no-sync',
  'ack-after-failed-sync',
  'lose-event',
  'double-event',
  'resume-off-by-one',
  'resume-again',
  'reorder',
  'forget-commands',
  'forget-stop',
  'steer-twice',
  'swallow-damage',
] as const

export type MutantName = (typeof mutantNames)[number]
