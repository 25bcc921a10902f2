import { number } from './amounts.ts'

export const lane = {
  views: 'Sides of the lane',
  tabs: { stream: 'Stream', changes: 'Changes', gate: 'Gate' },
  undo: (attempt: string): string => `What ${attempt} did is in quarantine.`,
  undoSoon: (attempt: string): string => `What ${attempt} did is being put away.`,
  ofFloor: (name: string): string => `Floor ${name}`,
  idle: 'Works on nothing',
  nuke: 'Put away…',
  nukeShort: 'Put away',
  nukeTitle: (task: string): string => `Put away what was done for ${task}`,
  nukeLead:
    'Its agent is ended and its clone goes into quarantine. The task begins anew, and your reason is told to the next attempt.',
  take: 'Take over',
  handBack: 'Hand back',
  pause: 'Pause',
  resume: 'Go on',
  clone: 'Its clone:',
  refused: (reason: string): string => `Not done. ${reason}`,
  steer: 'Say something to its agent',
  steerPlaceholder: 'Tell the agent at work',
  tell: 'Tell it',
  steerHint: 'Enter sends. It reaches the agent that works on this attempt.',
  nothing: 'The lane works on nothing, so there is nobody to tell. Tasks are added on the floor.',
  merge: 'Lanes offer their changes here, and the gate judges one after the other.',
  floorLog: 'This is the floor’s log. Ask things of the floor on its own page.',
} as const

export const gateLog = {
  none: 'The gate has seen nothing of this lane',
  noneLead: 'What its attempts offer is judged here, one after the other, with what the tests printed.',
  judging: 'Judged now',
  round: (attempt: string, n: number): string => (n > 1 ? `${attempt}, round ${number(n)}` : attempt),
} as const

export const diff = {
  none: 'Nothing has changed yet',
  noneLead: 'What the agent changes stands here as soon as its tools say so, and whole when its work leaves the clone.',
  loading: 'Comparing',
  of: (task: string, attempt: number): string => `${task}, attempt ${number(attempt)}`,
  cut: 'This is the beginning. `headrace factory diff` shows all of it.',
  edits: 'Since then, as its tools say',
  kinds: { added: 'added', removed: 'removed', renamed: 'renamed', changed: '' },
  binary: 'Not text.',
  from: (line: number): string => `from line ${number(line)}`,
  added: 'added',
  removed: 'removed',
} as const
